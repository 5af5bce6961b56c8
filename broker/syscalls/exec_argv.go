package syscalls

import (
	"encoding/binary"
	"strconv"

	"seccomp-broker/notify/sys"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// Bounds on the arguments that are read. The kernel itself takes megabytes;
// beyond these the arguments count as unknown.
const (
	maxArguments     = 4096
	maxArgumentBytes = 256 << 10
	keptArguments    = 64 << 10 // what a context keeps of its buffer
	shownArguments   = 1 << 10  // bytes of them in a record
)

// arguments are those of an execve. They are read only where a rule asks for
// them. They lie in the target's memory, which another thread can write to
// after they were read, and nothing compares them afterwards.
type arguments struct {
	asked bool // rules ask for them
	known bool
	text  []byte
	words [][]byte
	shown []byte
}

// readArguments reads them as the kernel would. What cannot be read, or is too
// much, stays unknown: rules that allow do not match then, those that deny do.
// The caller makes sure afterwards that the notification still stands.
func (c *Context) readArguments() {
	a := &c.args
	if a.asked = c.by.Policy.HasArgv() || c.by.Shadow != nil && c.by.Shadow.HasArgv(); !a.asked {
		return
	}
	a.words, a.text = a.words[:0], a.text[:0]
	if cap(a.text) > keptArguments {
		a.text = nil
	}
	a.known = c.arg(argArgv) == 0 || c.readWords(c.arg(argArgv)) == 0
	if a.known && len(a.words) == 0 {
		a.words = append(a.words, []byte{}) // the kernel makes one: fs/exec.c
	}
	a.shown = a.shown[:0]
	if a.known {
		a.shown = appendArguments(a.shown, a.words)
	}
}

func (c *Context) readWords(list uint64) sys.Errno {
	const page, size = 4096, 8
	var buf [64 * size]byte
	for len(c.args.words) < maxArguments {
		// Not beyond a page, or beyond the list there might be nothing to read.
		n := max(1, min(uint64(len(buf)), page-list%page)/size) * size
		if e := c.thread.Read(list, buf[:n]); e != 0 {
			return e
		}
		for at := uint64(0); at < n; at += size {
			addr := binary.NativeEndian.Uint64(buf[at:])
			if addr == 0 {
				return 0
			}
			if len(c.args.words) == maxArguments {
				return unix.E2BIG
			}
			if e := c.readWord(addr); e != 0 {
				return e
			}
		}
		list += n
	}
	return unix.E2BIG
}

// readWord appends the string at addr. Words that were read before stay where
// they are when the buffer grows.
func (c *Context) readWord(addr uint64) sys.Errno {
	a := &c.args
	for room := 4 << 10; ; room *= 4 {
		if cap(a.text)-len(a.text) < room {
			grown := make([]byte, len(a.text), len(a.text)+room)
			copy(grown, a.text)
			a.text = grown
		}
		free := a.text[len(a.text):cap(a.text)]
		word, e := c.thread.ReadString(addr, free, unix.E2BIG)
		switch {
		case e == unix.E2BIG && room < maxArgumentBytes:
			continue
		case e != 0:
			return e
		case len(a.text)+len(word) > maxArgumentBytes:
			return unix.E2BIG
		}
		a.text = a.text[:len(a.text)+len(word)]
		a.words = append(a.words, word[:len(word):len(word)])
		return 0
	}
}

// interpret makes the arguments of the script those of its interpreter: its
// name, what follows it in the line, the script, and the script's own without
// the first. fs/binfmt_script.c.
func (a *arguments) interpret(c *Context, s *script) {
	if !a.asked || !a.known {
		return
	}
	words := [][]byte{append([]byte(nil), s.interpreter...)}
	if s.hasArgument {
		words = append(words, append([]byte(nil), s.argument...))
	}
	words = append(words, c.scriptName())
	a.words = append(words, a.words[1:]...)
}

// scriptName is how the kernel tells an interpreter which script to run: as
// the target has named it, or by a descriptor of the target's.
func (c *Context) scriptName() []byte {
	raw := c.raw[0]
	if !c.has(argDir) || c.interpreted || len(raw) > 0 && raw[0] == '/' || c.dirfd(0) == unix.AT_FDCWD {
		return append([]byte(nil), raw...)
	}
	name := strconv.AppendInt([]byte("/dev/fd/"), int64(c.dirfd(0)), 10)
	if len(raw) > 0 {
		name = append(append(name, '/'), raw...)
	}
	return name
}

// withArguments adds to a scope the rules that ask for arguments.
func (c *Context) withArguments(scope *rules.Scope, access rules.Access) *rules.Scope {
	if !c.args.asked || access != rules.Exec {
		return scope
	}
	if !c.args.known {
		return c.by.Policy.WithArgv(scope, nil)
	}
	return c.by.Policy.WithArgv(scope, c.args.words)
}

// appendArguments writes the words as a shell would take them, so that where one
// ends can be seen, and no more of them than a record should hold.
func appendArguments(to []byte, words [][]byte) []byte {
	for i, w := range words {
		if i > 0 {
			to = append(to, ' ')
		}
		if len(to)+len(w) > shownArguments {
			return append(to, "…"...)
		}
		to = appendQuoted(to, w)
	}
	return to
}

// appendQuoted quotes what a shell would not take for one plain word.
func appendQuoted(to, word []byte) []byte {
	plain := len(word) > 0
	for _, b := range word {
		letter := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b >= 0x80
		plain = plain && (letter || b == '-' || b == '_' || b == '.' || b == '/' || b == '=' || b == ':' || b == ',' || b == '+' || b == '@' || b == '%')
	}
	if plain {
		return append(to, word...)
	}
	to = append(to, '\'')
	for _, b := range word {
		if b == '\'' {
			to = append(to, `'\''`...)
			continue
		}
		to = append(to, b)
	}
	return append(to, '\'')
}
