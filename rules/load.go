package rules

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Bounds of what one Load reads.
const (
	maxDepth    = 10 // of extends
	maxFiles    = 1000
	maxPatterns = 1_000_000
)

// loader is the state of one Load.
type loader struct {
	o            Options
	d            *Diagnostics
	seen         map[string]*loaded // by identity of the file
	gathered     gathered
	calls        Syscalls
	tests        []*Test
	patternCount int
	tooMany      bool
	inspect      *inspector // nil but for Inspect
}

// loaded is a file that has been begun.
type loaded struct {
	done bool
	settings
}

// Load reads o.Files and everything they extend. The policy is nil when there
// are errors; the diagnostics are never nil and may hold warnings beside a
// policy. All errors are reported, not only the first.
//
// A file's own mode and default override those of the files it extends; among
// several files of o.Files, or of one extends list, the strictest that is set
// holds; where none is set it is enforce, and deny.
func Load(o Options) (*Policy, *Diagnostics) { return load(o, nil) }

func load(o Options, in *inspector) (*Policy, *Diagnostics) {
	l := &loader{
		o:       o,
		d:       &Diagnostics{files: make(map[string]*hcl.File), order: make(map[string]int)},
		seen:    make(map[string]*loaded),
		inspect: in,
	}
	if len(o.Files) == 0 {
		l.d.errorf(nil, "No rules", `Name a rule file, or a built-in set: %s.`, builtinList())
	}
	var all settings
	for _, name := range o.Files {
		at := name
		if name != "" { // which Clean would make the working directory
			at = filepath.Clean(name)
		}
		all = all.stricter(l.load(name, at, nil, nil))
	}
	l.d.sort()
	if l.d.HasErrors() {
		return nil, l.d
	}
	p := l.gathered.policy(all, l.calls)
	p.tests = l.tests
	return p, l.d
}

// load reads one file and what it extends. ref is as written; at is its path
// on the host; from is where it was named, nil at the top; chain are the names
// of the files on the way here.
func (l *loader) load(ref, at string, from *hcl.Range, chain []string) settings {
	key, shown := ref, ref
	builtin, isBuiltin := strings.CutPrefix(ref, builtinPrefix)
	if !isBuiltin {
		key, shown = identity(at), at
	}
	if have := l.seen[key]; have != nil {
		if !have.done {
			l.d.errorf(from, "Files extend each other in a circle", "%s -> %s. Take one of the extends out.", strings.Join(chain, " -> "), shown)
		}
		return have.settings
	}
	if len(chain) > maxDepth || len(l.seen) >= maxFiles {
		l.d.errorf(from, "Too many files", "extends may go %d deep and bring in %d files. Name shared files once, higher up.", maxDepth, maxFiles)
		return settings{}
	}
	this := &loaded{}
	l.seen[key] = this
	defer func() { this.done = true }()
	var src []byte
	if isBuiltin {
		text, ok := Builtin(builtin)
		if !ok {
			l.d.errorf(from, "Unknown built-in set", "There is no %q. There are %s.%s", ref, builtinList(), didYouMean(ref, builtinRefs()))
			return settings{}
		}
		src = text
	} else {
		text, err := l.source(at)
		if err != nil {
			l.d.errorf(from, cannotRead, "%s", err)
			return settings{}
		}
		src = text
	}
	f := &file{loader: l, name: shown, locals: make(map[string]*local),
		rules: make(map[string]int), attributes: make(map[string]hcl.Range)}
	if !isBuiltin {
		f.dir = filepath.Dir(at)
	}
	f.read(src, isBuiltin)
	if l.inspect != nil {
		l.inspect.file(f, isBuiltin)
	}
	var inherited settings
	for _, e := range f.extends {
		if path, ok := f.extendedPath(e); ok {
			inherited = inherited.stricter(l.load(e.s, path, e.rng.Ptr(), append(slices.Clone(chain), shown)))
		}
	}
	this.settings = f.own.over(inherited)
	return this.settings
}

// source reads a file, or takes what stands for it.
func (l *loader) source(at string) ([]byte, error) {
	if text, ok := l.o.Texts[at]; ok {
		return text, nil
	}
	return readSource(at)
}

// extendedPath gives where on the host an extends entry leads.
func (f *file) extendedPath(e stringAt) (string, bool) {
	switch {
	case strings.HasPrefix(e.s, builtinPrefix):
		return e.s, true
	case e.s == "":
		f.d.errorf(e.rng.Ptr(), "Empty file name", "Name a file relative to this one, or a built-in set: %s.", builtinList())
		return "", false
	case f.dir == "":
		f.d.errorf(e.rng.Ptr(), "A built-in set extends a file", "Built-in sets extend only one another.")
		return "", false
	case filepath.IsAbs(e.s):
		return filepath.Clean(e.s), true
	}
	return filepath.Join(f.dir, e.s), true
}

// read parses and decodes one source text. A built-in one has been looked at by
// the tests, and is not guarded against.
func (f *file) read(src []byte, isBuiltin bool) {
	f.d.addFile(f.name, src)
	// A bug in the parser must not take down a broker that reloads its rules.
	defer func() {
		if r := recover(); r != nil {
			f.d.errorf(nil, internalError, "%s made the rule parser fail: %v. Please report it with the file.", f.name, r)
		}
	}()
	if isBuiltin && f.inspect == nil {
		src = withoutComments(src)
	} else if diag := guardText(src, f.name); !isBuiltin && diag != nil {
		f.d.list = append(f.d.list, diag)
		return
	}
	for kind := range f.ctx {
		f.ctx[kind] = &hcl.EvalContext{
			Variables: f.variables(text(kind)),
			Functions: f.functions(text(kind) == asPattern),
		}
	}
	f.parseAll(chunker{name: f.name, rest: src, pos: hcl.InitialPos, sound: isBuiltin}, f.decode)
}

const internalError = "Internal error"

// knownCall also keeps what cannot be a name from a nil KnownCall.
func (l *loader) knownCall(name string) bool {
	bare := strings.TrimPrefix(name, "@")
	if bare == "" || strings.ContainsFunc(bare, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-')
	}) {
		return false
	}
	return l.o.KnownCall == nil || l.o.KnownCall(name)
}

func builtinList() string { return `"` + strings.Join(builtinRefs(), `", "`) + `"` }

func builtinRefs() []string {
	var refs []string
	for _, n := range Builtins() {
		refs = append(refs, builtinPrefix+n)
	}
	return refs
}
