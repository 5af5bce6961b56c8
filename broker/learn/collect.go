package learn

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"seccomp-broker/broker/audit"
	"seccomp-broker/rules"
)

// Bounds of what is remembered of one program. One that makes up more names than
// that hides later ones, which is counted and said.
const (
	maxUses = 200_000
	maxText = 64 << 20 // bytes of names
	maxPIDs = 1 << 16
	maxMove = 10_000
)

// Use is one thing that was done: by one executable, to one path or address.
type Use struct {
	Exe     string // "" where it is not known, or is the supervisor itself
	Path    string // canonical; "" where there is an address
	Address string // as rules.Address.String writes it
	Access  rules.Access
	Count   uint64
	Call    string // one of the calls
	// Refused says that it is off limits whatever a rule without a wildcard for
	// it says: the entry of a process outside the tree, a device.
	Refused bool
	// Brief says that the name was made and taken away again.
	Brief bool

	exact bool // its name is written out
	deep  bool // it stands for everything below it
}

// Subject is the path, or the address where there is none.
func (u *Use) Subject() string { return cmp.Or(u.Path, u.Address) }

type useKey struct {
	exe, subject string
	address      bool
}

// move is a file that got a second name, or another one.
type move struct {
	exe, from, to string
	link          bool
}

// Collector keeps what was done, each thing once. It takes audit events as a log
// does (it is a syscalls.Recorder), and is safe for concurrent use.
type Collector struct {
	mu      sync.Mutex
	self    string // the supervisor's executable
	uses    map[useKey]*Use
	text    int
	pids    map[int]bool
	moves   map[move]bool
	first   string // the executable that was started
	events  uint64
	dropped uint64
}

// NewCollector returns an empty collector. self is the executable of the
// supervisor: what it does is done for nobody in particular.
func NewCollector(self string) *Collector {
	return &Collector{self: self, uses: map[useKey]*Use{}, pids: map[int]bool{}, moves: map[move]bool{}}
}

// Wants reports that every event counts.
func (c *Collector) Wants(audit.Action) bool { return true }

// Record takes over what an event tells. The event may be used again at once.
func (c *Collector) Record(e *audit.Event) {
	if !telling(e) {
		return
	}
	parts, n := partsOf(e)
	if n == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events++
	c.meet(e.PID)
	c.meet(e.TID)
	exe := e.Exe
	if exe == c.self {
		exe = ""
	}
	for _, p := range parts[:n] {
		p.Refused = e.Action == audit.Denied && e.Rule == nil && e.Reason != ""
		c.add(exe, e.Syscall, p)
	}
	if e.Access != "" && parts[0].Access&rules.Exec != 0 && c.first == "" {
		c.first = strings.Clone(e.Path)
	}
	c.addMove(exe, e)
}

// Add is Record for a use that no event tells of. Its count is added.
func (c *Collector) Add(u Use) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events += u.Count
	c.add(u.Exe, u.Call, u)
}

func (c *Collector) meet(pid int) {
	if pid > 0 && len(c.pids) < maxPIDs {
		c.pids[pid] = true
	}
}

func (c *Collector) add(exe, call string, p Use) {
	if strings.IndexByte(exe, 0) >= 0 || strings.IndexByte(p.Path, 0) >= 0 || strings.HasPrefix(p.Address, "unix:/") && strings.IndexByte(p.Address, 0) >= 0 {
		return // no path holds it: a log that somebody made up
	}
	k := useKey{exe, p.Subject(), p.Path == ""}
	u := c.uses[k]
	if u == nil {
		if len(c.uses) >= maxUses || c.text+len(k.exe)+len(k.subject) > maxText {
			c.dropped++
			return
		}
		c.text += len(k.exe) + len(k.subject)
		k.exe, k.subject = strings.Clone(k.exe), strings.Clone(k.subject)
		u = &Use{Exe: k.exe, Call: strings.Clone(call)}
		if k.address {
			u.Address = k.subject
		} else {
			u.Path = k.subject
		}
		c.uses[k] = u
	}
	u.Access |= p.Access
	u.Refused = u.Refused || p.Refused
	u.Count += max(p.Count, 1)
}

// addMove remembers which names are of one file: a link must not widen what its
// target allows, and neither must the move of a directory.
func (c *Collector) addMove(exe string, e *audit.Event) {
	if e.Path2 != "" && e.Path != "" {
		c.pair(move{exe, e.Path, e.Path2, strings.HasPrefix(e.Syscall, "link")})
	}
}

func (c *Collector) pair(m move) {
	if !c.moves[m] && len(c.moves) < maxMove {
		c.moves[move{strings.Clone(m.exe), strings.Clone(m.from), strings.Clone(m.to), m.link}] = true
	}
}

// addPair and meetPID are for what is no event.
func (c *Collector) addPair(exe, from, to string, link bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pair(move{exe, from, to, link})
}

func (c *Collector) meetPID(pid int) { c.mu.Lock(); defer c.mu.Unlock(); c.meet(pid) }

// Uses gives what was done, in order of subjects.
func (c *Collector) Uses() []Use {
	c.mu.Lock()
	defer c.mu.Unlock()
	made := map[string]rules.Access{}
	for _, u := range c.uses {
		if u.Path != "" {
			made[u.Path] |= u.Access
		}
	}
	all := make([]Use, 0, len(c.uses))
	for _, u := range c.uses {
		one := *u
		const both = rules.Create | rules.Remove
		socket, _ := strings.CutPrefix(u.Address, "unix:")
		one.Brief = made[cmp.Or(u.Path, socket)]&both == both
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Use) int {
		return cmp.Or(cmp.Compare(a.Subject(), b.Subject()), cmp.Compare(a.Exe, b.Exe))
	})
	return all
}

// Events is how many events told something.
func (c *Collector) Events() uint64 { c.mu.Lock(); defer c.mu.Unlock(); return c.events }

// Dropped is how many things were done that there was no room to remember.
func (c *Collector) Dropped() uint64 { c.mu.Lock(); defer c.mu.Unlock(); return c.dropped }

// moved gives the moves and links, sorted.
func (c *Collector) moved() []move {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []move
	for m := range c.moves {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b move) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.exe, b.exe))
	})
	return all
}

// isPID tells a process of the tree.
func (c *Collector) isPID(n int) bool { c.mu.Lock(); defer c.mu.Unlock(); return c.pids[n] }
