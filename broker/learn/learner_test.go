package learn

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"seccomp-broker/broker/audit"
	"seccomp-broker/rules"
)

var update = flag.Bool("update", false, "rewrite the golden files under testdata")

var ann = rules.Vars{Home: "/home/ann", Cwd: "/home/ann/shop", Project: "/home/ann/shop", Tmp: "/tmp", User: "ann", UID: 1000}

func newLearner() *Learner {
	return &Learner{
		Places: NewPlaces(ann), Names: 3, Programs: Auto,
		Load: func(name string, text []byte) (*rules.Policy, error) {
			p, d := rules.Load(rules.Options{
				Files: []string{name}, Texts: map[string][]byte{name: text}, Vars: ann, Classes: rules.All,
			})
			if len(d.All()) > 0 {
				var b strings.Builder
				_ = d.Write(&b, 100, false)
				return nil, fmt.Errorf("%s", b.String())
			}
			return p, nil
		},
	}
}

// collect reads lines "exe classes subject", or "exe classes path -> path2" for
// links, with * before a refused one, and a number of times behind "x".
func collect(t *testing.T, text string) *Collector {
	t.Helper()
	c := NewCollector("/usr/bin/broker")
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 3 || words[0] == "#" {
			continue
		}
		e := audit.Event{PID: 4711, TID: 4711, Exe: words[0], Syscall: "openat", Action: audit.Allowed,
			Access: "read", Classes: strings.ReplaceAll(words[1], ",", ", ")}
		n := 1
		for _, w := range words[3:] {
			switch {
			case w == "refused":
				e.Action, e.Reason = audit.Denied, "off limits"
			case w[0] == 'x':
				n, _ = strconv.Atoi(w[1:])
			default:
				e.Errno = w
			}
		}
		if strings.HasPrefix(words[2], "/") {
			e.Path = words[2]
		} else {
			e.Address = words[2]
		}
		for range n {
			c.Record(&e)
		}
	}
	return c
}

// TestLearn compares what is learned with golden files: NAME.uses holds what was
// done, NAME.old.hcl the file that is extended, where there is one, and
// NAME.hcl what is learned. What was learned allows what it should, is a valid
// policy, and needs nothing more when it is learned again.
func TestLearn(t *testing.T) {
	names, _ := filepath.Glob("testdata/*.uses")
	if len(names) == 0 {
		t.Fatal("no cases")
	}
	for _, name := range names {
		base := strings.TrimSuffix(name, ".uses")
		t.Run(filepath.Base(base), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			old, err := os.ReadFile(base + ".old.hcl")
			if err != nil {
				old = nil
			}
			l, c := newLearner(), collect(t, string(text))
			r, err := l.Learn(c, "app.hcl", old, nil)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(base+".hcl", r.Text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(base + ".hcl")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(r.Text)); diff != "" {
				t.Errorf("-golden +learned:\n%s", diff)
			}
			checkAllowed(t, l, c, r)
			checkUncommented(t, l, r)
			again, err := l.Learn(c, "app.hcl", r.Text, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(r.Text), string(again.Text)); diff != "" {
				t.Errorf("learning the same again changes the file:\n%s", diff)
			}
		})
	}
}

// checkAllowed asks the learned policy: everything but what is doubtful or
// refused on purpose is allowed, and nothing that is doubtful.
func checkAllowed(t *testing.T, l *Learner, c *Collector, r *Result) {
	t.Helper()
	doubted := map[string]bool{}
	for _, d := range r.Doubts {
		doubted[d.Exe+d.Subject()] = true
		if left, rule := l.left(r.Policy, &d.Use); left != d.Access && rule == nil {
			t.Errorf("%s %s is doubtful (%s) and yet allowed", d.Access, d.Subject(), d.Why)
		}
	}
	for _, u := range c.Uses() {
		if left, rule := l.left(r.Policy, &u); left != 0 && rule == nil && !doubted[u.Exe+u.Subject()] {
			t.Errorf("%s of %s by %s is not allowed", left, u.Subject(), u.Exe)
		}
	}
	if r.Policy.Mode() != rules.Enforce || r.Policy.Default() != rules.Deny {
		t.Error("what was learned does not enforce, or allows by default")
	}
}

