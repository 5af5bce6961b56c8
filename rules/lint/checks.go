package lint

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

// Check is one kind of finding.
type Check struct {
	ID       string
	Severity Severity
	Title    string // what is wrong, without a full stop

	// What pages/ID.txt says; [Checks] fills it in.

	Why string // what it leads to, and when it is meant; paragraphs
	// Bad is a policy that has the finding, and Better one that has none; both
	// are loaded and looked at by the tests. Both are empty for checks that
	// need more than a text.
	Bad, Better string

	run      func(*pass) // nil for those about acceptances
	host     bool        // asks the host: the same text may be right elsewhere
	compares bool        // compares each rule with the others
}

// maxCompared is up to how many rules each is compared with all others. Policies
// of people have dozens; lists that programs write have nobody to tell.
const maxCompared = 1000

// checks are all of them, in the order of the documentation.
var checks = slices.Concat(settingChecks, broadChecks, togetherChecks, idleChecks, denyChecks, nameChecks, callChecks, acceptChecks)

//go:embed pages
var pages embed.FS

// Checks lists what lint finds.
func Checks() []Check {
	list := slices.Clone(checks)
	for i := range list {
		list[i].readPage()
	}
	return list
}

func (c *Check) readPage() {
	text, err := pages.ReadFile("pages/" + c.ID + ".txt")
	if err != nil {
		return // a test says so
	}
	why, examples, _ := strings.Cut(string(text), "-- bad --\n")
	c.Why = why
	c.Bad, c.Better, _ = strings.Cut(examples, "-- better --\n")
}

// byID gives the check of this identifier; nil where there is none.
func byID(id string) *Check {
	for i := range checks {
		if checks[i].ID == id {
			return &checks[i]
		}
	}
	return nil
}

// Explain gives the page of one check as text for a terminal, false where there
// is no such check.
func Explain(id string) (string, bool) {
	known := byID(id)
	if known == nil {
		return "", false
	}
	c := *known
	c.readPage()
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s.\n\n%s\n", c.ID, c.Severity, c.Title, strings.TrimSpace(c.Why))
	for _, part := range []struct{ title, text string }{{"Bad", c.Bad}, {"Better", c.Better}} {
		if part.text == "" {
			continue
		}
		fmt.Fprintf(&b, "\n%s:\n\n", part.title)
		for line := range strings.Lines(strings.Trim(part.text, "\n")) {
			b.WriteString(strings.TrimRight("  "+strings.TrimRight(line, "\n"), " ") + "\n")
		}
	}
	fmt.Fprintf(&b, "\nTo accept it where it is meant, say why on the line above:\n\n  # lint:accept %s: the reason\n", c.ID)
	return b.String(), true
}
