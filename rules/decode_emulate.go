package rules

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// served are the attributes that say what an emulate rule answers.
var served = []string{"content", "file", "errno", "value", "to", "answer"}

// decodeEmulate reads the attributes that only emulate rules have.
func (f *file) decodeEmulate(a *hclsyntax.Attribute, dr *draft, em *Emulation) {
	switch a.Name {
	case "content":
		em.Content, em.HasContent = []byte(f.boundedString(a, `"127.0.0.1 localhost\n"`, maxContent)), true
	case "file":
		em.File = f.decodeFile(a)
	case "value":
		em.Value, em.HasValue = f.decodeValue(a), true
	case "to":
		em.To = f.decodeTo(a)
	case "syscall":
		dr.rule.Calls = f.decodeCalls(a)
	case "when":
		f.isObject(a, whenExample)
	case "answer":
		f.isObject(a, answerExample)
	} // what these two hold depends on the calls, which may stand behind them
}

// decodeCalls reads the calls that a rule is about.
func (f *file) decodeCalls(a *hclsyntax.Attribute) []string {
	list, ok := f.stringList(a, plain, `["sched_setscheduler"]`)
	if ok && len(list) == 0 {
		f.d.errorf(a.Expr.Range().Ptr(), "Empty syscall", `The rule would be about nothing. Name the calls: syscall = ["sched_setscheduler"]`)
	}
	var names []string
	for _, s := range list {
		switch {
		case strings.HasPrefix(s.s, "@"):
			f.d.errorf(s.rng.Ptr(), "A group of system calls", "Calls that are emulated differ too much for that: name each call in place of %q.", s.s)
		case !f.knownCall(s.s):
			var all []string
			if f.o.CallNames != nil {
				all = f.o.CallNames()
			}
			f.d.errorf(s.rng.Ptr(), "Unknown system call", "There is no system call %q.%s", s.s, didYouMean(s.s, all))
		case isOneOf(s.s, vitalCalls):
			f.d.errorf(s.rng.Ptr(), "Not to be emulated", "No program goes on, or ends, without %s. Take it out.", s.s)
		case !slices.Contains(names, s.s):
			names = append(names, s.s)
		}
	}
	return names
}

// maxErrno is the largest number that a call returns as an error.
const maxErrno = 4095

// decodeValue reads what a call returns.
func (f *file) decodeValue(a *hclsyntax.Attribute) int64 {
	v, ok := f.number(a.Expr)
	if !ok {
		return 0
	}
	rng := a.Expr.Range().Ptr()
	if v.IsNull() || v.Type() != cty.Number {
		f.d.errorf(rng, "Wrong type", "value must be a number, not %s. Write for instance: value = 0", typeName(v))
		return 0
	}
	n, accuracy := v.AsBigFloat().Int64()
	switch {
	case accuracy != big.Exact:
		f.d.errorf(rng, "Not a whole number", "A call returns a whole number of 64 bits. Write for instance: value = 0")
	case n < 0 && n >= -maxErrno:
		f.d.errorf(rng, "An errno as a value", "-1 to -%d are how the kernel returns errors. Write the name: errno = %q", maxErrno, errnoOr(int(-n)))
		return 0
	}
	return n
}

// number evaluates an expression that may be a negative number, which HCL takes
// for arithmetic.
func (f *file) number(expr hclsyntax.Expression) (cty.Value, bool) {
	if minus, ok := expr.(*hclsyntax.UnaryOpExpr); ok && minus.Op == hclsyntax.OpNegate {
		if _, ok := minus.Val.(*hclsyntax.LiteralValueExpr); ok {
			v, ok := f.eval(minus.Val, plain)
			if ok && !v.IsNull() && v.Type() == cty.Number {
				v = v.Negate()
			}
			return v, ok
		}
	}
	return f.eval(expr, plain)
}

func errnoOr(n int) string {
	if name := ErrnoName(n); slices.Contains(errnoList(), name) {
		return name
	}
	return "EPERM"
}

