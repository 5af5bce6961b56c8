package audit

import (
	"strings"
	"time"
)

// Schema is the version of the JSON form that this package writes. It grows
// when a field changes its meaning or goes away; new fields alone do not
// change it, and readers ignore the ones they do not know.
const Schema = 1

// Action says what was done with the call.
type Action string

// The actions. WouldDeny is monitor mode's answer: the call went through,
// and enforce mode would have refused it. Error is a refusal because
// something failed (a target that cannot be read, a full descriptor table), or a
// record about the log itself; the reason says what. Invalid calls are those that
// the kernel itself would answer so, whatever the rules say: a path that is not in
// memory, an unknown flag, a closed descriptor.
const (
	Allowed   Action = "allowed"
	Denied    Action = "denied"
	Emulated  Action = "emulated"
	Asked     Action = "asked"
	WouldDeny Action = "would-deny"
	Error     Action = "error"
	Invalid   Action = "invalid"
	// Note is a record about the run and about no call, such as of rules that were
	// loaded anew.
	Note Action = "note"
)

// Why an event is an alert.
const (
	AlertRule   = "rule"   // its rule says alert = true
	AlertFirst  = "first"  // a refusal that had not been seen in this run
	AlertRate   = "rate"   // more refusals than a threshold
	AlertBreach = "breach" // another program runs than the one that was approved
)

// Event is one decision. Its strings may hold any bytes, as paths do; the JSON
// form keeps them exactly. The engine bounds their length (PATH_MAX for a path,
// 15 bytes for comm). An Event given to [Log.Record] may be reused at once, and
// so may the memory that its strings lie in.
type Event struct {
	// V is the schema version; writers set it to Schema themselves.
	V int `json:"v"`
	// Time is when the decision was made. Record fills in a zero time.
	Time time.Time `json:"time"`
	// ID is the kernel's notification id: 64 random-based bits, hence a JSON
	// string, since many readers keep numbers as doubles.
	ID uint64 `json:"id,string"`
	// Session is the random name of one run of the broker. Record fills it in.
	Session string `json:"session"`
	// PID is the thread group that made the call, TID the thread, both as the
	// broker's pid namespace numbers them.
	PID int `json:"pid"`
	TID int `json:"tid"`
	// Exe is the executable of the process, Comm the thread's own name for
	// itself (proc(5), /proc/pid/comm), which proves nothing.
	Exe  string `json:"exe,omitempty"`
	Comm string `json:"comm,omitempty"`
	// Syscall is the kernel's name of the call, Access the class that decided,
	// or several joined by ", ".
	Syscall string `json:"syscall,omitempty"`
	Access  string `json:"access,omitempty"`
	// Classes are all the classes that the call asked for at Path or Address,
	// joined by ", ", where Access alone does not tell; Classes2 those at Path2.
	// What a refusal left unasked is missing.
	Classes  string `json:"classes,omitempty"`
	Classes2 string `json:"classes2,omitempty"`
	// Path is the canonical path, Raw what the target passed where it differs.
	// Path2 and Raw2 are the second path of a call that has two, in argument
	// order: the destination of rename and link.
	Path  string `json:"path,omitempty"`
	Raw   string `json:"raw,omitempty"`
	Path2 string `json:"path2,omitempty"`
	Raw2  string `json:"raw2,omitempty"`
	// OnPath2 says that verdict, access and rule are about Path2, for
	// example when a rename is refused because its destination may not be
	// created. Otherwise they are about Path.
	OnPath2 bool `json:"on_path2,omitempty"`
	// Flags are the call's flags by name, such as "O_RDWR|O_CREAT".
	Flags string `json:"flags,omitempty"`
	// Argv are the arguments of what was to be executed, quoted as for a shell and
	// cut off with "…" where they are long; only where rules ask for them. They
	// are those that were judged, before the interpreter of a script is put in.
	Argv string `json:"argv,omitempty"`
	// Address is the socket address of connect, bind and the send family.
	Address string `json:"address,omitempty"`
	// Verdict is what the rules said: deny, ask, emulate or allow.
	Verdict string `json:"verdict,omitempty"`
	Action  Action `json:"action"`
	// Errno is the name of the errno that the target saw; empty on success.
	Errno string `json:"errno,omitempty"`
	// Alert says why somebody is told at once: the rule says so, a threshold is
	// met, or the worst has happened. Empty for most events.
	Alert string `json:"alert,omitempty"`
	// Rule is the rule that decided; nil when none matched.
	Rule   *Rule  `json:"rule,omitempty"`
	Reason string `json:"reason,omitempty"`
	// ShadowVerdict is what the shadow rules would have said, and ShadowRule the
	// rule of theirs; only where that differs from Verdict.
	ShadowVerdict string `json:"shadow_verdict,omitempty"`
	ShadowRule    *Rule  `json:"shadow_rule,omitempty"`
	// Latency is the time from receiving the notification to answering it.
	Latency time.Duration `json:"latency_ns"`
}

