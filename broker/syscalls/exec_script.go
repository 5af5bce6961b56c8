package syscalls

import "bytes"

// scriptLine is how much of a file the kernel looks at: BINPRM_BUF_SIZE,
// linux/binfmts.h.
const scriptLine = 256

// script is what the first line of a script says.
type script struct {
	interpreter []byte // empty: the kernel takes it for the working directory
	argument    []byte // all the rest of the line
	hasArgument bool
}

// parseScript reads the #! line of a file whose first bytes are start, at most
// scriptLine of them. It gives false for what the kernel takes for no script:
// no name, or one that may go on behind the bytes that it looks at. Both parts
// lie in start. fs/binfmt_script.c.
func parseScript(start []byte) (s script, ok bool) {
	if !bytes.HasPrefix(start, []byte("#!")) {
		return s, false
	}
	text := start[2:]
	end := bytes.IndexAny(text, "\n\x00")
	padded := false // NULs follow
	switch {
	case end >= 0 && text[end] == '\n':
		text = bytes.TrimRight(text[:end], blanks)
		if len(text) == 0 {
			return s, false
		}
	case len(start) < scriptLine:
		padded = true
	default:
		// It drops the last byte, but what it cuts off must not be of the name.
		name := bytes.TrimLeft(text, blanks)
		if len(name) == 0 || !bytes.ContainsAny(name, blanks+"\x00") {
			return s, false
		}
		text = bytes.TrimRight(text[:len(text)-1], blanks)
	}
	text = bytes.TrimLeft(text, blanks)
	end = bytes.IndexAny(text, blanks+"\x00")
	if end < 0 {
		return script{interpreter: text}, true
	}
	s.interpreter = text[:end]
	if text[end] == 0 {
		return s, true
	}
	s.argument = bytes.TrimLeft(text[end:], blanks)
	s.hasArgument = len(s.argument) > 0 || padded // a NUL is an argument, an empty one
	if end := bytes.IndexByte(s.argument, 0); end >= 0 {
		s.argument = s.argument[:end]
	}
	return s, true
}

const blanks = " \t"