// decodeTo reads where sockets are connected to instead.
func (f *file) decodeTo(a *hclsyntax.Attribute) *Address {
	s, ok := f.oneString(a, asPattern, `"127.0.0.1:8443"`)
	if !ok {
		return nil
	}
	rng := a.Expr.Range().Ptr()
	to, err := ParseAddress(decodeLiteral(s))
	switch {
	case err != nil:
		f.d.errorf(rng, "Not one address", `%q is none to connect to. Write "127.0.0.1:8443", "[::1]:8443", "unix:/run/app.sock" or "unix:@name".`, displayPattern(s))
		return nil
	case to.Family == Netlink || to.Family == Packet:
		f.d.errorf(rng, "Nothing to connect to", `%q is a protocol. Only internet, local and vsock addresses can be given.`, displayPattern(s))
		return nil
	case to.Family == Inet && (to.Port == 0 || to.IP.IsUnspecified() || to.IP.Zone() != ""):
		f.d.errorf(rng, "Not one address", `%q names no peer: the address must be a host's, without a zone, and the port at least 1.`, displayPattern(s))
		return nil
	case to.Family == UnixPath:
		to.Name = []byte(f.settled(a, string(to.Name)))
	}
	return &to
}

// settled follows the symlinks in the directory of a path now, so that none has
// to be followed when it is used: by then the program may have made one. At its
// end there must be none, for the program may have made that one in an earlier
// run.
func (f *file) settled(a *hclsyntax.Attribute, path string) string {
	if f.o.Canonical == nil || path == "/" || path == "/proc" || strings.HasPrefix(path, "/proc/") {
		return path
	}
	dir, name := path[:strings.LastIndexByte(path, '/')], path[strings.LastIndexByte(path, '/'):]
	if dir != "" {
		dir = f.o.Canonical(dir)
	}
	path = strings.TrimSuffix(dir, "/") + name
	if really := f.o.Canonical(path); really != path {
		f.d.errorf(a.Expr.Range().Ptr(), "A symlink at the end", "%q is a symlink, which could be made to lead anywhere. Write what it leads to: %q.", path, really)
	}
	return path
}

// decodeFile reads the one path of the file that an emulate rule serves.
func (f *file) decodeFile(a *hclsyntax.Attribute) string {
	s, ok := f.oneString(a, asPattern, `"${project}/hosts"`)
	if !ok {
		return ""
	}
	if decoded := decodeLiteral(s); !strings.HasPrefix(decoded, "/") {
		f.d.errorf(a.Expr.Range().Ptr(), "Not an absolute path", `file must start with "/". Write "${cwd}/%s" for a file in the working directory.`, decoded)
		return ""
	}
	list, err := parsePattern(s)
	if err != nil {
		f.patternError(err, a.Expr.Range())
		return ""
	}
	if len(list) != 1 || list[0].literalPrefix() != len(list[0]) {
		f.d.errorf(a.Expr.Range().Ptr(), "Not a single file", `%q must name one file, without wildcards; a literal * is "\\*".`, displayPattern(s))
		return ""
	}
	return f.settled(a, list[0].literal())
}

// aboutCall tells a block that names system calls and nothing that they act on.
func aboutCall(b *hclsyntax.Block) bool {
	given := b.Body.Attributes
	return b.Type == "emulate" && given["syscall"] != nil && given["access"] == nil && given["path"] == nil && given["address"] == nil
}

// checkEmulation wants exactly one thing to answer, and something that it can
// be answered to.
func (f *file) checkEmulation(b *hclsyntax.Block, dr *draft, em *Emulation) {
	var given []string
	for _, name := range served {
		if b.Body.Attributes[name] != nil {
			given = append(given, name)
		}
	}
	rng := b.DefRange().Ptr()
	switch {
	case len(given) == 0:
		if !f.torn {
			f.d.errorf(rng, "Nothing to emulate with", `Add one of: content = "text", file = "/path", errno = "ENOENT", value = 0, to = "127.0.0.1:8443", answer = { ... }.`)
		}
		return
	case len(given) > 1:
		f.d.errorf(rng, "Too much to emulate with", "The rule has %s. Keep one of them.", strings.Join(given, " and "))
		return
	}
	if aboutCall(b) {
		f.checkCalls(b, dr, em, given[0])
		return
	}
	if a := b.Body.Attributes["when"]; a != nil {
		f.d.errorf(a.NameRange.Ptr(), "Conditions on a rule about files or addresses", "when is about the numbers that a call is given, and stands only in rules with syscall alone. Take it out.")
	}
	if dr.rule.Access == 0 { // missing or wrong, and reported
		return
	}
	if a := b.Body.Attributes["syscall"]; a != nil {
		f.checkNarrowed(a, dr.rule, given[0])
	}
	f.checkServed(b, dr, em, given[0])
}

