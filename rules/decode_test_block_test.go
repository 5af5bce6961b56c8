package rules

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTestBlocks(t *testing.T) {
	p := mustLoad(t, `
test "all of it" {
  call    = "execve"
  flags   = "A|B"
  path    = "${home}/bin/*"
  program = "/usr/bin/git"
  argv    = ["git", "push"]
  expect  = "deny"
  rule    = "r"
  errno   = "EPERM"
}
test "an address" {
  access  = ["connect"]
  address = "[::1]:80"
  host    = "WWW.Example.com."
  expect  = "ask"
}
`)
	want := []*Test{
		{Name: "all of it", Call: "execve", Flags: "A|B", Path: "/home/u/bin/*", Program: "/usr/bin/git",
			Argv: []string{"git", "push"}, Expect: Deny, Rule: "r", Errno: 1, Line: 2},
		{Name: "an address", Access: Connect, Host: "www.example.com", Expect: Ask, Line: 12},
	}
	got := p.Tests()
	if len(got) != 2 || got[1].Address == nil || got[1].Address.String() != "[::1]:80" || got[1].Address.Hosts[0] != "www.example.com" {
		t.Fatalf("%+v", got)
	}
	for _, x := range got {
		if !strings.HasSuffix(x.File, "/app.hcl") {
			t.Errorf("file %q", x.File)
		}
		x.File, x.Address = "", nil
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Every wrong block is one error, at its line.
func TestTestBlockErrors(t *testing.T) {
	const path, call, expect = "\n path = \"/a\"", "\n call = \"open\"", "\n expect = \"deny\""
	for _, tt := range []struct{ body, summary, detail string }{
		{path + expect, "Missing call", "call = "},
		{path + call, "Missing expect", "expect = "},
		{call + expect, "One subject is needed", "path or about an address"},
		{path + call + expect + "\n address = \"10.0.0.1:1\"", "One subject is needed", ""},
		{call + expect + "\n path2 = \"/b\"\n address = \"10.0.0.1:1\"", "path2 without path", ""},
		{path + call + expect + "\n host = \"a.example\"", "host without an address", ""},
		{path + expect + "\n access = [\"connect\"]", "Class without its subject", ""},
		{expect + "\n address = \"10.0.0.1:1\"\n access = [\"read\"]", "Class without its subject", ""},
		{path + call + "\n expect = \"allow\"\n errno = \"EPERM\"", "errno of what is allowed", ""},
		{path + call + "\n expect = \"alow\"", "Unknown verdict", `Did you mean "allow"?`},
		{call + expect + "\n path = \"a\"", "Not an absolute path", `"${cwd}/a"`},
		{call + expect + "\n path = \"/\\u0000\"", "Not a path", ""},
		{call + expect + "\n address = \"example.com\"", "Not an address", ""},
		{path + call + expect + "\n pth = \"/b\"", "Unknown attribute", `Did you mean "path"?`},
		{path + call + expect + "\n argv = \"git\"", "Wrong type", "list of strings"},
		{path + call + expect + "\n errno = \"EWHAT\"", "Unknown errno", ""},
		{path + expect + "\n call = \"bad\"", "A call that cannot be tested", "bad is none"},
		{path + call + expect + "\n allow \"x\" {\n }", "Unknown block", ""},
	} {
		_, d := loadText(t, "test \"t\" {"+tt.body+"\n}\n", func(o *Options) {
			o.CheckTest = func(t *Test) error {
				if t.Call == "bad" {
					return errors.New("bad is none")
				}
				return nil
			}
		})
		all := d.All()
		if len(all) != 1 || all[0].Summary != tt.summary || !strings.Contains(all[0].Detail, tt.detail) || all[0].Subject == nil {
			t.Errorf("%s: %v, want %q with %q", tt.body, d.Error(), tt.summary, tt.detail)
		}
	}
	_, d := loadText(t, strings.Repeat("test \"t\" {"+path+call+expect+"\n}\n", 2))
	if all := d.All(); len(all) != 1 || all[0].Summary != "Test name used twice" || all[0].Subject.Start.Line != 6 {
		t.Errorf("a name twice: %v", d)
	}
}
