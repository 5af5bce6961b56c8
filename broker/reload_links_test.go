package broker

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seccomp-broker/rules"
)

func symlink(t *testing.T, target, at string) {
	t.Helper()
	if err := os.Symlink(target, at); err != nil {
		t.Fatal(err)
	}
}

func TestLinksResolveAsCanonical(t *testing.T) {
	dir := files(t, "file")
	if err := os.MkdirAll(dir+"/a/b", 0o755); err != nil {
		t.Fatal(err)
	}
	for at, target := range map[string]string{
		"abs": dir + "/a", "rel": "a/b", "up": "rel/../b", "chain": "abs/b", "loop": "loop", "ping": "pong", "pong": "ping",
		"dangling": "nowhere/x", "dot": ".", "a/out": "../file", "wide": "dot/dot/dot/dot/rel",
	} {
		symlink(t, target, filepath.Join(dir, at))
	}
	for _, path := range []string{
		"/", "/usr", "/lib/x86_64-linux-gnu", dir, dir + "/abs", dir + "/abs/b/x/y", dir + "/rel/..", dir + "/up", dir + "/chain/new", dir + "/loop",
		dir + "/loop/x", dir + "/ping", dir + "/dangling", dir + "/dangling/x", dir + "/dot/dot/abs", dir + "/a/out", dir + "/a/out/x", dir + "/wide/x", dir + "/none/x",
	} {
		if got, want := NewLinks().Canonical(path), Canonical(filepath.Clean(path)); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

// A symlink that the program can have made since the rules were loaded is not
// followed; one that was there, or that it cannot have made, is.
func TestPlantedLinks(t *testing.T) {
	dir := files(t, "secret")
	for _, d := range []string{"open", "closed", "elsewhere"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	symlink(t, "../elsewhere", dir+"/open/old")
	symlink(t, "../elsewhere", dir+"/closed/link")
	policy := func(l *Links, places ...string) *rules.Policy {
		for _, p := range places {
			l.Canonical(filepath.Join(dir, p))
		}
		return loadRules(t, fmt.Sprintf("allow \"x\" {\n access = [\"read\", \"create\", \"remove\"]\n path = [\"%s/open/**\"]\n}\n", dir))
	}
	start := NewLinks()
	first := policy(start, "open/old/x", "open/build")
	_, r := reloadable(t, first, &recorder{})
	r.now.Links = start
	take := func(want string, places ...string) {
		t.Helper()
		l := NewLinks()
		p := policy(l, places...)
		err := r.take(Loaded{Policy: p, Links: l})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	take("", "open/old/x", "open/build", "closed/link/x")
	symlink(t, "../secret", dir+"/open/build")
	take("through the symlink "+dir+"/open/build", "open/old/x", "open/build")
	take("", "open/old/x")
	// A policy that came in between does not make it less of the program's.
	if err := r.take(Loaded{Policy: loadRules(t, ""), Links: NewLinks()}); err != nil {
		t.Fatal(err)
	}
	take("through the symlink "+dir+"/open/build", "open/build")
}

func TestCheckReload(t *testing.T) {
	dir := files(t, "app.hcl")
	if err := os.Mkdir(dir+"/sub", 0o755); err != nil {
		t.Fatal(err)
	}
	symlink(t, "../app.hcl", dir+"/sub/app.hcl")
	if err := os.Mkdir(dir+"/far", 0o755); err != nil {
		t.Fatal(err)
	}
	symlink(t, "../sub/app.hcl", dir+"/far/app.hcl") // two links, one after the other
	allow := func(access, path string) string {
		return fmt.Sprintf("allow %q {\n access = [%s]\n path = [%q]\n}\n", access+path, access, dir+path)
	}
	deny := fmt.Sprintf("deny \"rules\" {\n access = [\"write\", \"create\", \"remove\"]\n path = [%q]\n}\n", dir+"/app.hcl")
	for _, c := range []struct {
		name, file, text string
		ok               bool
	}{
		{"nothing", "/app.hcl", "", true},
		{"write", "/app.hcl", allow(`"write"`, "/**"), false},
		{"create", "/app.hcl", allow(`"create"`, "/app.hcl"), false},
		{"write for one program", "/app.hcl", "program \"/bin/x\" {\n" + allow(`"write"`, "/**") + "}\n", false},
		{"default", "/app.hcl", `default = "allow"`, false},
		{"monitor", "/app.hcl", `mode = "monitor"`, true},
		{"elsewhere", "/app.hcl", allow(`"write", "create", "remove"`, "/sub/**"), true},
		{"the directory", "/app.hcl", allow(`"create", "remove"`, ""), false},
		{"denied", "/app.hcl", allow(`"write", "create", "remove"`, "/**") + deny, true},
		{"through a link", "/sub/app.hcl", allow(`"create", "remove"`, "/sub/**"), false},
		{"a link that a link leads to", "/far/app.hcl", allow(`"create", "remove"`, "/sub/**"), false},
		{"beside two links", "/far/app.hcl", allow(`"create", "remove"`, "/other/**"), true},
		{"what a link leads to", "/sub/app.hcl", allow(`"write"`, "/app.hcl"), false},
	} {
		err := CheckReload(Loaded{Policy: loadRules(t, c.text), Files: []string{dir + c.file}})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Policies that are remembered no more may have let the program make anything, and so
// does one that refuses nothing.
func TestMayHaveMade(t *testing.T) {
	closed := loadRules(t, "")
	r := &reloader{past: []*rules.Policy{closed}}
	if r.mayHaveMade("/srv/link") {
		t.Error("made although nothing is allowed")
	}
	monitored := &reloader{past: []*rules.Policy{closed.WithMode(rules.Monitor), closed}}
	if !monitored.mayHaveMade("/srv/link") {
		t.Error("not made although nothing was refused")
	}
	for len(r.past) <= maxPast {
		r.past = append(r.past, closed)
	}
	if !r.mayHaveMade("/srv/link") {
		t.Error("not made, as far as is remembered")
	}
}
