package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const repositoryExample = "../../testdata/examples/repository"

var yamlEntry = regexp.MustCompile(`(?m)^ *entry: (.*)$`)

// runSteps are the commands of a workflow: one line, or the indented lines
// behind a "|".
func runSteps(text string) []string {
	var steps []string
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		trimmed := strings.TrimSpace(lines[i])
		command, ok := strings.CutPrefix(trimmed, "run: ")
		if !ok {
			continue
		}
		if command != "|" {
			steps = append(steps, command)
			continue
		}
		indent := len(lines[i]) - len(strings.TrimLeft(lines[i], " "))
		var block []string
		for i+1 < len(lines) && len(lines[i+1])-len(strings.TrimLeft(lines[i+1], " ")) > indent {
			i++
			block = append(block, strings.TrimSpace(lines[i]))
		}
		steps = append(steps, strings.Join(block, "\n"))
	}
	return steps
}

// shellIn runs a script as a workflow does, and gives what it prints.
func shellIn(t *testing.T, dir, script string, env ...string) string {
	t.Helper()
	cmd := exec.Command("sh", "-ec", script)
	cmd.Dir = dir
	cmd.Env = append([]string{
		"PATH=" + filepath.Dir(brokerBinary(t)) + ":/usr/local/bin:/usr/bin:/bin", "HOME=" + t.TempDir(),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
	}, env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}

// TestRepositoryExample runs the commands of the example's workflow, and of its
// hooks, in a repository with a change.
func TestRepositoryExample(t *testing.T) {
	dir := t.TempDir()
	shellIn(t, dir, "git init -q -b main base && cp -r \"$EXAMPLE\"/. base && cd base && git add -A && git commit -qm first && cd .. && git clone -q base work",
		"EXAMPLE="+mustAbs(t, repositoryExample))
	work := filepath.Join(dir, "work")
	app := filepath.Join(work, "app.hcl")
	text, err := os.ReadFile(app)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "/srv/app/files/**\"]", "/srv/app/{files,more}/**\"]", 1)
	if err := os.WriteFile(app, []byte(changed), 0o644); err != nil || changed == string(text) {
		t.Fatal("the example has no such path: ", err)
	}
	summary := filepath.Join(dir, "summary")
	workflow, err := os.ReadFile(filepath.Join(repositoryExample, ".github/workflows/policy.yml"))
	if err != nil {
		t.Fatal(err)
	}
	steps := runSteps(string(workflow))
	for _, name := range []string{"fmt --check", "validate", "lint", "test", "diff"} {
		if !strings.Contains(strings.Join(steps, "\n"), "broker "+name) {
			t.Errorf("the workflow does not run broker %s", name)
		}
	}
	for _, step := range steps {
		shellIn(t, work, step, "GITHUB_BASE_REF=main", "GITHUB_STEP_SUMMARY="+summary)
	}
	if got, err := os.ReadFile(summary); err != nil || !strings.Contains(string(got), "/srv/app/more") {
		t.Errorf("the summary does not name the change (%v):\n%s", err, got)
	}
	for _, file := range []string{filepath.Join(repositoryExample, ".pre-commit-config.yaml"), "../../.pre-commit-hooks.yaml"} {
		hooks, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		entries := yamlEntry.FindAllStringSubmatch(string(hooks), -1)
		if len(entries) < 4 {
			t.Errorf("%s has only %d hooks", file, len(entries))
		}
		for _, entry := range entries {
			shellIn(t, work, entry[1]+" app.hcl")
		}
	}
}

func mustAbs(t *testing.T, name string) string {
	t.Helper()
	abs, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}
