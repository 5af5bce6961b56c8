package rules

// Test is one test block: a call, and what the rules are to say of it. It is
// part of the policy's text and has no effect on any verdict.
type Test struct {
	Name string // unique within its file

	Call  string // name of a system call, or "" where Access says what is asked
	Flags string // by name, joined by "|"; "" is none
	// Access are the classes to ask for, in place of those that the call asks
	// for; 0 where they follow from the call.
	Access Access

	// Path and Path2 are absolute, as written; whoever asks resolves their
	// symlinks. Address is nil where the call has none.
	Path, Path2 string
	Address     *Address
	Host        string   // name of Address that rules may know it by, or ""
	Argv        []string // of a call that executes
	Program     string   // the executable that makes the call, or ""

	Expect Verdict
	Rule   string // name of the rule that must decide, or ""
	Errno  int    // what the call must answer, or 0

	File string // as given to Load
	Line int    // of the block's first line, from 1
}

// Tests gives the test blocks of all files, in the order read.
func (p *Policy) Tests() []*Test { return p.tests }
