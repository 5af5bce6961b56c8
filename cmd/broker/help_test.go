package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTopicOfRules loads the rules that the help page shows, and holds its
// lists to those of the language.
func TestTopicOfRules(t *testing.T) {
	before, _, _ := strings.Cut(rulesText, "What wins")
	_, example, ok := cutAt(before, "  extends")
	if !ok {
		t.Fatal("the page has no example")
	}
	// On the page the example is indented.
	example = strings.TrimRight(strings.ReplaceAll("\n"+example, "\n  ", "\n")[1:], "\n") + "\n"
	dir := t.TempDir()
	file := filepath.Join(dir, "app.hcl")
	for name, text := range map[string]string{"app.hcl": example, "team.hcl": "# nothing\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(brokerBinary(t), "fmt", "--check", "-d", file).CombinedOutput(); err != nil {
		t.Errorf("the example is not in the form of fmt: %v\n%s", err, out)
	}
	policy, err := loadPolicy([]string{file}, "", nil)
	if err != nil {
		t.Fatalf("the example does not load: %v", err)
	}
	for _, rule := range []string{"tools", "data", "keys", "hosts", "settings"} {
		found := false
		for _, r := range policy.Rules() {
			found = found || r.Name == rule && r.File == file
		}
		if !found {
			t.Errorf("the example has no rule %q", rule)
		}
	}
}

// cutAt is [strings.Cut] that keeps the separator at the head of what follows.
func cutAt(text, sep string) (before, after string, ok bool) {
	i := strings.Index(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i:], true
}

// shellTests ask a shell to complete "broker doc" by the script it is given.
// What they print holds "doctor".
var shellTests = map[string]string{
	// The function of the bash-completion package that the script calls is
	// stood in for: it need not be installed.
	"bash": `source "$1"
_get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]}; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
compopt() { :; }
COMP_WORDS=(broker doc) COMP_CWORD=1 COMP_LINE="broker doc" COMP_POINT=10 COMP_TYPE=9
__start_broker broker
printf '%s\n' "${COMPREPLY[@]}"`,
	"zsh": `compdef() { :; }
source "$1"
_describe() { print -l -- "${(@)completions}"; }
words=(broker doc); CURRENT=2
_broker`,
	"fish": `source $argv[1]
complete -C "broker doc"`,
}

// TestCompletion runs the scripts in the shells they are for. A shell that is
// not installed has nothing to complete.
func TestCompletion(t *testing.T) {
	broker := brokerBinary(t)
	for shell, test := range shellTests {
		script, err := exec.Command(broker, "completion", shell).Output()
		if err != nil {
			t.Fatalf("broker completion %s: %v", shell, err)
		}
		if _, err := exec.LookPath(shell); err != nil {
			t.Logf("no %s here", shell)
			continue
		}
		file := filepath.Join(t.TempDir(), "completion")
		if err := os.WriteFile(file, script, 0o644); err != nil {
			t.Fatal(err)
		}
		args := []string{"-c", test, shell, file}
		if shell == "fish" {
			args = []string{"--no-config", "-c", test, file}
		}
		cmd := exec.Command(shell, args...)
		cmd.Env = []string{"PATH=" + filepath.Dir(broker) + ":/usr/bin:/bin", "HOME=" + t.TempDir()}
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "doctor") || strings.Contains(string(out), "version") {
			t.Errorf("%s completes \"broker doc\" to %q (%v)", shell, out, err)
		}
	}
}
