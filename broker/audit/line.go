package audit

import (
	"fmt"
	"slices"
	"strings"
)

// verbs are how a human line begins, by action.
var verbs = map[Action]string{
	Allowed:   "allowed",
	Denied:    "denied",
	Emulated:  "emulated",
	Asked:     "asked about",
	WouldDeny: "would deny",
	Error:     "error:",
	Invalid:   "invalid:",
	Note:      "note:",
}

// Line is the event in one sentence, without prefix and newline:
//
//	denied read /etc/shadow (openat by cat[1234]): rule "secrets" at app.hcl:12: private keys stay on the host
//
// Everything in it that the target or a file supplied is escaped.
func Line(e *Event) string {
	verb, ok := verbs[e.Action]
	if !ok {
		verb = Quote(string(e.Action))
	}
	if e.Alert != "" {
		verb = "alert: " + verb
	}
	line := join(" ", verb, words(e.Access), object(e), caller(e))
	if (e.Action == Error || e.Action == Invalid) && e.Errno != "" {
		line += ", answered " + Quote(e.Errno)
	}
	tail := join(": ", ruleText(e), Escape(e.Reason))
	if strings.HasSuffix(line, ":") { // an error of the log itself: nobody's call
		return line + " " + tail
	}
	return join(": ", line, tail, shadowText(e))
}

// shadowText is what the shadow rules would have said, where they differ.
func shadowText(e *Event) string {
	if e.ShadowVerdict == "" {
		return ""
	}
	by := "no rule"
	if e.ShadowRule != nil {
		by = fmt.Sprintf("rule %s at %s", quoted(Escape(e.ShadowRule.Name)), place(e.ShadowRule))
	}
	return fmt.Sprintf("the shadow rules say %s (%s)", Quote(e.ShadowVerdict), by)
}

// join joins the parts that are not empty.
func join(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}

// words escapes a list such as "read, write", whose space needs no quotes.
func words(s string) string {
	parts := strings.Split(s, ", ")
	for i, p := range parts {
		if p != "" {
			parts[i] = Quote(p)
		}
	}
	return strings.Join(parts, ", ")
}

// object is what the call was about: a path, two paths, or an address.
func object(e *Event) string {
	first, second := e.Path, e.Path2
	if first == "" {
		first = e.Raw
	}
	if second == "" {
		second = e.Raw2
	}
	switch {
	case second != "":
		return Quote(first) + " -> " + Quote(second)
	case first != "":
		return Quote(first)
	case e.Address != "":
		return Quote(e.Address)
	}
	return ""
}

// caller is the call and the process that made it, in parentheses.
func caller(e *Event) string {
	switch {
	case e.Syscall == "" && e.PID == 0:
		return ""
	case e.Syscall == "":
		return fmt.Sprintf("(by %s[%d])", Quote(e.Comm), e.PID)
	}
	return fmt.Sprintf("(%s by %s[%d])", Quote(e.Syscall), Quote(e.Comm), e.PID)
}

// ruleText names the rule that decided. An error was decided by none.
func ruleText(e *Event) string {
	switch {
	case e.Rule != nil:
		return fmt.Sprintf("rule %s at %s", quoted(Escape(e.Rule.Name)), place(e.Rule))
	case e.Action == Error || e.Action == Invalid || e.Action == Note:
		return ""
	}
	return "no rule"
}

// place is where a rule is written, as file:line.
func place(r *Rule) string {
	return fmt.Sprintf("%s:%d", Quote(r.File), r.Line)
}
