package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxTests bounds the test blocks of one Load.
const maxTests = 100_000

var (
	testAttributes = []string{"call", "access", "path", "path2", "address", "host", "flags", "argv", "program", "expect", "rule", "errno"}
	verdictNames   = []string{"deny", "ask", "emulate", "allow"}
)

// parseVerdict gives the verdict called name.
func parseVerdict(name string) (Verdict, bool) {
	i := slices.Index(verdictNames, name)
	return Verdict(max(i, 0)), i >= 0
}

// decodeTest reads a test block.
func (f *file) decodeTest(b *hclsyntax.Block) {
	t := &Test{File: f.name, Line: b.TypeRange.Start.Line, Expect: Verdict(len(verdictNames))}
	before := len(f.d.list)
	if f.label(b, `test "reads the project" {`) {
		t.Name = b.Labels[0]
		f.checkTestName(t.Name, b.LabelRanges[0])
	}
	f.noBlocks(b)
	for _, a := range sortedAttributes(b.Body) {
		if !slices.Contains(testAttributes, a.Name) {
			f.unknownAttribute(a, "test", testAttributes)
			continue
		}
		f.decodeTestAttribute(t, a)
	}
	f.checkTest(b, t, before)
	if len(f.tests) == maxTests {
		f.d.errorf(b.TypeRange.Ptr(), "Too many tests", "All files together may have %d.", maxTests)
	}
	f.tests = append(f.tests, t)
}

func (f *file) decodeTestAttribute(t *Test, a *hclsyntax.Attribute) {
	switch a.Name {
	case "call":
		t.Call, _ = f.oneString(a, plain, `"openat"`)
	case "flags":
		t.Flags, _ = f.oneString(a, plain, `"O_WRONLY|O_CREAT"`)
	case "access":
		t.Access = f.decodeAccess(a)
	case "path":
		t.Path = f.testPath(a)
	case "path2":
		t.Path2 = f.testPath(a)
	case "program":
		t.Program = f.testPath(a)
	case "address":
		f.testAddress(t, a)
	case "host":
		t.Host, _ = f.oneString(a, plain, `"www.example.com"`)
		t.Host = strings.ToLower(strings.TrimSuffix(t.Host, "."))
	case "argv":
		list, _ := f.stringList(a, plain, `["git", "push"]`)
		t.Argv = []string{}
		for _, s := range list {
			t.Argv = append(t.Argv, s.s)
		}
	case "expect":
		f.testVerdict(t, a)
	case "rule":
		t.Rule, _ = f.oneString(a, plain, `"the project"`)
	case "errno":
		t.Errno = f.decodeErrno(a)
	}
}

func (f *file) testVerdict(t *Test, a *hclsyntax.Attribute) {
	s, ok := f.oneString(a, plain, `"allow"`)
	if !ok {
		return
	}
	if t.Expect, ok = parseVerdict(s); !ok {
		f.d.errorf(a.Expr.Range().Ptr(), "Unknown verdict", "There is no verdict %q. Write one of %s.%s", s,
			strings.Join(verdictNames, ", "), didYouMean(s, verdictNames))
	}
}

// testPath reads one path, in which nothing is a wildcard.
func (f *file) testPath(a *hclsyntax.Attribute) string {
	s, ok := f.oneString(a, plain, `"${cwd}/main.go"`)
	rng := a.Expr.Range().Ptr()
	switch {
	case !ok:
		return ""
	case !strings.HasPrefix(s, "/"):
		f.d.errorf(rng, "Not an absolute path", `%s must start with "/". Write "${cwd}/%s" for a file in the working directory.`, a.Name, s)
		return ""
	case len(s) > maxQuery || strings.Contains(s, "\x00"):
		f.d.errorf(rng, "Not a path", "%s has a NUL byte, or more than %d bytes.", a.Name, maxQuery)
		return ""
	}
	return s
}

func (f *file) testAddress(t *Test, a *hclsyntax.Attribute) {
	s, ok := f.oneString(a, plain, `"10.0.0.1:443"`)
	if !ok {
		return
	}
	address, err := ParseAddress(s)
	if err != nil {
		f.d.errorf(a.Expr.Range().Ptr(), "Not an address", "%s.", err)
		return
	}
	t.Address = &address
}

func (f *file) checkTestName(name string, rng hcl.Range) {
	if line, ok := f.testNames[name]; ok {
		f.d.errorf(&rng, "Test name used twice", "%q already names the test at %s. Give one of them another name.", name, f.name+":"+strconv.Itoa(line))
		return
	}
	if f.testNames == nil {
		f.testNames = make(map[string]int)
	}
	f.testNames[name] = rng.Start.Line
}

// checkTest wants a subject that belongs to the call, and something to expect.
// before is how many diagnostics there were before the block.
func (f *file) checkTest(b *hclsyntax.Block, t *Test, before int) {
	has := func(name string) bool { return b.Body.Attributes[name] != nil }
	at := func(name string) *hcl.Range { return b.Body.Attributes[name].NameRange.Ptr() }
	rng := b.DefRange().Ptr()
	if f.torn || slices.ContainsFunc(f.d.list[before:], func(d *hcl.Diagnostic) bool { return d.Severity == hcl.DiagError }) {
		return // what is missing may be misspelt
	}
	switch {
	case !has("expect"):
		f.d.errorf(rng, "Missing expect", `Say what the rules are to answer: expect = "allow"`)
	case !has("call") && !has("access"):
		f.d.errorf(rng, "Missing call", `Say what is tested: call = "openat", or the classes alone: access = ["read"]`)
	case has("path") == has("address"):
		f.d.errorf(rng, "One subject is needed", `A test is about a path or about an address: path = "${cwd}/main.go", or address = "10.0.0.1:443".`)
	case has("path2") && !has("path"):
		f.d.errorf(at("path2"), "path2 without path", "path2 is the second path of rename and link. Add the first one.")
	case has("host") && (t.Address == nil || t.Address.Family != Inet):
		f.d.errorf(at("host"), "host without an address", `host is a name of an internet address: address = "192.0.2.1:443"`)
	case has("address") && t.Access&^sockets != 0, has("path") && t.Access&sockets != 0:
		f.d.errorf(at("access"), "Class without its subject", "connect and bind are about addresses, the others about paths.")
	case t.Errno != 0 && t.Expect == Allow:
		f.d.errorf(at("errno"), "errno of what is allowed", "What is allowed answers no errno of the rules'. Take errno out, or expect another verdict.")
	case f.o.CheckTest != nil:
		if err := f.o.CheckTest(t); err != nil {
			f.d.errorf(rng, "A call that cannot be tested", "%s.", err)
		}
	}
	if t.Host != "" && t.Address != nil && t.Address.Family == Inet {
		t.Address.Hosts = []string{t.Host}
	}
}
