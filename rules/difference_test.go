package rules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lines writes differences for comparison: classes, the two decisions, the
// patterns and the first example.
func (d *Differences) lines() (list []string) {
	side := func(d Decision, patterns []string) string {
		if d.Rule == nil {
			return d.Verdict.String()
		}
		return fmt.Sprintf("%s %s %s", d.Verdict, d.Rule.Name, strings.Join(patterns, " "))
	}
	for _, x := range d.List {
		who := ""
		if x.Program != "" {
			who = "by " + x.Program + " "
		}
		if x.Call != "" {
			who += x.Call + " "
		}
		if x.Argv != nil {
			who += fmt.Sprintf("%q ", x.Argv)
		}
		list = append(list, fmt.Sprintf("%s%s: %s -> %s: %s", who, x.Access, side(x.Before, x.BeforePatterns), side(x.After, x.AfterPatterns), x.Examples[0]))
	}
	return list
}

func TestCompare(t *testing.T) {
	home := rule("allow", "home", "read", "/home/**", "")
	for _, tt := range []struct {
		name, before, after string
		want                []string
	}{
		{"same", home, home, nil},
		{"renamed and moved", home, "\n\n" + rule("allow", "other name", "read", "/home/**", ""), nil},
		{"spelt otherwise", strings.ReplaceAll(rule("allow", "a", "read", "/AB/*"), "AB", "{a,b}"), rule("allow", "a", "read", "/a/*", "") + rule("allow", "b", "read", "/b/*", ""), nil},
		{"covered", home, home + rule("allow", "u", "read", "/home/u/x", ""), nil},
		{"a rule more", home, home + rule("allow", "etc", "read", "/etc/*.conf", ""),
			[]string{"read: deny -> allow etc /etc/*.conf: /etc/x.conf"}},
		{"a deny more", home, home + rule("deny", "keys", "read", "/**/*.pem", ""),
			[]string{"read: allow home /home/** -> deny keys /**/*.pem: /home/x.pem"}},
		{"an exception", home, rule("allow", "home", "read", "/home/**", `except = ["/home/u/.ssh/**"]`),
			[]string{"read: allow home /home/** -> deny: /home/u/.ssh"}},
		{"one component", rule("allow", "a", "write", "/d/*", ""), rule("allow", "a", "write", "/d/**", ""),
			[]string{"write: deny -> allow a /d/**: /d"}},
		{"overlapping wildcards", rule("allow", "a", "read", "/d/a*", ""), rule("allow", "b", "read", "/d/*b", ""),
			[]string{"read: deny -> allow b /d/*b: /d/xb", "read: allow a /d/a* -> deny: /d/ax"}},
		{"question mark", rule("allow", "a", "read", "/d/?", ""), strings.ReplaceAll(rule("allow", "a", "read", "/d/AB"), "AB", "{a,b}"),
			[]string{"read: allow a /d/? -> deny: /d/x"}},
		{"errno", rule("deny", "a", "read", "/d", ""), rule("deny", "a", "read", "/d", `errno = "ENOENT"`),
			[]string{"read: deny a /d -> deny a /d: /d"}},
		{"content", rule("emulate", "a", "read", "/d", `content = "x"`), rule("emulate", "a", "read", "/d", `content = "y"`),
			[]string{"read: emulate a /d -> emulate a /d: /d"}},
		{"the default", home, `default = "allow"`,
			[]string{"read, write, create, remove, attr, exec: deny -> allow: /"}},
		{"the default opens the network with the first rule about it", `default = "allow"`, `default = "allow"` + "\n" + addressRule("deny", "a", "connect", `"10.0.0.1:80"`),
			[]string{"connect, bind: deny -> allow: 192.0.2.1:443"}},
		{"a program", "program \"/usr/bin/{git,hg}\" {\n" + home + "}", "program \"/usr/bin/git\" {\n" + home + "}",
			[]string{"by /usr/bin/hg read: allow home /home/** -> deny: /home"}},
		{"address", addressRule("allow", "a", "connect", `"10.0.0.0/8:443"`), addressRule("allow", "a", "connect", `"10.0.0.0/9:443"`),
			[]string{"connect: allow a 10.0.0.0/8:443 -> deny: 10.128.2.1:443"}},
		{"ports", addressRule("allow", "a", "connect", `"*:80"`), addressRule("allow", "a", "connect", `"*:80-81"`),
			[]string{"connect: deny -> allow a *:80-81: 192.0.2.1:81"}},
		{"hosts", addressRule("allow", "a", "connect", `"a.example:443"`), addressRule("allow", "a", "connect", `"b.example:443"`),
			[]string{"connect: deny -> allow a b.example:443: 192.0.2.1:443", "connect: allow a a.example:443 -> deny: 192.0.2.1:443"}},
		{"local sockets", addressRule("allow", "a", "connect", `"unix:/run/*.sock"`), addressRule("allow", "a", "connect", `"unix:@app*"`),
			[]string{"connect: deny -> allow a unix:@app*: unix:@app", "connect: allow a unix:/run/*.sock -> deny: unix:/run/x.sock"}},
		{"one call", rule("emulate", "a", "attr", "/d", `value = 0`, `syscall = ["chown"]`), rule("emulate", "a", "attr", "/d", `value = 0`, `syscall = ["chmod"]`),
			[]string{"chmod attr: deny -> emulate a /d: /d", "chown attr: emulate a /d -> deny: /d"}},
		{"arguments", `allow "a" {
  access = ["exec"]
  argv   = ["git", "**"]
}`, `allow "a" {
  access = ["exec"]
  argv   = ["git", "status"]
}`, []string{`["git"] exec: allow a /** -> deny: /`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			anyCall := func(o *Options) { o.KnownCall = nil }
			before, after := mustLoad(t, tt.before, anyCall), mustLoad(t, tt.after, anyCall)
			d := Compare(before, after)
			if !d.Whole {
				t.Error("the comparison was given up")
			}
			got := d.lines()
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			checkExamples(t, before, after, d)
		})
	}
}

