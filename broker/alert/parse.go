package alert

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"seccomp-broker/broker/audit"
)

// SinkForms says what [ParseSink] takes.
const SinkForms = "file:PATH, syslog, webhook:URL or command:PATH"

// ErrOpen matches the errors of [ParseSink] about a sink that is rightly named, and
// cannot be opened on this machine.
var ErrOpen = errors.New("the sink cannot be opened")

// openError is ErrOpen with its cause.
type openError struct {
	word  string
	cause error
}

func unopened(word string, cause error) error { return &openError{word, cause} }

func (e *openError) Error() string   { return audit.Quote(e.word) + ": " + e.cause.Error() }
func (e *openError) Unwrap() []error { return []error{ErrOpen, e.cause} }

// ParseSink opens the sink that a word names:
//
//	file:PATH      appends lines of JSON
//	syslog         the system log or systemd's journal, through /dev/log
//	webhook:URL    a POST of the event in JSON, repeated while the server fails
//	command:PATH   runs a program with the event in JSON on standard input
func ParseSink(word string) (Sink, error) {
	form, rest, _ := strings.Cut(word, ":")
	switch {
	case form == "file" && rest != "":
		return openFile(rest)
	case word == "syslog":
		return openSyslog("/dev/log")
	case form == "webhook" && rest != "":
		u, err := url.Parse(rest)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("%s: that is no address of a web server; write webhook:https://host/path", audit.Quote(word))
		}
		return newWebhook(u), nil
	case form == "command" && rest != "":
		if !filepath.IsAbs(rest) {
			return nil, fmt.Errorf("%s: write the absolute path of the program", audit.Quote(word))
		}
		return newCommand(rest)
	}
	return nil, fmt.Errorf("%s: write %s", audit.Quote(word), SinkForms)
}

// ParseRate reads a threshold such as 20/1m: more than 20 refusals in a minute.
func ParseRate(word string) (count int, per time.Duration, err error) {
	left, right, ok := strings.Cut(word, "/")
	count, countErr := strconv.Atoi(left)
	per, perErr := time.ParseDuration(right)
	if !ok || countErr != nil || perErr != nil || count < 1 || per <= 0 {
		return 0, 0, fmt.Errorf("%s: write how many in which time, for example 20/1m", audit.Quote(word))
	}
	return count, per, nil
}
