package audit

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Bounds of the summary: what the target can make it remember, and what it
// prints. A target that makes up more paths than that hides later ones from
// the table, not from the log and not from the count.
const (
	maxEntries  = 1000
	maxRows     = 25
	maxCalls    = 3 // system calls named per row
	maxPatterns = 100
)

// Summary counts what was refused, what would have been refused and what was
// emulated. It is safe for concurrent use.
type Summary struct {
	home string

	mu      sync.Mutex
	entries map[key]*entry
	more    map[Action]uint64 // events that found the table full
}

// key is what one row of the summary stands for.
type key struct {
	action  Action
	access  string
	subject string
	rule    Rule // zero: no rule
	reason  string
}

// clone copies the strings, whose memory is the caller's.
func (k key) clone() key {
	k.access, k.subject, k.rule, k.reason = strings.Clone(k.access), strings.Clone(k.subject), k.rule.clone(), strings.Clone(k.reason)
	k.action = Action(strings.Clone(string(k.action)))
	return k
}

type entry struct {
	key
	count    uint64
	syscalls []string
	isPath   bool // subject is a canonical path, which a rule can name

	isAddress bool // subject is a socket address
}

// NewSummary returns an empty summary. It never proposes to open the whole
// directory home, which may be empty.
func NewSummary(home string) *Summary {
	return &Summary{home: home, entries: map[key]*entry{}, more: map[Action]uint64{}}
}

// Add counts one event; allowed, asked and invalid ones are not the summary's
// business, nor are records about the log itself.
func (s *Summary) Add(e *Event) {
	if e.ShadowVerdict != "" {
		s.count(shadowKey(e), e)
	}
	if e.Action == Allowed || e.Action == Asked || e.Action == Invalid || e.Action == Note || e.Action == Error && e.PID == 0 {
		return
	}
	k := key{action: e.Action, access: e.Access, subject: e.Subject()}
	if e.Rule != nil {
		k.rule = *e.Rule
	}
	if e.Action == Error {
		k.reason = e.Reason
	}
	s.count(k, e)
}

// What the shadow rules would change has sections of its own.
const (
	shadowRefuses Action = "shadow-refuses"
	shadowAllows  Action = "shadow-allows"
	shadowDiffers Action = "shadow-differs"
)

// shadowKey is the row of a call that the shadow rules would have decided
// otherwise. Its rule is theirs.
func shadowKey(e *Event) key {
	k := key{action: shadowDiffers, access: e.Access, subject: e.Subject()}
	switch {
	case e.ShadowVerdict == "deny":
		k.action = shadowRefuses
	case e.ShadowVerdict == "allow" && e.Verdict == "deny":
		k.action = shadowAllows
	}
	if e.ShadowRule != nil {
		k.rule = *e.ShadowRule
	}
	return k
}

// count counts an event in a row.
func (s *Summary) count(k key, e *Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, ok := s.entries[k]
	if !ok {
		if len(s.entries) >= maxEntries {
			s.more[k.action]++
			return
		}
		path := e.Path
		if e.OnPath2 {
			path = e.Path2
		}
		k = k.clone()
		row = &entry{key: k, isPath: path != "" && path[0] == '/', isAddress: path == "" && e.Address != ""}
		s.entries[k] = row
	}
	row.count++
	if len(row.syscalls) <= maxCalls && e.Syscall != "" && !slices.Contains(row.syscalls, e.Syscall) {
		row.syscalls = append(row.syscalls, strings.Clone(e.Syscall))
	}
}

// Refused is the number of calls that were refused, would have been refused,
// or failed, whether the table had room for them or not.
func (s *Summary) Refused() uint64 { return s.Count(Denied, WouldDeny, Error) }

// Shadow is the number of calls that the shadow rules would newly have refused,
// newly have let pass, and answered in another way.
func (s *Summary) Shadow() (refused, allowed, other uint64) {
	return s.Count(shadowRefuses), s.Count(shadowAllows), s.Count(shadowDiffers)
}

// Count is the number of calls with one of the actions.
func (s *Summary) Count(actions ...Action) uint64 {
	rows, total := s.rows(actions...)
	for _, r := range rows {
		total += r.count
	}
	return total
}

// rows returns copies of the entries with one of the actions, the most
// frequent first, and the number of events beyond them.
func (s *Summary) rows(actions ...Action) (rows []entry, more uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, row := range s.entries {
		if slices.Contains(actions, row.action) {
			c := *row
			c.syscalls = slices.Clone(row.syscalls)
			rows = append(rows, c)
		}
	}
	for _, a := range actions {
		more += s.more[a]
	}
	slices.SortFunc(rows, func(a, b entry) int {
		return cmp.Or(
			cmp.Compare(b.count, a.count),
			cmp.Compare(a.subject, b.subject),
			cmp.Compare(a.access, b.access),
			cmp.Compare(a.rule.File, b.rule.File),
			cmp.Compare(a.rule.Line, b.rule.Line),
			cmp.Compare(a.rule.Name, b.rule.Name),
			cmp.Compare(a.reason, b.reason),
			cmp.Compare(a.action, b.action),
		)
	})
	return rows, more
}