// checkExamples: no difference without an example that both policies really
// decide so.
func checkExamples(t *testing.T, before, after *Policy, d Differences) {
	t.Helper()
	for _, x := range d.List {
		if len(x.Examples) == 0 {
			t.Errorf("%v: no example", x)
		}
		for _, e := range x.Examples {
			some := false
			for class := Access(1); class <= All; class <<= 1 {
				if x.Access&class == 0 || (class&sockets != 0) != (e.Address != nil) {
					continue
				}
				b, a := decideExample(before, x, e, class), decideExample(after, x, e, class)
				some = some || reasonOf(b) == reasonOf(x.Before) && reasonOf(a) == reasonOf(x.After)
			}
			if !some {
				t.Errorf("%s is no example of %s", e, d.lines())
			}
		}
	}
}

func decideExample(p *Policy, x Difference, e Example, class Access) Decision {
	q := Query{Access: class, Path: []byte(e.Path), Address: e.Address, Scope: p.Program([]byte(x.Program)), Syscall: x.Call}
	if x.Argv != nil {
		q.Scope = p.WithArgv(q.Scope, wordBytes(x.Argv))
	}
	return p.Decide(&q)
}

// TestCompareAgainstSamples: whatever random paths two random policies decide
// differently, Compare has found the same pair of reasons for the class.
func TestCompareAgainstSamples(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	differing := 0
	for range 150 {
		before, after := mustLoad(t, samplePolicy(random)), mustLoad(t, samplePolicy(random))
		d := Compare(before, after)
		checkExamples(t, before, after, d)
		if !d.Whole {
			t.Fatal("given up")
		}
		for range 300 {
			path := samplePath(random)
			for _, class := range []Access{Read, Write, Stat} {
				q := Query{Access: class, Path: []byte(path)}
				b, a := before.Decide(&q), after.Decide(&q)
				if alike(b, a) {
					continue
				}
				differing++
				if !slices.ContainsFunc(d.List, func(x Difference) bool {
					return x.Access&class != 0 && reasonOf(x.Before) == reasonOf(b) && reasonOf(x.After) == reasonOf(a)
				}) {
					t.Fatalf("%s of %s: %v -> %v was not found", class, path, b, a)
				}
			}
		}
	}
	if differing < 1000 {
		t.Errorf("only %d differences among the samples", differing)
	}
}

var sampleNames = []string{"a", "b", "ab", "ba", "a.b", "x"}

func samplePath(r *rand.Rand) string {
	var parts []string
	for range r.IntN(5) {
		parts = append(parts, sampleNames[r.IntN(len(sampleNames))])
	}
	return "/" + strings.Join(parts, "/")
}

func samplePattern(r *rand.Rand) string {
	components := []string{"a", "b", "ab", "*", "**", "a*", "*b", "?", "?b", "a*b", "*.b", "?a*"}
	var parts []string
	for range 1 + r.IntN(4) {
		c := components[r.IntN(len(components))]
		if len(parts) > 0 && c == "**" && parts[len(parts)-1] == "**" {
			continue
		}
		parts = append(parts, c)
	}
	return "/" + strings.Join(parts, "/")
}

func samplePolicy(r *rand.Rand) string {
	var b strings.Builder
	for i := range 1 + r.IntN(5) {
		kind := []string{"allow", "allow", "deny"}[r.IntN(3)]
		class := []string{"read", "write", "stat"}[r.IntN(3)]
		more := ""
		if r.IntN(3) == 0 {
			more = fmt.Sprintf("except = [%q]", samplePattern(r))
		}
		b.WriteString(rule(kind, fmt.Sprintf("r%d", i), class, samplePattern(r), more))
	}
	return b.String()
}
