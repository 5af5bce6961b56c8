package review

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"seccomp-broker/broker/syscalls"
	"seccomp-broker/rules"
)

// Question is one call. Paths are canonical, as in [rules.Query].
type Question struct {
	Call  string // name of a mediated call, or "" where Access says what is asked
	Flags string // by name, joined by "|"
	// Access, when not 0, is asked of the first subject in place of what the
	// call asks of it.
	Access rules.Access
	// Exists says that the first path is there, so that O_CREAT makes nothing;
	// Exists2 says it of the second one, which is then replaced.
	Exists, Exists2 bool
	// Directory says that what a rename moves is a directory, with what it holds.
	Directory bool

	Path, Path2 string
	Address     *rules.Address
	Argv        []string // of a call that executes; nil where it is not known
	Program     string   // the executable that makes the call, canonical, or ""

	exact []step // what is asked, where a record tells
}

// steps are the questions that the engine would ask one after the other.
func (q *Question) steps() ([]step, error) {
	if q.exact != nil {
		return q.exact, nil
	}
	if q.Call == "" {
		if q.Access == 0 {
			return nil, errors.New("neither a call nor a class to ask for is given")
		}
		return []step{q.first(q.Access)}, nil
	}
	asked, err := syscalls.Asks(q.Call, q.Flags)
	if err == nil {
		err = q.fits(asked)
	}
	if err != nil {
		return nil, err
	}
	return q.ask(asked), nil
}

func (q *Question) ask(asked syscalls.Asked) []step {
	if q.Access != 0 {
		asked.First, asked.Missing, asked.File = q.Access, 0, 0
	}
	var all []step
	first := q.first(asked.First)
	if asked.Temporary {
		first.path = path.Join(first.path, syscalls.TemporaryName)
	}
	if asked.First != 0 {
		all = append(all, first)
	}
	if asked.Missing != 0 && !q.Exists {
		first.access = asked.Missing
		all = append(all, first)
	}
	if q.Address != nil && q.Address.Family == rules.UnixPath && asked.File != 0 {
		all = append(all, step{path: string(q.Address.Name), access: asked.File})
	}
	if asked.Second != 0 {
		second := step{path: q.Path2, access: asked.Second, second: true}
		if q.Exists2 {
			second.access |= asked.Replaced
		}
		all = append(all, second)
	}
	return all
}

func (q *Question) first(access rules.Access) step {
	return step{path: q.Path, address: q.Address, access: access}
}

// fits says what of the question does not belong to the call.
func (q *Question) fits(asked syscalls.Asked) error {
	switch {
	case asked.Address && q.Address == nil:
		return fmt.Errorf("%s is about an address, such as 10.0.0.1:443 or unix:/run/app.sock; there is none", q.Call)
	case !asked.Address && q.Address != nil:
		return fmt.Errorf("%s is about a path, not about an address", q.Call)
	case !asked.Address && q.Path == "":
		return fmt.Errorf("%s is about a path; there is none", q.Call)
	case asked.Second != 0 && q.Path2 == "":
		return fmt.Errorf("%s has two paths; the second one is missing", q.Call)
	case asked.Second == 0 && q.Path2 != "":
		return fmt.Errorf("%s has one path; there are two", q.Call)
	case len(q.Argv) > 0 && asked.First != rules.Exec:
		return fmt.Errorf("%s executes nothing, so it has no argv", q.Call)
	}
	return nil
}

func isCall(name string) bool {
	_, err := syscalls.Asks(name, "")
	return err == nil
}

// CheckTest says why a test block cannot be asked: [rules.Options.CheckTest].
func CheckTest(t *rules.Test) error {
	_, err := testQuestion(t, func(p string, _ bool) string { return p }).steps()
	return err
}

func testQuestion(t *rules.Test, canonical func(p string, follow bool) string) *Question {
	q := &Question{
		Call: t.Call, Flags: t.Flags, Access: t.Access, Address: t.Address, Argv: t.Argv,
	}
	follow := true
	if t.Call != "" {
		asked, _ := syscalls.Asks(t.Call, t.Flags) // an error is told when it is asked
		follow = asked.Follow
	}
	if t.Path != "" {
		q.Directory = strings.HasSuffix(t.Path, "/")
		q.Path = canonical(t.Path, follow)
	}
	if t.Path2 != "" {
		q.Path2 = canonical(t.Path2, false)
	}
	if t.Program != "" {
		q.Program = canonical(t.Program, true)
	}
	if a := t.Address; a != nil && a.Family == rules.UnixPath {
		c := *a
		c.Name = []byte(canonical(string(a.Name), true))
		q.Address = &c
	}
	return q
}
