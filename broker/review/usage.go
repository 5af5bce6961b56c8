package review

import (
	"cmp"
	"hash/maphash"
	"path"
	"strings"
	"time"

	"seccomp-broker/broker/audit"
	"seccomp-broker/rules"
)

// Bounds of a Usage. Everything that a target can make up has one.
const (
	maxKinds    = 4096 // different rows of one action
	maxExes     = 1024 // programs
	maxSessions = 4096
	maxRules    = 20_000
	maxNames    = 8         // subjects of a rule that are remembered by name
	maxDistinct = 1000      // subjects of a rule that are told apart
	maxHashes   = 1_000_000 // of all rules
)

// Kind is what alike events have in common.
type Kind struct {
	Action  audit.Action
	Access  string
	Subject string
	Rule    audit.Rule // zero: no rule
	Reason  string     // of errors
}

// KindCount is a kind with how often it was met; Over is by how much Count may be
// too high.
type KindCount struct {
	Kind
	Count, Over uint64
}

// ProgramUse is what one executable did.
type ProgramUse struct {
	Exe         string
	Count, Over uint64
	Actions     map[audit.Action]uint64
}

// RuleUse is how one rule was used.
type RuleUse struct {
	Count    uint64
	Last     time.Time
	Access   rules.Access // classes for which it decided
	Names    []string     // some of the subjects
	Distinct int          // how many different subjects, at most maxDistinct
	Most     bool         // Distinct may be more
	// Patterns is how each of its patterns was used, of those that were; only
	// where the Usage knows the policy.
	Patterns map[string]*RuleUse

	hashes map[uint64]bool
}

// Usage sums up audit logs, in memory that does not depend on their size. Not
// safe for concurrent use.
type Usage struct {
	Events      uint64
	Before      uint64 // events older than Since, which count nowhere else
	First, Last time.Time
	Since       time.Time
	Actions     map[audit.Action]uint64

	kinds    map[audit.Action]*heavy[Kind]
	programs *heavy[string]
	byExe    map[string]map[audit.Action]uint64
	sessions map[string]bool
	rules    map[audit.Rule]*RuleUse
	hashes   int
	seed     maphash.Seed
	policy   map[[2]string]*rules.Rule // by ruleKey
	patterns *rules.PatternIndex
	// MoreSessions and MoreRules say that a bound was reached.
	MoreSessions, MoreRules bool
}

// NewUsage returns a Usage of the events since a time; the zero time takes all.
func NewUsage(since time.Time) *Usage {
	return &Usage{
		Since: since, Actions: map[audit.Action]uint64{}, kinds: map[audit.Action]*heavy[Kind]{},
		programs: newHeavy[string](maxExes), byExe: map[string]map[audit.Action]uint64{},
		sessions: map[string]bool{}, rules: map[audit.Rule]*RuleUse{}, seed: maphash.MakeSeed(),
	}
}

// Against makes the Usage count for each pattern of a policy's rules. It is to be
// called before any event is added.
func (u *Usage) Against(p *rules.Policy) {
	u.policy, u.patterns = make(map[[2]string]*rules.Rule), p.PatternIndex()
	for _, r := range p.Rules() {
		u.policy[ruleKey(r.Name, r.File)] = r
	}
}

// ruleKey finds a rule in a policy that has changed since it was logged, or
// that was named by another path.
func ruleKey(name, file string) [2]string { return [2]string{name, path.Base(file)} }

// Add counts one event.
func (u *Usage) Add(e *audit.Event) {
	if e.Time.Before(u.Since) {
		u.Before++
		return
	}
	u.Events++
	if u.First.IsZero() || e.Time.Before(u.First) {
		u.First = e.Time
	}
	if e.Time.After(u.Last) {
		u.Last = e.Time
	}
	u.Actions[e.Action]++
	u.addSession(e.Session)
	if e.Exe != "" {
		u.addProgram(e)
	}
	if e.Action != audit.Allowed && e.Action != audit.Invalid {
		u.addKind(e.Action, e)
	}
	if e.Alert != "" {
		u.addKind(Alert, e)
	}
	if e.Rule != nil {
		u.addRule(e)
	}
}

func (u *Usage) addSession(id string) {
	if u.sessions[id] {
		return
	}
	if len(u.sessions) >= maxSessions {
		u.MoreSessions = true
		return
	}
	u.sessions[strings.Clone(id)] = true
}

// Sessions is how many runs the events are of, at most maxSessions.
func (u *Usage) Sessions() int { return len(u.sessions) }

func (u *Usage) addProgram(e *audit.Event) {
	u.programs.add(e.Exe, strings.Clone)
	counts := u.byExe[e.Exe]
	if counts == nil {
		if len(u.byExe) >= 2*maxExes { // forget those that gave their place away
			for exe := range u.byExe {
				if u.programs.entries[exe] == nil {
					delete(u.byExe, exe)
				}
			}
		}
		counts = map[audit.Action]uint64{}
		u.byExe[strings.Clone(e.Exe)] = counts
	}
	counts[e.Action]++
}

