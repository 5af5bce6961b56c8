package syscalls

import (
	"bytes"
	"strings"
	"testing"
)

// scriptLines are first lines of scripts, with what the kernel makes of them:
// its own code is asked in TestExecScripts of cmd/broker, with the same lines.
var scriptLines = []struct {
	text        string
	ok          bool
	interpreter string
	argument    string // "-" is none
}{
	{"#!/bin/sh\n", true, "/bin/sh", "-"},
	{"#! \t/bin/sh \t\n", true, "/bin/sh", "-"},
	{"#!/bin/sh -e\n", true, "/bin/sh", "-e"},
	{"#!/bin/sh  -e  -x \nrest", true, "/bin/sh", "-e  -x"},
	{"#!/bin/sh", true, "/bin/sh", "-"},
	{"#!/bin/sh ", true, "/bin/sh", ""},
	{"#!/bin/sh -e ", true, "/bin/sh", "-e "},
	{"#!/bin/sh\x00 -e\n", true, "/bin/sh", "-"},
	{"#!/bin/sh -e\x00x\n", true, "/bin/sh", "-e"},
	{"#!/bin/sh \x00x\n", true, "/bin/sh", ""},
	{"#!sh\n", true, "sh", "-"},
	{"#!\n", false, "", ""},
	{"#! \t\n", false, "", ""},
	{"#!", true, "", "-"},
	{"#!\x00", true, "", "-"},
	{"#", false, "", ""},
	{" #!/bin/sh\n", false, "", ""},
	{"\x7fELF", false, "", ""},
	{"", false, "", ""},
	{"#!/" + strings.Repeat("a", 252) + "\n", true, "/" + strings.Repeat("a", 252), "-"},   // 256 bytes
	{"#!/" + strings.Repeat("a", 253) + "\n", false, "", ""},                               // 257
	{"#!/" + strings.Repeat("a", 252), true, "/" + strings.Repeat("a", 252), "-"},          // a file of 255
	{"#!/" + strings.Repeat("a", 253), false, "", ""},                                      // of 256
	{"#!/" + strings.Repeat("a", 252) + " x\n", true, "/" + strings.Repeat("a", 252), "-"}, // the blank is the last byte
	{"#!/sh " + strings.Repeat("b", 300) + "\n", true, "/sh", strings.Repeat("b", 249)},    // only the argument is cut
	{"#!/sh" + strings.Repeat(" ", 300) + "\n", true, "/sh", "-"},                          // nothing but blanks
	{"#!" + strings.Repeat(" ", 300) + "/sh\n", false, "", ""},                             // the name is out of sight
	{"#!" + strings.Repeat(" ", 250) + "/sh\n", true, "/sh", "-"},                          // the newline is the last byte
	{"#!" + strings.Repeat(" ", 250) + "/shx\n", false, "", ""},                            // the name may go on
	{"#!/sh a" + strings.Repeat(" ", 247) + " b\n", true, "/sh", "a"},                      // blanks at the cut
}

func TestParseScript(t *testing.T) {
	for _, c := range scriptLines {
		s, ok := parseScript([]byte(c.text)[:min(len(c.text), scriptLine)])
		argument := "-"
		if s.hasArgument {
			argument = string(s.argument)
		}
		if ok != c.ok || ok && (string(s.interpreter) != c.interpreter || argument != c.argument) {
			t.Errorf("%q: %v %q %q, want %v %q %q", c.text, ok, s.interpreter, argument, c.ok, c.interpreter, c.argument)
		}
	}
}

// FuzzParseScript: whatever the line is, the parts lie in it and hold no
// character that would end them.
func FuzzParseScript(f *testing.F) {
	for _, c := range scriptLines {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		line := text[:min(len(text), scriptLine)]
		s, ok := parseScript(line)
		if !ok {
			return
		}
		if !bytes.HasPrefix(text, []byte("#!")) || bytes.ContainsAny(s.interpreter, " \t\n\x00") || bytes.ContainsAny(s.argument, "\n\x00") ||
			!bytes.Contains(line, s.interpreter) || !bytes.Contains(line, s.argument) || len(s.argument) > 0 && !s.hasArgument {
			t.Errorf("%q: %q %q", line, s.interpreter, s.argument)
		}
	})
}

func TestAppendArguments(t *testing.T) {
	words := func(list ...string) (w [][]byte) {
		for _, s := range list {
			w = append(w, []byte(s))
		}
		return w
	}
	for _, c := range []struct {
		words [][]byte
		want  string
	}{
		{words("git", "push", "--x=y"), "git push --x=y"},
		{words(""), "''"},
		{words("a b", "it's", "$x", "\x1b"), "'a b' 'it'\\''s' '$x' '\x1b'"},
		{words("é", "\xff"), "é \xff"},
		{words("a", strings.Repeat("b", shownArguments), "c"), "a …"},
	} {
		if got := string(appendArguments(nil, c.words)); got != c.want {
			t.Errorf("%q: %q, want %q", c.words, got, c.want)
		}
	}
}
