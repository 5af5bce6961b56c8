package tracee

import (
	"os"
	"testing"

	"seccomp-broker/notify/kerneltest"

	"golang.org/x/sys/unix"
)

const statText = "42 (a name) S 7 42 42 34816 42 4194304 1 2 3 4 5 6 7 8 20 0 1 0 12345 1 2 3"

func TestParseStat(t *testing.T) {
	for text, want := range map[string]*Stat{
		statText: {State: 'S', PPID: 7, TTY: 34816, Start: 12345},
		"42 (a) R 1 () b) S 7 42 42 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 12345": {State: 'S', PPID: 7, Start: 12345},
		"42 (new\nline) Z 0 42 42 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 0 9":           {State: 'Z'},
		"":                               nil,
		"42":                             nil,
		"42 (x)":                         nil,
		"42 (x) ":                        nil,
		"42 (x) S":                       nil,
		"42 (x) S x 42 42 0":             nil,
		"42 (x) S 7 42 42 0 -1 4 1 2 3 ": nil,
		"42 (x) S 99999999999 42 42 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 12345": nil,
		"42 (x) S 7 42 42 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 -5":              nil,
	} {
		var got Stat
		ok := got.parse([]byte(text))
		if ok != (want != nil) || ok && got != *want {
			t.Errorf("%q: %+v, %v; want %+v", text, got, ok, want)
		}
	}
}

// A name cannot make a parent.
func FuzzParseStat(f *testing.F) {
	f.Add([]byte("a name"), uint32(7))
	f.Add([]byte(") S 1 1 1"), uint32(7))
	f.Add([]byte("(((((\n"), uint32(1))
	f.Fuzz(func(t *testing.T, name []byte, ppid uint32) {
		var st Stat
		st.parse(name) // must not panic
		line := append(append([]byte("42 ("), name...), statText[len("42 (a name"):]...)
		if !st.parse(line) || st.PPID != 7 || st.Start != 12345 {
			t.Errorf("name %q: %+v", name, st)
		}
	})
}

func TestStatOfTarget(t *testing.T) {
	v := kerneltest.StartPlain(t, nil)
	if r := v.Call(unix.SYS_PRCTL, unix.PR_SET_NAME, ") R 1 1 ("); r.Errno != 0 {
		t.Fatal(r.Errno)
	}
	p := openProc(t)
	var st Stat
	if e := p.Stat(v.PID, &st); e != 0 || st.PPID != os.Getpid() || st.Start == 0 {
		t.Errorf("%+v, %v", st, e)
	}
	if e := p.Stat(1<<22, &st); e == 0 {
		t.Error("stat of a pid that cannot be")
	}
}

func TestDescends(t *testing.T) {
	v := kerneltest.StartPlain(t, nil)
	child, thread, outside := v.Number("fork"), v.Number("@1 tid"), outsider(t)
	p := openProc(t)
	for name, c := range map[string]struct {
		pid  int
		want bool
	}{
		"child": {v.PID, true}, "grandchild": {child, true}, "a thread of a child": {thread, true},
		"itself": {os.Getpid(), false}, "its parent": {os.Getppid(), false}, "init": {1, false},
		"an orphan of init's": {outside, false}, "none": {1 << 22, false}, "zero": {0, false}, "negative": {-1, false},
	} {
		if got := p.Descends(c.pid); got != c.want {
			t.Errorf("%s (%d): %v", name, c.pid, got)
		}
		if _, sure := p.Ancestry(c.pid); sure != (name != "none") {
			t.Errorf("%s (%d): sure %v", name, c.pid, sure)
		}
	}
}
