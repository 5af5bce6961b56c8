package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"

	"seccomp-broker/notify/probe"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

const doctorLong = `doctor tries everything that broker needs, on this kernel and as this user, and
says what is missing and what to do about it. It does not look at version
numbers: a feature that a container or a security module refuses is missing
here, whatever the kernel has.

What is required must work, or broker cannot run anything; what is recommended
makes it faster or safer. Nothing is changed on the machine.

With --json: one object with "v": 1, "ok", "broker", "kernel", "machine",
"libseccomp" and "checks" (name, state: ok, missing, untried or note; need,
since, detail, error, remedy).`

const doctorAfter = `Exit status:
  0    everything that is required works
  64   the command line is wrong
  69   something that is required is missing
  73   the output cannot be written
`

const doctorExample = `  # what this machine can do
  broker doctor

  # for a program to read: fail a deployment early
  broker doctor --json | jq -r '.checks[] | select(.state == "missing") | .name'`

// States of a check.
const (
	stateOK      = "ok"
	stateMissing = "missing" // and required or recommended, as need says
	stateUntried = "untried" // something else that is missing stands before it
	stateNote    = "note"    // neither good nor bad, but worth knowing
)

// check is one line of the doctor's report, and one object of its JSON form.
type check struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Need   string `json:"need,omitempty"`   // required or recommended
	Since  string `json:"since,omitempty"`  // the first Linux that has it
	Detail string `json:"detail,omitempty"` // what was found
	Error  string `json:"error,omitempty"`
	Remedy string `json:"remedy,omitempty"` // set when something is to be done
	group  string
}

// bars reports whether nothing can run because of this.
func (c check) bars() bool {
	return c.Need == probe.Required && (c.State == stateMissing || c.State == stateUntried)
}

// diagnosis is the JSON form of the report.
type diagnosis struct {
	V       int     `json:"v"` // of this form
	OK      bool    `json:"ok"`
	Broker  string  `json:"broker"`
	Kernel  string  `json:"kernel"`
	Machine string  `json:"machine"`
	Library string  `json:"libseccomp"`
	Checks  []check `json:"checks"`
}

const diagnosisVersion = 1

func newDoctor() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:         "doctor [flags]",
		Short:       "Say what this kernel and this user can do, tried for real",
		Long:        doctorLong,
		Example:     doctorExample,
		Annotations: map[string]string{afterKey: doctorAfter},
		Args:        noArguments,

		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := diagnose()
			if err := d.write(cmd.OutOrStdout(), asJSON); err != nil {
				return written(err)
			}
			if !d.OK {
				return &exitError{status: statusUnavailable, err: &shownError{}}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// diagnose makes every check.
func diagnose() diagnosis {
	release, machine := kernel()
	d := diagnosis{
		V: diagnosisVersion, OK: true, Broker: versionText(), Kernel: release, Machine: machine, Library: libseccompVersion(),
		Checks: hostChecks(),
	}
	for _, r := range probe.Probe() {
		d.Checks = append(d.Checks, tried(r))
	}
	for _, c := range d.Checks {
		d.OK = d.OK && !c.bars()
	}
	return d
}

// insideRemedy is for seccomp(2)'s EBUSY: there is one listener to a process
// tree.
const insideRemedy = "this process is under a broker, or another such supervisor, already: start it outside"

// tried is a probe's result as a check.
func tried(r probe.Result) check {
	c := check{
		Name: r.Name, State: stateOK, Need: r.Need, Since: r.Since, Detail: r.Detail, group: groupKernel,
	}
	if r.OK {
		return c
	}
	if errors.Is(r.Err, probe.ErrUntried) {
		c.State = stateUntried
		return c
	}
	c.State, c.Remedy = stateMissing, r.Remedy
	if r.Err != nil {
		c.Error = r.Err.Error()
	}
	if errors.Is(r.Err, unix.EBUSY) {
		c.Remedy = insideRemedy
	}
	return c
}

func (d diagnosis) write(w io.Writer, asJSON bool) error {
	if !asJSON {
		return d.writeTable(w, colored(os.Stdout))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}
