package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"seccomp-broker/broker"
	"seccomp-broker/broker/audit"
	"seccomp-broker/rules"

	"github.com/spf13/cobra"
)

const validateLong = `validate loads policies as a run would, and starts nothing. Each FILE is a
policy of its own, with all that it extends; builtin:NAME is one too. Every
error and every warning is shown with its line and what to write instead, and
of a policy that is right, what it is made of.

With --json one object is printed: "v" is 1, "valid" says whether all policies
can be loaded, and "policies" has for each "file", "valid", and where it is
valid "mode", "default", "rules" (how many of each verdict), "programs",
"classes", "files" (with all that it extends); and "diagnostics", each with
"severity" (error or warning), "summary", "detail", and where it is about a
place "file", "line", "column", "end_line" and "end_column", from 1.`

const validateAfter = `Exit status:
  0    every policy can be loaded, perhaps with warnings
  64   the command line is wrong
  65   a rules file is wrong
  66   a rules file cannot be read
  73   the output cannot be written
`

func newValidate() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:         "validate [flags] FILE...",
		Short:       "Load policies and say what is wrong with them",
		Long:        validateLong,
		Example:     "  broker validate app.hcl\n  broker validate --json *.hcl | jq -r '.policies[] | select(.valid | not).file'",
		Annotations: map[string]string{afterKey: validateAfter},
		Args:        someFiles,

		DisableFlagsInUseLine: true,
		ValidArgsFunction:     completeRules,
		RunE:                  func(cmd *cobra.Command, args []string) error { return validate(cmd.OutOrStdout(), args, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// someFiles is for commands that take policies.
func someFiles(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return nil
	}
	return exitf(statusUsage, "name a rules file: %s app.hcl", cmd.CommandPath())
}

// validated is a policy in JSON output.
type validated struct {
	File        string         `json:"file"`
	Valid       bool           `json:"valid"`
	Mode        string         `json:"mode,omitempty"`
	Default     string         `json:"default,omitempty"`
	Rules       map[string]int `json:"rules,omitempty"`
	Programs    int            `json:"programs,omitempty"`
	Classes     []string       `json:"classes,omitempty"`
	Files       []string       `json:"files,omitempty"`
	Diagnostics []rules.Item   `json:"diagnostics"`
}

func validate(w io.Writer, files []string, asJSON bool) error {
	vars := broker.Vars(nil)
	worst := worstStatus{}
	all := []validated{}
	for _, file := range files {
		policy, in, diags := rules.Inspect(ruleOptions([]string{file}, vars))
		v := summarize(file, policy, in, diags)
		all = append(all, v)
		worst.add(diags)
		if asJSON {
			continue
		}
		_ = showDiagnostics(diags)
		if v.Valid {
			if _, err := io.WriteString(w, v.text()); err != nil {
				return written(err)
			}
		}
	}
	if asJSON {
		err := writeJSON(w, struct {
			V        int         `json:"v"`
			Valid    bool        `json:"valid"`
			Policies []validated `json:"policies"`
		}{1, worst.status == 0, all})
		if err != nil {
			return err
		}
	}
	return worst.err()
}

// worstStatus is the exit status that several policies come to.
type worstStatus struct{ status int }

func (s *worstStatus) add(diags *rules.Diagnostics) {
	switch {
	case !diags.HasErrors():
	case diags.Unreadable():
		s.status = max(s.status, statusNoInput)
	default:
		s.status = max(s.status, statusData)
	}
}

func (s *worstStatus) err() error {
	if s.status == 0 {
		return nil
	}
	return &exitError{status: s.status, err: &shownError{}}
}

func summarize(file string, policy *rules.Policy, in *rules.Inspection, diags *rules.Diagnostics) validated {
	v := validated{File: audit.Escape(file), Valid: policy != nil, Diagnostics: diags.Items()}
	if policy == nil {
		return v
	}
	v.Mode, v.Default, v.Classes = policy.Mode().String(), policy.Default().String(), classWords(policy.Classes())
	v.Rules, v.Programs = make(map[string]int), len(in.Programs)
	for _, r := range policy.Rules() {
		v.Rules[r.Verdict.String()]++
	}
	for _, f := range in.Files {
		v.Files = append(v.Files, audit.Escape(f.Name))
	}
	return v
}

// text is a line for a person.
func (v *validated) text() string {
	var parts []string
	for _, verdict := range []rules.Verdict{rules.Allow, rules.Ask, rules.Emulate, rules.Deny} {
		if n := v.Rules[verdict.String()]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, verdict))
		}
	}
	text := v.File + ": valid; no rules"
	if len(parts) > 0 {
		text = v.File + ": valid; rules: " + strings.Join(parts, ", ")
	}
	if v.Programs > 0 {
		text += fmt.Sprintf("; program blocks: %d", v.Programs)
	}
	if len(v.Classes) > 0 {
		text += "; classes: " + strings.Join(v.Classes, " ")
	}
	text += "; mode " + v.Mode + ", default " + v.Default
	if others := slices.DeleteFunc(slices.Clone(v.Files), func(f string) bool { return f == v.File }); len(others) > 0 {
		text += "; extends " + strings.Join(others, " ")
	}
	return text + "\n"
}
