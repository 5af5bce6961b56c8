package alert

import (
	"context"
	"fmt"
	"io"
	"log/syslog"

	"seccomp-broker/broker/audit"
)

// file appends lines of JSON.
type file struct {
	path string
	w    io.WriteCloser
}

// openFile opens it as the audit log is opened: no symlink, no second name.
func openFile(path string) (Sink, error) {
	w, err := audit.OpenFile(path)
	if err != nil {
		return nil, unopened("file:"+path, err)
	}
	return &file{path, w}, nil
}

func (f *file) Name() string { return "file " + audit.Quote(f.path) }
func (f *file) Close() error { return f.w.Close() }

func (f *file) Deliver(_ context.Context, ev *audit.Event) error {
	line, err := audit.Encode(ev)
	if err != nil {
		return err
	}
	_, err = f.w.Write(line)
	return err
}

// system is the system log, syslog(3), which is systemd's journal where there is
// one.
type system struct{ w *syslog.Writer }

func openSyslog(socket string) (Sink, error) {
	w, err := syslog.Dial("unixgram", socket, syslog.LOG_WARNING|syslog.LOG_AUTHPRIV, "broker")
	if err != nil {
		return nil, unopened("syslog", fmt.Errorf("there is no system log here: %w", err))
	}
	return &system{w}, nil
}

func (s *system) Name() string { return "syslog" }
func (s *system) Close() error { return s.w.Close() }

func (s *system) Deliver(_ context.Context, ev *audit.Event) error {
	return s.w.Warning(audit.Line(ev))
}
