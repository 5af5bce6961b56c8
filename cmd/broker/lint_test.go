package main

import (
	"path/filepath"
	"strings"
	"testing"

	"seccomp-broker/rules"
	"seccomp-broker/rules/lint"

	"github.com/google/go-cmp/cmp"
)

// ownPolicies are the policies that come with the program.
func ownPolicies(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"../../testdata/policies/*.hcl", "../../testdata/demo/*.hcl", "../../testdata/examples/*/*.hcl"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: no policies (%v)", pattern, err)
		}
		files = append(files, found...)
	}
	for _, name := range rules.Builtins() {
		files = append(files, "builtin:"+name)
	}
	return files
}

// TestOwnPoliciesAreClean: nothing is found in them but what they accept with a
// reason, and fmt leaves them as they are.
func TestOwnPoliciesAreClean(t *testing.T) {
	for _, file := range ownPolicies(t) {
		res, diags := lint.Run(lintHost(file))
		if len(diags.All()) > 0 {
			t.Errorf("%s: %v", file, diags.Items())
		}
		for _, f := range res.Findings {
			t.Errorf("%s:%d: %s: %s", file, f.Range.Start.Line, f.ID, f.Message)
		}
		checkFormatted(t, file)
	}
}

func checkFormatted(t *testing.T, file string) {
	t.Helper()
	var text []byte
	var err error
	if name, builtin := strings.CutPrefix(file, "builtin:"); builtin {
		text, _ = rules.Builtin(name)
	} else if text, err = rules.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	formatted, diags := rules.Format(file, text)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if diff := cmp.Diff(string(text), string(formatted)); diff != "" {
		t.Errorf("%s (-now +formatted):\n%s", file, diff)
	}
}

// TestLost: what the filter refuses by default and can be lifted is lost when it
// is; what it allows is not.
func TestLost(t *testing.T) {
	for name, want := range map[string]bool{
		"@default": false, "@stat": false, "@ipc": false, "read": false,
		"@debug": true, "ptrace": true, "@module": true, "personality": true, "mount": true,
	} {
		if got := lost(name) != ""; got != want {
			t.Errorf("%s: %q", name, lost(name))
		}
	}
}
