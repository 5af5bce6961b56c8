package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func list(t *testing.T, text string) (*differences, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "list.hcl")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return loadDifferences(file)
}

func TestDifferences(t *testing.T) {
	d, err := list(t, `
difference "go/os" {
  tests  = ["TestA", "TestB/*", "TestC/**", "TestD[1]"]
  reason = "both"
}
difference "go/os" {
  user   = "root"
  tests  = ["TestR"]
  reason = "root alone"
}
`)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ suite, user, test, want string }{
		{"go/os", "root", "TestA", "both"},
		{"go/os", "user", "TestA", "both"},
		{"go/net", "user", "TestA", ""},
		{"go/os", "user", "TestAB", ""},
		{"go/os", "user", "TestB/x", "both"},
		{"go/os", "user", "TestB/x/y", ""},
		{"go/os", "user", "TestC/x/y", "both"},
		{"go/os", "user", "TestD[1]", "both"},
		{"go/os", "user", "TestR", ""},
	}
	for _, tt := range tests {
		if got := d.reason(tt.suite, tt.user, tt.test); got != tt.want {
			t.Errorf("reason(%s, %s, %s) = %q, want %q", tt.suite, tt.user, tt.test, got, tt.want)
		}
	}
	if diff := cmp.Diff([]string{"go/os: TestR as root"}, d.stale()); diff != "" {
		t.Errorf("stale (-want +got):\n%s", diff)
	}
	d.reason("go/os", "root", "TestR")
	if stale := d.stale(); len(stale) > 0 {
		t.Errorf("stale() = %q after everything occurred", stale)
	}
}

func TestDifferencesBad(t *testing.T) {
	tests := []struct{ name, text, says string }{
		{"suite", `difference "go/so" {` + "\ntests = [\"T\"]\nreason = \"x\"\n}", "no suite \"go/so\""},
		{"user", `difference "go/os" {` + "\nuser = \"ann\"\ntests = [\"T\"]\nreason = \"x\"\n}", "user \"ann\""},
		{"reason", `difference "go/os" {` + "\ntests = [\"T\"]\nreason = \" \"\n}", "needs tests and a reason"},
		{"no tests", `difference "go/os" {` + "\ntests = []\nreason = \"x\"\n}", "needs tests and a reason"},
		{"pattern", `difference "go/os" {` + "\ntests = [\"T[\"]\nreason = \"x\"\n}", "syntax error in pattern"},
		{"no reason", `difference "go/os" {` + "\ntests = [\"T\"]\n}", `"reason" is required`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := list(t, tt.text); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("loadDifferences: %v, want %q", err, tt.says)
			}
		})
	}
}

// TestList holds the list itself to its form.
func TestList(t *testing.T) {
	if _, err := loadDifferences("differences.hcl"); err != nil {
		t.Error(err)
	}
}
