package main

import (
	"errors"
	"fmt"
	"os"

	"seccomp-broker/broker/alert"
	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/syscalls"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// alertOptions are the flags about who is told at once.
type alertOptions struct {
	sinks []string
	first bool
	rate  string
}

func (o *alertOptions) addFlags(f *pflag.FlagSet) {
	f.StringArrayVar(&o.sinks, "alert", nil, "tell a `sink` at once of what rules with alert = true decide: "+alert.SinkForms+"; may be given several times")
	f.BoolVar(&o.first, "alert-first", false, "alert too of each refusal that is the first of its kind")
	f.StringVar(&o.rate, "alert-rate", "", "alert too when there are more refusals than this `rate`, such as 20/1m")
}

func completeSinks(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"file:", "syslog", "webhook:https://", "command:/"}, cobra.ShellCompDirectiveNoSpace
}

// alerts are the sinks of a run, and what they are told of.
type alerts struct {
	thresholds alert.Thresholds
	sinks      *alert.Dispatcher
	wanted     bool
}

// limits reads the flags that make alerts of refusals.
func (o *alertOptions) limits() (alert.Thresholds, error) {
	t := alert.Thresholds{First: o.first}
	if o.rate == "" {
		return t, nil
	}
	var err error
	if t.Count, t.Per, err = alert.ParseRate(o.rate); err != nil {
		return t, exitf(statusUsage, "--alert-rate %w", err)
	}
	return t, nil
}

// open opens the sinks, as the user whom the command runs as.
func (o *alertOptions) open() (*alerts, error) {
	thresholds, err := o.limits()
	if err != nil {
		return nil, err
	}
	var sinks []alert.Sink
	for _, word := range o.sinks {
		s, err := alert.ParseSink(word)
		if err != nil {
			for _, opened := range sinks {
				_ = opened.Close()
			}
			status := statusUsage
			if errors.Is(err, alert.ErrOpen) {
				status = statusCannotWrite
			}
			return nil, exitf(status, "--alert %w", err)
		}
		sinks = append(sinks, s)
	}
	wanted := len(sinks) > 0 || thresholds != alert.Thresholds{}
	return &alerts{thresholds, alert.NewDispatcher(sinks...), wanted}, nil
}

// watch puts the look for alerts before the log, where anybody wants any: rules
// mark theirs in the log all the same.
func (a *alerts) watch(log *audit.Log) syscalls.Recorder {
	if !a.wanted {
		return log
	}
	return alert.NewWatch(log, a.thresholds, a.sinks)
}

// close delivers what is under way, and says what was lost: on standard error,
// and in the log.
func (a *alerts) close(log *audit.Log) {
	for _, lost := range a.sinks.Close() {
		fmt.Fprintf(os.Stderr, "broker: %s\n", lost)
		log.Record(&audit.Event{Action: audit.Error, Reason: lost})
	}
}
