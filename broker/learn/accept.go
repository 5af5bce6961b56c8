package learn

import (
	"bytes"
	"slices"
	"strings"
)

// Finding is what lint says of a line of a file.
type Finding struct {
	ID   string
	Line int // from 1
}

// builtAndRun is the finding that a learned rule may have and be right: a
// compiler runs what it has built. It was seen, so it is accepted with that reason.
const builtAndRun = "write-exec"

const acceptance = "# lint:accept " + builtAndRun + ": the program made these files and ran them when this was learned"

// learnedComment begins the comment of a rule that was learned.
var learnedComment = expression(`^\s*# (?:once|\d+ times)(?: by|,)`)

// accept adds the acceptance to the learned rules that need it. Rules that
// somebody wrote are left to be found fault with.
func (l *Learner) accept(name string, text []byte) []byte {
	if l.Lint == nil {
		return text
	}
	lines := strings.Split(string(text), "\n")
	var at []int
	for _, f := range l.Lint(name, text) {
		if f.ID == builtAndRun && f.Line >= 1 && f.Line <= len(lines) && learned(lines, f.Line-1) {
			at = append(at, f.Line-1)
		}
	}
	if len(at) == 0 {
		return text
	}
	slices.Sort(at)
	at = slices.Compact(at)
	for _, i := range slices.Backward(at) {
		line := lines[i]
		blank := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		lines = slices.Insert(lines, i, blank+acceptance)
	}
	return bytes.Clone([]byte(strings.Join(lines, "\n")))
}

// learned reports whether the block around a line begins with the comment of a
// learned rule.
func learned(lines []string, i int) bool {
	for ; i > 0; i-- {
		if strings.HasPrefix(strings.TrimSpace(lines[i]), "allow ") {
			return learnedComment().MatchString(lines[i-1])
		}
	}
	return false
}