// Rule names the rule that decided, and where it is written.
type Rule struct {
	Name string `json:"name"`
	File string `json:"file"`
	Line int    `json:"line"`
}

func (r Rule) clone() Rule {
	r.Name, r.File = strings.Clone(r.Name), strings.Clone(r.File)
	return r
}

// text is one string of an event under its JSON name.
type text struct {
	name  string
	value *string
}

// maxTexts is how many strings an event has.
const maxTexts = 24

// texts lists every string of the event in list, so that encoding, decoding and
// copying cannot forget one. A string that nobody listed would lose its invalid
// bytes.
func (e *Event) texts(list *[maxTexts]text) []text {
	all := append(list[:0],
		text{"session", &e.Session}, text{"exe", &e.Exe}, text{"comm", &e.Comm},
		text{"syscall", &e.Syscall}, text{"access", &e.Access},
		text{"classes", &e.Classes}, text{"classes2", &e.Classes2},
		text{"path", &e.Path}, text{"raw", &e.Raw}, text{"path2", &e.Path2}, text{"raw2", &e.Raw2},
		text{"flags", &e.Flags}, text{"argv", &e.Argv}, text{"address", &e.Address},
		text{"verdict", &e.Verdict}, text{"action", (*string)(&e.Action)},
		text{"errno", &e.Errno}, text{"alert", &e.Alert}, text{"reason", &e.Reason},
		text{"shadow_verdict", &e.ShadowVerdict},
	)
	if e.Rule != nil {
		all = append(all, text{"rule.name", &e.Rule.Name}, text{"rule.file", &e.Rule.File})
	}
	if e.ShadowRule != nil {
		all = append(all, text{"shadow_rule.name", &e.ShadowRule.Name}, text{"shadow_rule.file", &e.ShadowRule.File})
	}
	return all
}

// Clone copies the event with its rule and its strings; nothing is shared with
// the original.
func (e *Event) Clone() *Event {
	c := *e
	if e.Rule != nil {
		rule := *e.Rule
		c.Rule = &rule
	}
	if e.ShadowRule != nil {
		rule := *e.ShadowRule
		c.ShadowRule = &rule
	}
	var list [maxTexts]text
	for _, t := range c.texts(&list) {
		*t.value = strings.Clone(*t.value)
	}
	return &c
}

// size is how many bytes of text the event keeps alive.
func (e *Event) size() int64 {
	n := 0
	var list [maxTexts]text
	for _, t := range e.texts(&list) {
		n += len(*t.value)
	}
	return int64(n)
}

// Subject is what the verdict is about: a path, else an address, else the
// path as the target spelled it (when it could not be resolved).
func (e *Event) Subject() string {
	path, raw := e.Path, e.Raw
	if e.OnPath2 {
		path, raw = e.Path2, e.Raw2
	}
	switch {
	case path != "":
		return path
	case e.Address != "":
		return e.Address
	}
	return raw
}

// aboutRun tells the records that are about the run and not about a call. Whoever
// makes one has told the person at the terminal already.
func (e *Event) aboutRun() bool { return e.PID == 0 && e.Syscall == "" }
