package rules

import (
	"bytes"
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func TestBuiltinsLoadClean(t *testing.T) {
	names := Builtins()
	if len(names) < 3 {
		t.Fatalf("built-in sets: %q", names)
	}
	for _, name := range names {
		for _, vars := range []Vars{
			{Home: "/home/u", Cwd: "/proj", Project: "/proj", Tmp: "/tmp", User: "u", UID: 1000},
			{Home: "/", Cwd: "/", Project: "/", Tmp: "/", User: "root"},
			{Home: "/home/a*b{c,d}?[x]\\", Cwd: "/home/a*b{c,d}?[x]\\", Project: "/p", Tmp: "/tmp/", User: "u", UID: 1000},
		} {
			o := testOptions(builtinPrefix + name)
			o.Vars = vars
			p, d := Load(o)
			if len(d.All()) > 0 {
				t.Errorf("%s with %+v:\n%s", name, vars, render(t, d))
				continue
			}
			if p.Mode() != Enforce || p.Default() != Deny {
				t.Errorf("%s: mode %v, default %v", name, p.Mode(), p.Default())
			}
		}
	}
}

func TestBuiltinUnknown(t *testing.T) {
	for _, name := range []string{"", "nope", "../builtin/base", "base.hcl", "."} {
		if _, ok := Builtin(name); ok {
			t.Errorf("Builtin(%q) exists", name)
		}
	}
}

func TestWorkdir(t *testing.T) {
	tests := []struct {
		cwd    string
		access Access
		path   string
		want   Verdict
	}{
		{"/proj", Read | Write | Create | Remove | Attr | Exec, "/proj/a/.b", Allow},
		{"/proj", Read, "/proj", Allow},
		{"/proj", Read, "/project-x/a", Deny},
		{"/proj", Exec, "/usr/bin/git", Allow},
		{"/proj", Write, "/usr/bin/git", Deny},
		{"/proj", Read, "/etc/gitconfig", Allow},
		{"/proj", Read, "/etc/shadow", Deny},
		{"/proj", Read, "/etc/ssh/ssh_host_rsa_key", Deny},
		{"/proj", Read, "/etc/ssh/ssh_host_rsa_key.pub", Allow},
		{"/proj", Write, "/etc/hosts", Deny},
		{"/proj", Read | Write, "/dev/null", Allow},
		{"/proj", Read, "/dev/sda", Deny},
		{"/proj", Read, "/proc/self/maps", Allow},
		{"/proj", Read, "/proc/1/maps", Deny},
		{"/proj", Read, "/home/u/.gitconfig", Allow},
		{"/proj", Read, "/home/u/letter.txt", Deny},
		{"/proj", Write | Create, "/tmp/x/y", Allow},
		{"/home/u", Read | Write, "/home/u/letter.txt", Allow},
		{"/home/u", Read, "/home/u/.ssh", Deny},
		{"/home/u", Read, "/home/u/.ssh/id_ed25519", Deny},
		{"/home/u", Read, "/home/u/.ssh/known_hosts", Allow},
		{"/home/u", Write, "/home/u/.ssh/known_hosts", Deny},
		{"/home/u", Read, "/home/u/.bash_history", Deny},
		{"/home/u", Read, "/home/u/.bashrc", Allow},
		{"/home/u", Write, "/home/u/.bashrc", Deny},
		{"/home/u", Read, "/home/u/.docker/config.json", Deny},
		{"/home/u", Read, "/home/u/.docker/other", Allow},
		{"/home/u", Read, "/home/u/.cargo/credentials", Deny},
		{"/", Read | Write, "/anything", Allow},
		{"/", Read, "/home/u/.aws/credentials", Deny},
	}
	for _, tt := range tests {
		o := testOptions("builtin:workdir")
		o.Vars.Cwd = tt.cwd
		p, d := Load(o)
		if d.HasErrors() {
			t.Fatal(d)
		}
		got := p.Decide(&Query{Access: tt.access, Path: []byte(tt.path)})
		if got.Verdict != tt.want {
			t.Errorf("cwd %s: %v of %s is %v, want %v", tt.cwd, tt.access, tt.path, got.Verdict, tt.want)
		}
		if got.Verdict == Deny && got.Rule != nil && got.Rule.Reason == "" {
			t.Errorf("%s is denied without a reason", tt.path)
		}
	}
}

func TestToolchainFollowsEnvironment(t *testing.T) {
	o := testOptions("builtin:toolchain")
	o.Env = func(name string) (string, bool) { return "/big//cache/", name == "GOCACHE" }
	p, d := Load(o)
	if d.HasErrors() {
		t.Fatal(d)
	}
	for path, want := range map[string]Verdict{"/big/cache/0a": Allow, "/home/u/.cache/go-build/0a": Deny, "/home/u/.cargo/credentials": Deny} {
		if got := p.Decide(&Query{Access: Read, Path: []byte(path)}); got.Verdict != want {
			t.Errorf("read of %s is %v, want %v", path, got.Verdict, want)
		}
	}
}

// Built-in sets are parsed without the guard and without their comments: the
// guard finds nothing in them, and HCL sees the same without.
func TestBuiltinsNeedNoGuard(t *testing.T) {
	for _, name := range Builtins() {
		src, _ := Builtin(name)
		if diag := guardText(src, name); diag != nil {
			t.Errorf("%s: %v", name, diag)
		}
		if whole, diag := guardTokens(chunk{hcl.InitialPos, src}, name); !whole || diag != nil {
			t.Errorf("%s: whole %v, %v", name, whole, diag)
		}
		if len(src) > chunkSize {
			t.Errorf("%s: more than a chunk", name)
		}
		want, got := tokensOf(t, src), tokensOf(t, withoutComments(src))
		if !slices.EqualFunc(want, got, func(a, b hclsyntax.Token) bool {
			return a.Type == b.Type && a.Range == b.Range && bytes.Equal(a.Bytes, b.Bytes)
		}) {
			t.Errorf("%s: other tokens without its comments", name)
		}
	}
}

// tokensOf gives the tokens of a text that matter: a comment on a line of its
// own stands for the end of that line.
func tokensOf(t *testing.T, src []byte) hclsyntax.Tokens {
	t.Helper()
	all, diags := hclsyntax.LexConfig(src, "x", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return slices.DeleteFunc(all, func(x hclsyntax.Token) bool {
		return x.Type == hclsyntax.TokenComment || x.Type == hclsyntax.TokenNewline
	})
}
