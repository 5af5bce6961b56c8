package audit

import (
	"bytes"
	"io"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
)

// A sink writes events to one place. Only the writer goroutine calls it.
type sink interface {
	// event writes one event; the error says that it is lost.
	event(e *Event) error
	// note writes a remark for the person at the terminal; a sink that is read by
	// programs leaves it out.
	note(msg string) error
}

// jsonSink writes one JSON line per event, in one write each: with O_APPEND
// several brokers may share a file.
type jsonSink struct {
	w    io.Writer
	torn bool // the last write stopped within a line
}

func (s *jsonSink) note(string) error { return nil }

func (s *jsonSink) event(e *Event) error {
	line, err := Encode(e)
	if err != nil {
		return err
	}
	start := 0
	if s.torn {
		// A disk that filled up and was cleared: only the cut line is lost.
		line = append([]byte("\n"), line...)
		start = 1
	}
	n, err := s.w.Write(line)
	if err == nil && n < len(line) {
		err = io.ErrShortWrite
	}
	switch {
	case err == nil:
		s.torn = false
	case n > 0:
		s.torn = n > start
	}
	return err
}

// textSink writes human lines through hclog. Messages arrive escaped and
// without key=value pairs, which hclog would quote by rules of its own and
// spread over several lines.
type textSink struct {
	logger hclog.Logger
	out    *remember
	now    time.Time // of the event being written, for hclog's time column
}

// newFileText writes lines with time and level, for a log file.
func newFileText(w io.Writer) *textSink {
	s := &textSink{out: &remember{w: w}}
	s.logger = hclog.New(&hclog.LoggerOptions{
		Name: "broker", Level: hclog.Trace, Output: s.out, Color: hclog.ColorOff,
		TimeFn: func() time.Time { return s.now.UTC() },
	})
	return s
}

// newConsoleText writes lines that begin "broker: ", for a terminal that the
// target's own output shares.
func newConsoleText(w io.Writer, color bool) *textSink {
	s := &textSink{out: &remember{w: w}}
	s.logger = hclog.New(&hclog.LoggerOptions{
		Name: "broker", Level: hclog.Trace, Color: hclog.ColorOff, DisableTime: true,
		Output: &console{w: s.out, color: color},
	})
	return s
}

func (s *textSink) event(e *Event) error {
	s.now = e.Time
	s.logger.Log(level(e.Action), Line(e))
	return s.out.take()
}

func (s *textSink) note(msg string) error {
	s.logger.Log(hclog.Warn, msg)
	return s.out.take()
}

func level(a Action) hclog.Level {
	switch a {
	case Error:
		return hclog.Error
	case Denied, WouldDeny:
		return hclog.Warn
	}
	return hclog.Info
}

// remember keeps the error of a write: hclog has no way to return it.
type remember struct {
	w   io.Writer
	err error
}

func (r *remember) Write(p []byte) (int, error) {
	n, err := r.w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	r.err = err
	return n, err
}

// take returns the error of the last write and forgets it.
func (r *remember) take() error {
	err := r.err
	r.err = nil
	return err
}

// console is hclog's LevelWriter for a terminal: it drops the "[WARN]" column,
// since each line must begin with the program's name, and colours the name by
// level instead.
type console struct {
	w     io.Writer
	color bool
}

var levelColor = map[hclog.Level]string{hclog.Error: red, hclog.Warn: yellow, hclog.Info: blue}

// The SGR sequences used on a terminal (ECMA-48).
const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	blue   = "\x1b[34m"
	bold   = "\x1b[1m"
	reset  = "\x1b[0m"
)

func (c *console) LevelWrite(level hclog.Level, p []byte) (int, error) {
	if _, rest, ok := bytes.Cut(p, []byte("]")); ok {
		p = bytes.TrimLeft(rest, " ")
	}
	if c.color {
		name, rest, _ := strings.Cut(string(p), ":")
		p = []byte(levelColor[level] + name + ":" + reset + rest)
	}
	return c.w.Write(p)
}

// Write is never used by hclog, which prefers LevelWrite.
func (c *console) Write(p []byte) (int, error) { return c.LevelWrite(hclog.Info, p) }
