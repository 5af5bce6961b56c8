package rules

// Rule is one allow, deny or emulate block. Rules of a Policy are shared and
// must not be changed.
type Rule struct {
	Verdict Verdict
	Name    string // unique within its file
	Access  Access

	// Patterns and Except are as written, with variables replaced by their
	// values; characters of a value that would be special are escaped. Except
	// holds paths and addresses.
	Patterns, Addresses, Except []string

	// Argv are the words that the arguments of what is executed must match;
	// nil where they do not matter. Such a rule without Patterns is about any
	// path.
	Argv []string

	// Calls are the system calls that the rule is about: of those that ask for
	// its classes, or, without any class, these calls whatever they name. Empty
	// stands for all that ask.
	Calls []string

	Reason string // for people: prompt, log, explain
	Alert  bool   // somebody is told at once of what it decides
	Errno  int    // what a denied call answers; 0 is the default, EACCES

	Emulate *Emulation // only with Verdict Emulate
	Program string     // pattern of the enclosing program block, or ""

	File string // as given to Load, or "builtin:NAME"
	Line int    // of the block's first line, from 1
}

// Call is one entry of a syscalls list: a system call or an @group, by name.
type Call struct {
	Name  string
	Errno int // what a denied call answers (EPERM unless the rules say); 0 in Allow and Kill
	File  string
	Line  int
}

// Syscalls is the union of the syscalls blocks of all files, in the order
// read. A name may stand in more than one list and more than once.
type Syscalls struct {
	Allow, Deny, Kill []Call
}

// Query asks about one object. Decide keeps nothing of it.
type Query struct {
	// Access holds one class or more. Each of them must be allowed: the
	// strictest answer among the classes is the answer.
	Access Access

	// Path is canonical: absolute, no symlinks, no empty, "." or ".."
	// component, no trailing slash. Anything else is denied.
	Path []byte

	// Address is asked about instead of Path where it is not nil. Access is
	// then Connect, Bind or both; anything else is denied.
	Address *Address

	// Syscall is the name of the call that asks: rules about named calls match
	// that alone. Without a class, the call as such is asked about, with Args:
	// the verdict is then Emulate, or Allow where no rule answers in place of the
	// kernel, whatever the kernel is told to do with it.
	Syscall string
	Args    *[6]uint64 // the registers

	// Scope is what Policy.Program of the same policy said for the running
	// executable; nil where no program block holds. For Exec, Policy.WithArgv
	// adds to it.
	Scope *Scope

	// Explicit, when positive, asks for that many leading components of a
	// pattern before its first `**` (or a pattern without `**`) for a rule
	// that permits to count, and the default is deny. Rules that deny always
	// count.
	Explicit int
}

// Decision is the answer to a Query.
type Decision struct {
	Verdict Verdict
	Access  Access // the one class that decided; 0 for a query that was malformed
	Rule    *Rule  // nil where the policy's default decided
}
