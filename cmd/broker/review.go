package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"seccomp-broker/broker/audit"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// What test, explain, diff and report have in common.

// statusDiffers is how these commands end when there is something to look at: a
// test that failed, a policy that differs.
const statusDiffers = 1

// differs is the error of a command that has said what it found.
func differs() error { return &exitError{status: statusDiffers, err: &shownError{}} }

// writeJSON prints one object. Texts in it that come from targets have been
// escaped: JSON cannot hold the bytes of every path.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return written(enc.Encode(v))
}

// written is the error of an output that cannot be written.
func written(err error) error {
	if err == nil {
		return nil
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return exitf(statusCannotWrite, "standard output: %w", err)
}

// sheet collects what a command prints for people.
type sheet struct {
	bytes.Buffer
	color bool
}

func newSheet() *sheet { return &sheet{color: colored(os.Stdout)} }

// title is a line that stands out.
func (p *sheet) title(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if p.color {
		text = "\x1b[1m" + text + colorReset
	}
	p.WriteString(text + "\n")
}

func (p *sheet) printf(format string, args ...any) { fmt.Fprintf(&p.Buffer, format, args...) }

// indent writes a text with blanks before each line.
func (p *sheet) indent(by int, text string) {
	for line := range strings.Lines(text) {
		p.WriteString(strings.Repeat(" ", by) + line)
	}
}

func (p *sheet) flush(cmd *cobra.Command) error {
	_, err := cmd.OutOrStdout().Write(p.Bytes())
	return written(err)
}

// progressPeriod is how often the progress of a long log is told.
const progressPeriod = 250 * time.Millisecond

// logs reads audit logs one after the other and hands each event to its visitor
// with where it stands.
type logs struct {
	files []string
	// Trouble of all of them, in words.
	warnings []string
	newer    uint64 // records of a schema that this broker cannot read
	events   uint64
}

// each reads every event of every log. A visitor that returns false ends it. The
// error says which file cannot be read.
func (l *logs) each(visit func(e *audit.Event, place string) bool) error {
	for _, name := range l.files {
		r, err := audit.OpenReader(name)
		if err != nil {
			return exitf(statusNoInput, "%w", err)
		}
		more, err := l.read(r, visit)
		r.Close()
		if err != nil {
			return exitf(statusNoInput, "%w", err)
		}
		if !more {
			break
		}
	}
	return nil
}

func (l *logs) read(r *audit.Reader, visit func(*audit.Event, string) bool) (more bool, err error) {
	bar := newProgress(r)
	defer bar.end()
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return true, l.judge(r)
		}
		if err != nil {
			return false, err
		}
		bar.step()
		l.events++
		if !visit(&e, fmt.Sprintf("%s:%d", r.Name(), r.Line())) {
			return false, nil
		}
	}
}

// judge says what was wrong with a log. One that holds nothing that can be read
// is an error: it is most likely the wrong file.
func (l *logs) judge(r *audit.Reader) error {
	t, cause := r.Trouble()
	if r.Events() == 0 && cause != nil {
		return cause
	}
	name := audit.Quote(r.Name())
	if t.Newer > 0 {
		l.newer += t.Newer
		l.warn("%s: %s of a newer schema, the first in line %d; use a newer broker for them", name, audit.Counted(t.Newer, "record", "records"), t.FirstNewer)
	}
	if t.Malformed > 0 {
		l.warn("%s: %s, the first is line %d", name, audit.Counted(t.Malformed, "line is no audit record", "lines are no audit records"), t.FirstMalformed)
	}
	if t.Truncated {
		l.warn("%s: the last line is cut; what it was about is not counted", name)
	}
	return nil
}

func (l *logs) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	l.warnings = append(l.warnings, text)
	fmt.Fprintf(os.Stderr, "broker: %s\n", text)
}

// progress tells on a terminal how far a log has been read.
type progress struct {
	log   *audit.Reader
	next  time.Time
	count int
	shown bool
	off   bool
}

func newProgress(r *audit.Reader) *progress {
	return &progress{log: r, next: time.Now().Add(progressPeriod), off: !term.IsTerminal(int(os.Stderr.Fd()))}
}

// step is called for every event; the clock is looked at for some.
func (p *progress) step() {
	const seldom = 1024
	if p.count++; p.off || p.count%seldom != 0 || time.Now().Before(p.next) {
		return
	}
	p.next = time.Now().Add(progressPeriod)
	read, size := p.log.Progress()
	text := fmt.Sprintf("%d MiB", read>>20)
	if size > 0 {
		text = fmt.Sprintf("%d of %d MiB, %d%%", read>>20, size>>20, read*100/size)
	}
	p.shown = true
	fmt.Fprintf(os.Stderr, "\r\x1b[Kbroker: %s: %s, %d events", audit.Escape(p.log.Name()), text, p.count)
}

func (p *progress) end() {
	if p.shown {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
	}
}
