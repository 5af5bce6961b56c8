package rules

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// piece is a code block, a table or a paragraph of a page.
type piece struct {
	line  int
	fence string // what stands behind the ```
	text  string // of a block, or of a paragraph
	table [][]string
}

func (p piece) isHCL() bool { return strings.HasPrefix(p.fence, "hcl") }

func docPages(t *testing.T) map[string][]piece {
	t.Helper()
	names, err := filepath.Glob("docs/*.md")
	if err != nil || len(names) == 0 {
		t.Fatal("no pages: ", err)
	}
	pages := make(map[string][]piece)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pages[filepath.Base(name)] = docPieces(string(text))
	}
	return pages
}

func docPieces(text string) []piece {
	var pieces []piece
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		p := piece{line: i + 1}
		switch {
		case strings.HasPrefix(lines[i], "```"):
			p.fence = strings.TrimPrefix(lines[i], "```")
			for i++; i < len(lines) && lines[i] != "```"; i++ {
				p.text += lines[i] + "\n"
			}
		case strings.HasPrefix(lines[i], "|"):
			for ; i < len(lines) && strings.HasPrefix(lines[i], "|"); i++ {
				p.table = append(p.table, docCells(lines[i]))
			}
			p.table = slices.Delete(p.table, 1, 2) // | --- |
			i--
		case lines[i] != "":
			for ; i < len(lines) && lines[i] != ""; i++ {
				p.text += lines[i] + " "
			}
		default:
			continue
		}
		pieces = append(pieces, p)
	}
	return pieces
}

func docCells(row string) []string {
	cells := strings.Split(strings.Trim(row, "|"), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

var codeSpan = regexp.MustCompile("`([^`]+)`")

// code gives what stands between backticks.
func code(s string) []string {
	var out []string
	for _, m := range codeSpan.FindAllStringSubmatch(s, -1) {
		out = append(out, m[1])
	}
	return out
}

// docMap gives column n of a table by its first column.
func docMap(t *testing.T, page, head string, n int) map[string]string {
	t.Helper()
	rows := make(map[string]string)
	for _, p := range docPages(t)[page] {
		if p.table == nil || p.table[0][0] != head {
			continue
		}
		for _, row := range p.table[1:] {
			rows[row[0]] = row[n]
		}
	}
	if len(rows) == 0 {
		t.Fatalf("%s has no table of %s", page, head)
	}
	return rows
}

// docAnchor is what a title is linked as.
func docAnchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-':
			return r
		}
		return -1
	}, strings.ToLower(strings.TrimSpace(title)))
}
