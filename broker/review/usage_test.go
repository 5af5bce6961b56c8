package review

import (
	"fmt"
	"testing"
	"time"

	"seccomp-broker/broker/audit"
)

func TestUsage(t *testing.T) {
	u := NewUsage(time.Unix(100, 0))
	u.Against(load(t, policy))
	rule := &audit.Rule{Name: "work", File: "/other/app.hcl", Line: 99}
	for i := range 3000 {
		u.Add(&audit.Event{Time: time.Unix(200, 0), Session: "s", PID: 1, Exe: "/usr/bin/cat", Access: "read", Path: "/proj/" + fmt.Sprint(i),
			Verdict: "allow", Action: audit.Allowed, Rule: rule})
	}
	u.Add(&audit.Event{Time: time.Unix(50, 0)})
	u.Add(&audit.Event{Time: time.Unix(300, 0), Action: audit.Denied, Access: "read", Path: "/etc/x", Exe: "/usr/bin/ls", PID: 1})
	p := load(t, policy)
	use := u.Rule(p.Rules()[len(p.Rules())-1])
	for _, r := range p.Rules() {
		if r.Name == "work" {
			use = u.Rule(r)
		}
	}
	if u.Events != 3001 || u.Before != 1 || u.Sessions() != 2 || use == nil || use.Count != 3000 || use.Distinct != maxDistinct || !use.Most {
		t.Errorf("%+v %+v", u, use)
	}
	if x := use.Patterns["/proj/**"]; x == nil || x.Count != 3000 {
		t.Errorf("%+v", use.Patterns)
	}
	if k := u.Kinds(audit.Denied); len(k) != 1 || k[0].Subject != "/etc/x" || k[0].Count != 1 || k[0].Over != 0 {
		t.Errorf("%+v", k)
	}
	if programs := u.Programs(); len(programs) != 2 || programs[0].Exe != "/usr/bin/cat" || programs[0].Actions[audit.Allowed] != 3000 {
		t.Errorf("%+v", programs)
	}
}

// What occurs often is found among many more things than are kept, and no count
// is off by more than is said.
func TestHeavy(t *testing.T) {
	h := newHeavy[int](200)
	counts := map[int]uint64{}
	add := func(k int) { counts[k]++; h.add(k, func(k int) int { return k }) }
	for i := range 50_000 {
		add(1000 + i)
		if i%10 == 0 {
			add(i % 100 / 10)
		}
	}
	top := h.top(func(a, b int) int { return a - b })
	if len(top) != 200 || len(h.entries) != 200 {
		t.Fatalf("%d are kept", len(top))
	}
	often := 0
	for _, e := range top {
		if real := counts[e.key]; e.count < real || e.count-e.over > real {
			t.Errorf("%d: %d, at most %d too high, really %d", e.key, e.count, e.over, real)
		}
		if e.key < 10 {
			often++
		}
	}
	if often != 10 {
		t.Errorf("%d of the ten frequent ones were kept", often)
	}
}
