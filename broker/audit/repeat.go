package audit

import "strings"

// maxRepeats bounds the table of lines already printed.
const maxRepeats = 1024

// printed is what makes two events the same line for a person: who asked does
// not matter, nor by which of several calls.
type printed struct {
	action              Action
	access              string
	subject             string
	rule, shadowRule    Rule
	shadow              string
	errno, errorMessage string
}

func printedKey(e *Event) printed {
	k := printed{action: e.Action, access: e.Access, subject: e.Subject()}
	if e.Rule != nil {
		k.rule = *e.Rule
	}
	k.shadow = e.ShadowVerdict
	if e.ShadowRule != nil {
		k.shadowRule = *e.ShadowRule
	}
	if e.Action == Error {
		k.errno, k.errorMessage = e.Errno, e.Reason
	}
	return k
}

// clone copies the strings, whose memory is the caller's.
func (k printed) clone() printed {
	k.action, k.access, k.subject = Action(strings.Clone(string(k.action))), strings.Clone(k.access), strings.Clone(k.subject)
	k.shadow, k.shadowRule = strings.Clone(k.shadow), k.shadowRule.clone()
	k.rule, k.errno, k.errorMessage = k.rule.clone(), strings.Clone(k.errno), strings.Clone(k.errorMessage)
	return k
}

// repeats knows which lines were printed, so that a loop in the target prints
// one line and not a million. It is not safe for concurrent use.
type repeats struct {
	seen     map[printed]struct{}
	repeated uint64 // events whose line was printed before
	unseen   uint64 // events that found the table full
	noticed  bool   // the person was told that the table is full
}

// known reports whether the line must not be printed (again), and counts it.
func (r *repeats) known(k printed) bool {
	if _, ok := r.seen[k]; ok {
		r.repeated++
		return true
	}
	if len(r.seen) >= maxRepeats {
		r.unseen++
		return true
	}
	return false
}

// add marks a line as printed. The strings of k stay.
func (r *repeats) add(k printed) {
	if r.seen == nil {
		r.seen = make(map[printed]struct{})
	}
	r.seen[k] = struct{}{}
}

// full reports whether the table is full for the first time.
func (r *repeats) full() bool { return r.unseen > 0 && !r.noticed }
