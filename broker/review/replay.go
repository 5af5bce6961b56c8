package review

import (
	"strings"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/syscalls"
	"seccomp-broker/rules"
)

// Beyond says why a recorded event cannot be put to the rules again; empty for
// one that can.
type Beyond string

// The reasons.
const (
	NotDecided Beyond = "not decided by rules: errors, invalid calls, records about the log"
	NoSubject  Beyond = "without a path or an address that rules could name"
	ByObject   Beyond = "decided by what the object is: devices, other processes, what a move would open"
	ByCall     Beyond = "about a call as such, whose arguments are not recorded"
	NotKnown   Beyond = "of a call or a class that this version does not know"
)

// Recorded is an event as a question.
type Recorded struct {
	Question
	Verdict rules.Verdict // what the rules said then
	// MayMake says that the call makes a file where none is, and that the record
	// does not tell whether one was there. Question.Exists is true then.
	MayMake bool

	foreign bool // about the entry of a process outside the tree, in /proc
}

// movedReason is how the engine says that a deny rule keeps a directory where it
// is: the one refusal by a rule that does not show in classes and paths alone.
const movedReason = "the directory holds paths"

// FromEvent makes a question of a recorded event.
func FromEvent(e *audit.Event) (Recorded, Beyond) {
	var r Recorded
	v, ok := parseVerdict(e.Verdict)
	if !ok || e.Action == audit.Error || e.Action == audit.Invalid || e.Syscall == "" {
		return r, NotDecided
	}
	access, ok := parseClasses(e.Access)
	if !ok || access == 0 {
		switch {
		case e.Access == "" && e.Action == audit.Allowed:
			return r, NotDecided // O_PATH, fstat and the like ask for nothing
		case e.Access == "" && v == rules.Emulate:
			return r, ByCall
		}
		return r, NotKnown
	}
	r.Verdict = v
	r.Call, r.Flags, r.Program = e.Syscall, e.Flags, e.Exe
	r.Path, r.Path2 = e.Path, e.Path2
	asked, err := syscalls.Asks(e.Syscall, e.Flags)
	if err != nil {
		return r, NotKnown
	}
	r.Directory = strings.HasPrefix(e.Reason, movedReason)
	if e.Rule == nil && e.Reason != "" && v == rules.Deny && !r.Directory {
		return r, ByObject
	}
	r.narrow(e, asked, access)
	if beyond := r.subject(e); beyond != "" {
		return r, beyond
	}
	r.Argv = unquoteArgv(e.Argv)
	if !r.recordedClasses(e, access) {
		return r, NotKnown
	}
	r.foreign = v == rules.Deny && e.Rule == nil && isProcess(r.Path)
	return r, ""
}

// narrow settles what the record is about: a record names the class that
// decided, and the call says what else must have been asked.
func (r *Recorded) narrow(e *audit.Event, asked syscalls.Asked, access rules.Access) {
	switch {
	case asked.Address && e.Address == "": // the file of a local socket
		r.Call, r.Access = "", access
	case e.OnPath2:
		r.Exists2 = access&asked.Replaced != 0
	case access == rules.Stat && asked.First != rules.Stat: // a hidden place on the way
		r.Call, r.Access, r.Path2 = "", access, ""
	case asked.Missing != 0:
		r.Exists = access != asked.Missing
		r.MayMake = r.Exists
	}
	if r.Path2 == "" && asked.Second != 0 && r.Call != "" { // refused before the second was looked at
		r.Call, r.Access = "", asked.First|access
	}
	if asked.Temporary && r.Call != "" { // the record has its name already
		r.Call, r.Access = "", asked.First
	}
}

// subject takes over path or address.
func (r *Recorded) subject(e *audit.Event) Beyond {
	if e.Address != "" && r.Access == 0 {
		a, err := rules.ParseAddress(e.Address)
		if err != nil {
			return NoSubject
		}
		r.Address, r.Path = &a, ""
		return ""
	}
	if !strings.HasPrefix(r.Path, "/") || r.Path2 != "" && !strings.HasPrefix(r.Path2, "/") {
		return NoSubject
	}
	return ""
}

