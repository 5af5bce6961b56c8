package rules

// Vars are the values of the variables that rules may use. An empty string is
// a variable without a value: using it is an error.
type Vars struct {
	Home, Cwd, Project, Tmp string // absolute paths
	User                    string
	UID                     int // negative: without a value
}

// Options say what to load and for whom.
type Options struct {
	// Files are the top-level rule files: paths on the host, or "builtin:NAME".
	Files []string

	// Texts are read in place of the files of these names, as Files or, made
	// absolute or relative as there, extends name them. The files need not exist.
	Texts map[string][]byte

	Vars Vars
	Env  func(name string) (string, bool) // nil: no variable is set

	// Canonical resolves the symlinks of an absolute path as the target will
	// see them: the longest existing beginning is resolved and the rest kept.
	// It is called for each literal prefix and its parent, again and again for
	// the same ones, so it had better remember. nil leaves paths alone.
	// Paths below /proc are never handed to it: there /proc/self would mean
	// the loading process.
	Canonical func(path string) string

	// KnownCall says whether a system call or an "@group" exists; nil accepts
	// every name. CallNames are the candidates for "did you mean".
	KnownCall func(name string) bool
	CallNames func() []string

	// Allowable says why a known call or group cannot stand in `allow`, because
	// a filter would not let it pass whatever it is told; nil allows all.
	Allowable func(name string) error

	// Emulable says why a known call cannot be made to look as if it had
	// succeeded, because a filter refuses it whatever it is told; nil allows all.
	Emulable func(name string) error

	// CheckTest says why a test block cannot be asked, for instance because it
	// names no system call that rules decide; nil asks nothing.
	CheckTest func(*Test) error

	// Classes are the access classes that the engine mediates. A rule that
	// names another one is an error, since nothing would enforce it; so the
	// zero value refuses every rule.
	Classes Access
}
