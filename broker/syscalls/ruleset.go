package syscalls

import (
	"net/netip"

	"seccomp-broker/rules"
)

// Rules are what calls are judged by, and whatever follows from it. They belong
// together: a call is judged by one of them from its beginning to its end,
// whatever takes its place meanwhile.
type Rules struct {
	Policy *rules.Policy
	// Hosts tells which of the policy's host names an address belongs to now;
	// nil where rules name none. It is called by several contexts at a time.
	Hosts func(netip.Addr) []string
	// Emulated are the calls of which more is to be said than that they are
	// mediated: the policy's EmulatedCalls, and those that the filter notifies
	// although this policy's own would not.
	Emulated []Emulated

	// Shadow, if not nil, is asked beside Policy. It decides nothing: where it
	// would have decided otherwise the record says so.
	Shadow *rules.Policy
	// ShadowHosts is Hosts for Shadow.
	ShadowHosts func(netip.Addr) []string
}

// ruleset is Rules made ready. Its fields are not changed.
type ruleset struct {
	Rules
	hides    bool // a rule names the class stat
	emulated map[int32]*mediated
	contents contentCache
}

// Replace has the calls that begin from now on judged by other rules. It may be
// called while contexts work, by one goroutine at a time.
func (e *Env) Replace(r Rules) {
	e.by.Store(&ruleset{
		Rules: r, hides: r.Policy.Classes()&rules.Stat != 0, emulated: emulatedRows(r.Emulated),
	})
}

// adopt makes other rules those of the context. What it has of its own that
// depends on them is made anew here; there is no call under way.
func (c *Context) adopt(by *ruleset) {
	c.by = by
	for i := range c.walk {
		c.walk[i].Hide(nil)
		if by.hides {
			c.walk[i].Hide(func(path []byte, dir int, name []byte) bool { return c.see(i, path, dir, name) })
		}
	}
}

// optional are the classes that every call asks for besides its own: whether a
// place may be known, where any rule hides one.
func (c *Context) optional() rules.Access {
	if c.by.hides {
		return rules.Stat
	}
	return 0
}
