package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"seccomp-broker/broker/syscalls"
)

// errnoFamilies are the families of calls that the victim errnos knows.
var errnoFamilies = []string{
	"open", "openat2", "make", "link", "rename", "remove", "mode", "owner", "times", "xattr", "xattrat", "stat", "look", "exec",
}

// difference is an answer that no supervisor by user notification can give as
// the kernel does, or that this one gives otherwise on purpose.
type difference struct {
	line           string // what the victim has called
	native, broker string // its answers
	reason         string
}

var errnoDifferences = []difference{
	{`^openat2 .* h=flag21 `, `.*`, `ENOSYS`, "O_PATH in memory: the descriptor cannot be injected, and the flag cannot be trusted to stay"},
}

// known finds the reason of a difference.
func (d difference) known(call, native, broker string) bool {
	matches := func(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }
	return matches(d.line, call) && matches("^(?:"+d.native+")$", native) && matches("^(?:"+d.broker+")$", broker)
}

// TestErrnos makes every call that names files with every kind of argument
// against every other, tens of thousands of calls, natively and under a policy
// that allows everything. Each has the same errno and the same effect. Where no
// rule names stat, nothing can be hidden, and paths are looked up in larger steps.
func TestErrnos(t *testing.T) {
	for _, family := range errnoFamilies {
		t.Run(family, func(t *testing.T) {
			eachUser(t, func(t *testing.T, w *workspace) {
				args := []string{victim(t, "errnos"), family}
				native := w.run(t, args...)
				if native.Status != 0 || native.Stderr != "" {
					t.Fatalf("natively status %d: %s\n%s", native.Status, tail(native.Stdout), native.Stderr)
				}
				for _, without := range []string{"", "stat"} {
					if family == without || family == "look" && without != "" {
						continue // the kernel's own
					}
					w.reset(t, "")
					broker := w.run(t, w.underBroker(t, w.everythingPolicy(t, without), args...)...)
					if broker.Status != 0 || broker.Stderr != "" {
						t.Fatalf("under the broker, without %q, status %d: %s\n%s", without, broker.Status, tail(broker.Stdout), broker.Stderr)
					}
					compareCalls(t, native.Stdout, broker.Stdout, errnoDifferences)
					w.checkNoRefusals(t, append(badArguments, refusedAnyway...))
					if without == "" { // else the kernel answers some calls of the families itself
						w.checkBadInputRecorded(t, broker.Stdout)
					}
				}
			})
		})
	}
}

// refusedAnyway are the records of what is refused whatever the rules say: the
// known difference, and files that the kernel would not execute either.
var refusedAnyway = []*regexp.Regexp{
	regexp.MustCompile(`^error .* ENOSYS openat2 with O_PATH`),
	regexp.MustCompile(`^error exec .* EACCES the executable cannot be read`),
	regexp.MustCompile(`^denied exec (pipe|socket):`),
}

// inputErrnos are answers that a call gives for its arguments alone, wherever
// it gives them.
var inputErrnos = []string{"EFAULT", "E2BIG", "EBADF"}

// checkBadInputRecorded counts: each such answer has left a line in the log.
// Where the answer has to be written into memory that is not there, or a
// descriptor is of the wrong kind, the file was looked at first, and the line
// is one of those about calls that were allowed.
func (w *workspace) checkBadInputRecorded(t *testing.T, output string) {
	t.Helper()
	recorded := map[string]int{}
	for _, e := range w.audit(t) {
		recorded[e.Errno]++
	}
	for _, errno := range inputErrnos {
		answers := 0
		for line := range strings.Lines(output) {
			call, answer, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			if answer == errno && !lateErrno.MatchString(call) {
				answers++
			}
		}
		if recorded[errno] < answers {
			t.Errorf("%d calls were answered %s, and %d lines are in the log", answers, errno, recorded[errno])
		}
	}
}

// lateErrno are calls whose answer comes later: buffers to be written to, the
// arguments of a program, and descriptors that were opened with O_PATH. The
// attributes of a closed descriptor leave no line: programs ask so whether one is
// open.
var lateErrno = regexp.MustCompile(`^(?:newfstatat|statx) .* p=(?:NULL|) .*f=1[01]00| [BIHAE]=(NULL|unmapped|forbidden|kernel|noncanonical|top|at the end|a bad)|d=(path|link|dirpath|pipe|socket|fifo) `)

// compareCalls compares two outputs of "call: answer" lines one by one.
func compareCalls(t *testing.T, native, broker string, known []difference) {
	t.Helper()
	const most = 40
	want, got := strings.Split(native, "\n"), strings.Split(broker, "\n")
	if len(want) != len(got) {
		t.Errorf("%d lines, natively %d", len(got), len(want))
	}
	used, wrong := map[int]bool{}, 0
lines:
	for i := range min(len(want), len(got)) {
		if want[i] == got[i] {
			continue
		}
		call, answer, _ := strings.Cut(want[i], ": ")
		theirs := strings.TrimPrefix(got[i], call+": ")
		for j, d := range known {
			if d.known(call, answer, theirs) {
				used[j] = true
				continue lines
			}
		}
		if wrong++; wrong <= most {
			t.Errorf("%q: natively %q, under the broker %q", call, answer, theirs)
		}
	}
	if wrong > most {
		t.Errorf("… and %d more", wrong-most)
	}
	for j, d := range known {
		if !used[j] && regexp.MustCompile("(?m)"+d.line).MatchString(native) {
			t.Errorf("%s is as natively now: take it off the list", d.line)
		}
	}
}

// everythingPolicy names every class but one, so that every call of the others
// is mediated, and allows it all. Device nodes need their whole names.
func (w *workspace) everythingPolicy(t *testing.T, without string) string {
	t.Helper()
	file := filepath.Join(w.base, "everything.hcl")
	ground := filepath.Join(w.work, "below", "ground")
	text := fmt.Sprintf(`syscalls {
  allow = ["@default"]
}
allow "everything" {
  access = [%s]
  path   = ["/**"]
}
allow "device nodes" {
  access = ["create"]
  path   = ["%s/{missing,nowhere,%s,full/missing,empty/missing,closed/missing,locked/missing,sticky/missing}"]
}
`, classList(without), ground, strings.Repeat("m", 255))
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// classList spells the classes of paths that this version mediates, but one.
func classList(without string) string {
	var names []string
	for name := range strings.SplitSeq(syscalls.Mediated().String(), ", ") {
		if name != "connect" && name != "bind" && name != without {
			names = append(names, fmt.Sprintf("%q", name))
		}
	}
	return strings.Join(names, ", ")
}
