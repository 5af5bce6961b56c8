package main

import "testing"

func TestNearest(t *testing.T) {
	candidates := []string{"completion", "doctor", "help", "rules", "version"}
	for word, want := range map[string]string{
		"docter": "doctor", "doc": "doctor", "rule": "rules", "hlep": "help", "versin": "version",
		"ls": "", "d": "", "xyz": "", "": "", "documentation": "",
	} {
		if got := nearest(word, candidates); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestShellWords(t *testing.T) {
	for want, args := range map[string][]string{
		`ls -la ./x`:                   {"ls", "-la", "./x"},
		`echo 'a b' ''`:                {"echo", "a b", ""},
		`x '\x1b[2J' '$(y)' 'it'\''s'`: {"x", "\x1b[2J", "$(y)", "it's"},
	} {
		if got := shellWords(args); got != want {
			t.Errorf("shellWords(%q) = %s, want %s", args, got, want)
		}
	}
}