// checkServed wants classes that what the rule answers is an answer to.
func (f *file) checkServed(b *hclsyntax.Block, dr *draft, em *Emulation, given string) {
	access := dr.rule.Access
	rng := b.Body.Attributes["access"].Expr.Range().Ptr()
	switch given {
	case "content":
		if access&^(Read|Stat) != 0 {
			f.d.errorf(rng, "Only reading can be emulated", `A rule with content serves reads: write access = ["read"]. Use file for what is written, errno for other classes%s.`, fmt.Sprintf(" (here: %s)", access&^Read))
		}
	case "file":
		switch {
		case access&^(Read|Write|Create|Stat) != 0:
			f.d.errorf(rng, "Only opening can be emulated", `A rule with file serves opens: write access = ["read", "write", "create"]. Use errno for other classes (here: %s).`, access&^(Read|Write|Create|Stat))
		case access&(Create|Write) == Create:
			f.d.errorf(rng, "Creating without writing", `What is created is written. Write access = ["write", "create"], so that both go to the same file.`)
		}
	case "value":
		f.checkValue(b, dr.rule)
	case "to":
		f.checkTo(b, dr, em)
	case "answer":
		f.d.errorf(b.Body.Attributes["answer"].NameRange.Ptr(), "An answer without its call", `answer is what uname or sysinfo tells. Write syscall = ["uname"] in place of access.`)
	}
}

// checkValue: a number is no answer to calls that return a descriptor, fill
// memory, or do not return.
func (f *file) checkValue(b *hclsyntax.Block, r *Rule) {
	rng := b.Body.Attributes["value"].NameRange.Ptr()
	switch {
	case r.Access&(Stat|Exec) != 0:
		f.d.errorf(rng, "A number is no answer", "Calls of the classes stat and exec answer with more than a number. Use errno (here: %s).", r.Access&(Stat|Exec))
	case r.Access&(Read|Write|Create) != 0 && b.Body.Attributes["syscall"] == nil:
		f.d.errorf(rng, "A number in place of a descriptor", `Opening asks for these classes too, and returns a descriptor (here: %s). Name the calls that are meant: syscall = ["mkdir", "mkdirat"]. Use file for opens.`, r.Access&(Read|Write|Create))
	}
}

// checkTo wants addresses of the kind that the new one is of: a socket cannot
// leave its family.
func (f *file) checkTo(b *hclsyntax.Block, dr *draft, em *Emulation) {
	to := b.Body.Attributes["to"]
	if dr.rule.Access != Connect {
		f.d.errorf(b.Body.Attributes["access"].Expr.Range().Ptr(), "Only connecting leads elsewhere", `Write access = ["connect"] in a rule with to (here: %s).`, dr.rule.Access)
		return
	}
	if em.To == nil || len(dr.addresses) == 0 {
		return
	}
	for _, p := range dr.addresses {
		if sameFamily(p, em.To.Family) {
			return
		}
	}
	f.d.errorf(to.Expr.Range().Ptr(), "Another kind of socket", "A socket connects only to addresses of its own family, and those of this rule are of another one than %q. Give an address of the same kind.", em.To.String())
}

func sameFamily(p pattern, family Family) bool {
	switch p[0].text {
	case treeIPv4, treeIPv6, treeHost:
		return family == Inet
	case treePath, treeAbstract:
		return family == UnixPath || family == UnixAbstract
	case treeVsock:
		return family == Vsock
	}
	return false
}