// Alert stands for an action where kinds of events are counted: an alert is one
// besides whatever was done.
const Alert = audit.Action("alert")

func (u *Usage) addKind(as audit.Action, e *audit.Event) {
	h := u.kinds[as]
	if h == nil {
		if len(u.kinds) > 16 { // there are seven actions; more are none of ours
			return
		}
		h = newHeavy[Kind](maxKinds)
		u.kinds[as] = h
	}
	k := Kind{Action: as, Access: e.Access, Subject: e.Subject()}
	if e.Rule != nil {
		k.Rule = *e.Rule
	}
	switch {
	case as == Alert && e.Alert != audit.AlertRule:
		k.Reason = e.Alert
	case as == audit.Error:
		k.Reason = e.Reason
	}
	h.add(k, ownKind)
}

func ownKind(k Kind) Kind {
	k.Action = audit.Action(strings.Clone(string(k.Action)))
	k.Access, k.Subject, k.Reason = strings.Clone(k.Access), strings.Clone(k.Subject), strings.Clone(k.Reason)
	k.Rule.Name, k.Rule.File = strings.Clone(k.Rule.Name), strings.Clone(k.Rule.File)
	return k
}

func (u *Usage) addRule(e *audit.Event) {
	r := u.rules[*e.Rule]
	if r == nil {
		if len(u.rules) >= maxRules {
			u.MoreRules = true
			return
		}
		r = &RuleUse{hashes: map[uint64]bool{}}
		u.rules[audit.Rule{Name: strings.Clone(e.Rule.Name), File: strings.Clone(e.Rule.File), Line: e.Rule.Line}] = r
	}
	r.Count++
	if e.Time.After(r.Last) {
		r.Last = e.Time
	}
	for _, list := range []string{e.Access, e.Classes} {
		if classes, ok := parseClasses(list); ok && !e.OnPath2 {
			r.Access |= classes
		}
	}
	if classes, ok := parseClasses(e.Access + joined(e.Classes2)); ok && e.OnPath2 {
		r.Access |= classes
	}
	subject := e.Subject()
	u.addSubject(r, subject)
	known := u.policy[ruleKey(e.Rule.Name, e.Rule.File)]
	if known == nil || !strings.HasPrefix(subject, "/") {
		return
	}
	for _, pattern := range u.patterns.Matching(known, subject) {
		use := r.Patterns[pattern]
		if use == nil {
			if r.Patterns == nil {
				r.Patterns = map[string]*RuleUse{}
			}
			use = &RuleUse{hashes: map[uint64]bool{}}
			r.Patterns[pattern] = use
		}
		use.Count++
		u.addSubject(use, subject)
	}
}

func joined(classes string) string {
	if classes == "" {
		return ""
	}
	return ", " + classes
}

func (u *Usage) addSubject(r *RuleUse, subject string) {
	h := maphash.String(u.seed, subject)
	if r.hashes[h] {
		return
	}
	if r.Distinct >= maxDistinct || u.hashes >= maxHashes {
		r.Most = true
		return
	}
	r.hashes[h] = true
	u.hashes++
	r.Distinct++
	if len(r.Names) < maxNames {
		r.Names = append(r.Names, strings.Clone(subject))
	}
}

// Kinds gives the kinds of one action, the most frequent first.
func (u *Usage) Kinds(a audit.Action) []KindCount {
	h := u.kinds[a]
	if h == nil {
		return nil
	}
	var list []KindCount
	for _, e := range h.top(compareKinds) {
		list = append(list, KindCount{e.key, e.count, e.over})
	}
	return list
}

func compareKinds(a, b Kind) int {
	return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Access, b.Access),
		cmp.Compare(a.Rule.File, b.Rule.File), cmp.Compare(a.Rule.Line, b.Rule.Line), cmp.Compare(a.Rule.Name, b.Rule.Name),
		cmp.Compare(a.Reason, b.Reason))
}

// Programs gives the executables, the most frequent first.
func (u *Usage) Programs() []ProgramUse {
	var list []ProgramUse
	for _, e := range u.programs.top(func(a, b string) int { return cmp.Compare(a, b) }) {
		list = append(list, ProgramUse{e.key, e.count, e.over, u.byExe[e.key]})
	}
	return list
}

// Rule is how a rule was used; nil where no event names it. Rules are found by
// name, file and line, or, where the file has changed or moved since, by name and
// the last part of the file's name.
func (u *Usage) Rule(r *rules.Rule) *RuleUse {
	if use := u.rules[audit.Rule{Name: r.Name, File: r.File, Line: r.Line}]; use != nil {
		return use
	}
	for k, use := range u.rules {
		if ruleKey(k.Name, k.File) == ruleKey(r.Name, r.File) {
			return use
		}
	}
	return nil
}