// recordedClasses takes what was asked from the record, where it says so.
func (r *Recorded) recordedClasses(e *audit.Event, decided rules.Access) bool {
	if e.Classes == "" && e.Classes2 == "" {
		return true
	}
	first, ok := parseClasses(e.Classes)
	second, ok2 := parseClasses(e.Classes2)
	if e.OnPath2 {
		second |= decided
	} else {
		first |= decided
	}
	const sockets = rules.Connect | rules.Bind
	if r.Address == nil && first&sockets != 0 { // a local socket is judged as an address, and its file as a path
		a := rules.Address{Family: rules.UnixPath, Name: []byte(r.Path)}
		r.exact = append(r.exact, step{address: &a, access: first & sockets})
		first &^= sockets
	}
	if first != 0 {
		r.exact = append(r.exact, step{path: r.Path, address: r.Address, access: first})
	}
	if second != 0 && r.Path2 != "" {
		r.exact = append(r.exact, step{path: r.Path2, access: second, second: true})
	}
	r.MayMake = false
	return ok && ok2 && r.exact != nil
}

// isProcess tells /proc/NUMBER and what is below.
func isProcess(path string) bool {
	rest, ok := strings.CutPrefix(path, "/proc/")
	return ok && rest != "" && rest[0] >= '1' && rest[0] <= '9'
}

// Ask puts the event to a policy. Host names are not recorded: where the policy
// knows any, the one counts under which the rules of that name answer as they
// did.
func (r *Recorded) Ask(p *rules.Policy) (Answer, error) {
	a, err := r.ask(p)
	if err != nil || r.Address == nil || r.Address.Family != rules.Inet || a.Verdict == r.Verdict {
		return a, err
	}
	for _, h := range p.Hosts() {
		named := *r
		address := *r.Address
		address.Hosts = []string{h}
		named.Address = &address
		if b, err := named.ask(p); err == nil && b.Verdict == r.Verdict {
			return b, nil
		}
	}
	return a, nil
}

func (r *Recorded) ask(p *rules.Policy) (Answer, error) {
	k := asker{policy: p}
	if r.foreign {
		k.explicit = procDepth
	}
	return k.ask(&r.Question)
}

// procDepth is how many components name a process: a rule about one outside the
// tree must spell them out.
const procDepth = 2

// Made is the question for the case that no file was there, where MayMake.
func (r *Recorded) Made() Recorded {
	made := *r
	made.Exists = false
	return made
}

func parseVerdict(s string) (rules.Verdict, bool) {
	for _, v := range []rules.Verdict{rules.Deny, rules.Ask, rules.Emulate, rules.Allow} {
		if v.String() == s {
			return v, true
		}
	}
	return rules.Deny, false
}

// parseClasses reads a list of classes as records and rules have it.
func parseClasses(s string) (all rules.Access, ok bool) {
	if s == "" {
		return 0, true
	}
	for word := range strings.SplitSeq(s, ",") {
		class, known := rules.ParseAccess(strings.TrimSpace(word))
		if !known {
			return 0, false
		}
		all |= class
	}
	return all, true
}

// Explain is Ask with every rule that matches.
func (r *Recorded) Explain(p *rules.Policy) (Answer, error) {
	found, err := r.Ask(p)
	if err != nil {
		return found, err
	}
	k := asker{policy: p, explain: true}
	if r.foreign {
		k.explicit = procDepth
	}
	q := r.Question
	if found.Address != nil { // with the host that Ask settled on
		q.Address = found.Address
	}
	return k.ask(&q)
}

// unquoteArgv reads the arguments of a record; nil where it does not have all
// of them.
func unquoteArgv(s string) []string {
	if s == "" || strings.HasSuffix(s, "…") {
		return nil
	}
	var argv []string
	var word strings.Builder
	quoted, some := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'':
			quoted, some = !quoted, true
		case c == '\\' && !quoted && i+1 < len(s):
			i++
			word.WriteByte(s[i])
		case c == ' ' && !quoted:
			argv, some = append(argv, word.String()), false
			word.Reset()
		default:
			word.WriteByte(c)
			some = true
		}
	}
	if quoted {
		return nil
	}
	if some || word.Len() > 0 {
		argv = append(argv, word.String())
	}
	return argv
}
