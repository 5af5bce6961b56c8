package rules

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// chunkSize is how much text is parsed at a time. HCL's tokens and syntax tree
// take a hundred times the memory of the text. A variable for tests.
var chunkSize = 8 << 10

// chunk is a part of a file that holds whole top-level blocks.
type chunk struct {
	start hcl.Pos
	text  []byte
}

// chunker cuts a file into chunks.
type chunker struct {
	name string
	rest []byte
	pos  hcl.Pos
	torn bool // something in rest is never closed

	sound bool // rest is sound and short
}

// next gives the next chunk that is sound to parse by itself, or the
// diagnostic of one that must not be parsed at all. ok is false at the end.
//
// A chunk ends after a line that is just "}". That may lie inside a heredoc or
// a comment; the tokens tell, and then the chunk grows.
func (c *chunker) next() (ch chunk, diag *hcl.Diagnostic, ok bool) {
	if len(c.rest) == 0 {
		return chunk{}, nil, false
	}
	if c.sound {
		return c.take(len(c.rest)), nil, true
	}
	for size := chunkSize; !c.torn; size *= 2 {
		end := c.cut(size)
		whole, diag := guardTokens(chunk{c.pos, c.rest[:end]}, c.name)
		if diag != nil {
			return chunk{}, diag, true
		}
		if whole {
			return c.take(end), nil, true
		}
		c.torn = end == len(c.rest)
	}
	end, diag := c.salvage()
	return c.take(end), diag, true
}

// salvage gives the end of the next block of a file in which something is never
// closed. HCL would take everything after it for its inside; block by block,
// the others' errors are found as well. A block that holds a line "}" in a
// heredoc is given a few lines more to become whole.
func (c *chunker) salvage() (int, *hcl.Diagnostic) {
	const tries = 8
	first, end := 0, 0
	for range tries {
		end = c.cut(end)
		if first == 0 {
			first = end
		}
		whole, diag := guardTokens(chunk{c.pos, c.rest[:end]}, c.name)
		if whole || diag != nil {
			return end, diag
		}
		if end == len(c.rest) {
			break
		}
	}
	return first, nil
}

// take cuts the chunk off.
func (c *chunker) take(end int) chunk {
	ch := chunk{c.pos, c.rest[:end]}
	c.rest = c.rest[end:]
	c.pos.Byte += end
	c.pos.Line += bytes.Count(ch.text, []byte("\n"))
	return ch
}

// cut gives the end of the first line that is "}" at or after size.
func (c *chunker) cut(size int) int {
	for size < len(c.rest) {
		i := bytes.Index(c.rest[size:], []byte("\n}"))
		if i < 0 {
			break
		}
		size += i + len("\n}")
		after := c.rest[size:]
		if bytes.HasPrefix(after, []byte("\n")) {
			return size + len("\n")
		}
		if bytes.HasPrefix(after, []byte("\r\n")) {
			return size + len("\r\n")
		}
	}
	return len(c.rest)
}

// parse parses one chunk; positions are those in the file.
func (f *file) parse(ch chunk) *hclsyntax.Body {
	parsed, diags := hclsyntax.ParseConfig(ch.text, f.name, ch.start)
	for _, x := range diags {
		if isLabelTemplate(x) {
			x.Summary = "Variable in a block's name"
			x.Detail = `The name after a block's type is taken as it stands. Write the path out, or use a pattern such as "/home/*/bin/tool".`
		}
	}
	f.d.addHCL(diags)
	f.torn = f.torn || diags.HasErrors()
	body, ok := parsed.Body.(*hclsyntax.Body)
	if !ok {
		return nil
	}
	if f.inspect != nil {
		f.inspect.chunk(f, ch, body)
	}
	return body
}

// parseAll parses a text chunk by chunk and hands each body to decode. Locals
// may be used before they are defined, so the chunks that may define some are
// parsed first, and kept.
func (f *file) parseAll(cut chunker, decode func(*hclsyntax.Body)) {
	var chunks []chunk
	kept := make(map[int]*hclsyntax.Body)
	for {
		ch, diag, ok := cut.next()
		if !ok {
			break
		}
		if diag != nil {
			f.d.list = append(f.d.list, diag)
			f.torn = true
			break
		}
		if bytes.Contains(ch.text, []byte("locals")) {
			if body := f.parse(ch); body != nil {
				kept[len(chunks)] = body
				f.collectLocals(body.Blocks)
			}
		}
		chunks = append(chunks, ch)
	}
	f.evalLocals()
	for i, ch := range chunks {
		body := kept[i]
		if body == nil && !bytes.Contains(ch.text, []byte("locals")) {
			body = f.parse(ch)
		}
		if body != nil {
			decode(body)
		}
		delete(kept, i)
	}
	if cut.torn && !f.d.list.HasErrors() { // cannot happen: HCL reports what is not closed
		f.d.errorf(nil, "Syntax error", "%s: a bracket, quote or comment is never closed.", f.name)
	}
}