// commentedRule is a rule that is left to a person.
var commentedRule = regexp.MustCompile(`(?m)^# allow "(?:.*\n)(?:# .*\n)*?# \}\n`)

// checkUncommented uncomments what was left to a person: it is in the form of fmt,
// loads, and allows all that was doubtful and that no rule refuses.
func checkUncommented(t *testing.T, l *Learner, r *Result) {
	t.Helper()
	text := commentedRule.ReplaceAllFunc(r.Text, func(block []byte) []byte {
		return regexp.MustCompile(`(?m)^# `).ReplaceAll(block, nil)
	})
	if len(r.Doubts) > 0 && bytes.Equal(text, r.Text) {
		t.Error("nothing is left to a person")
	}
	if bytes.Equal(hclwrite.Format(r.Text), r.Text) && !bytes.Equal(hclwrite.Format(text), text) {
		t.Errorf("uncommented it has another form than that of fmt:\n%s", text)
	}
	policy, err := l.Load("app.hcl", text)
	if err != nil {
		t.Fatalf("uncommented: %v\n%s", err, text)
	}
	for _, d := range r.Doubts {
		if left, rule := l.left(policy, &d.Use); left != 0 && rule == nil {
			t.Errorf("uncommented, %s of %s is not allowed", left, d.Subject())
		}
	}
}

// TestNeverWild holds that no pattern reaches through places of many programs
// and people, however many names there were used.
func TestNeverWild(t *testing.T) {
	for _, dir := range []string{
		"/home/ann", "/home", "/etc", "/etc/ssl/certs", "", "/proc", "/proc/sys/kernel", "/sys/class/net", "/dev", "/usr/bin",
		"/home/ann/.config", "/home/ann/.cache", "/home/ann/.ssh", "/home/ann/.gnupg", "/home/ann/.aws", "/home/bob", "/root", "/var/lib", "/run",
	} {
		var text strings.Builder
		for i := range 30 {
			fmt.Fprintf(&text, "/usr/bin/app read %s/name%c\n/usr/bin/app exec %s/name%c\n", dir, 'a'+i, dir, 'a'+i)
			fmt.Fprintf(&text, "/usr/bin/app read %s/d%c/x/y%c\n", dir, 'a'+i, 'a'+i)
		}
		l, c := newLearner(), collect(t, text.String())
		r, err := l.Learn(c, "app.hcl", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range r.Policy.Rules() {
			if rule.File != "app.hcl" {
				continue
			}
			for _, p := range rule.Patterns {
				if rest, ok := strings.CutPrefix(p, dir+"/"); ok && strings.Contains(strings.SplitN(rest, "/", 2)[0], "*") {
					t.Errorf("%s: %s %q", dir, rule.Access, p)
				}
			}
		}
		for class := rules.Read; class <= rules.Exec; class <<= 1 {
			q := rules.Query{Access: class, Path: []byte(dir + "/nobody-asked-for-this")}
			if d := r.Policy.Decide(&q); d.Verdict == rules.Allow && d.Rule != nil && d.Rule.File == "app.hcl" {
				t.Errorf("%s: %s is allowed by %q", q.Path, class, d.Rule.Name)
			}
		}
	}
}

// TestShared holds that names in /dev/shm are temporary, though /dev is not.
func TestShared(t *testing.T) {
	c := collect(t, "/usr/bin/app read,create /dev/shm/sem.mp-6kr4zxii\n/usr/bin/app read,create /dev/shm/sem.mp-dcwo6ho_\n")
	r, err := newLearner().Learn(c, "app.hcl", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(r.Text), `"/dev/shm/sem.mp-*"`) || strings.Contains(string(r.Text), "dcwo6ho_\"") {
		t.Errorf("learned:\n%s", r.Text)
	}
}

func TestBounds(t *testing.T) {
	c := NewCollector("")
	for i := range maxUses + 10 {
		c.Add(Use{Path: "/x/" + strconv.Itoa(i), Access: rules.Read, Count: 1})
	}
	if got := len(c.Uses()); got != maxUses || c.Dropped() != 10 {
		t.Errorf("%d uses kept, %d dropped", got, c.Dropped())
	}
}
