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

// runner does the steps of a workflow, each in a shell of its own, as a runner of
// GitHub's does: what a step adds to the path holds for the next ones.
type runner struct {
	dir, temp, summary string
	path               string
}

func newRunner(t *testing.T, dir string) *runner {
	temp := t.TempDir()
	return &runner{dir: dir, temp: temp, summary: filepath.Join(temp, "summary"), path: "/usr/local/bin:/usr/bin:/bin"}
}

// run runs a script and gives what it prints.
func (r *runner) run(t *testing.T, script string, env ...string) string {
	t.Helper()
	added := filepath.Join(r.temp, "path")
	cmd := exec.Command("sh", "-ec", script)
	cmd.Dir = r.dir
	cmd.Env = append([]string{
		"PATH=" + r.path, "HOME=" + r.temp, "RUNNER_TEMP=" + r.temp, "GITHUB_PATH=" + added, "GITHUB_STEP_SUMMARY=" + r.summary,
		"GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
	}, env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	if more, err := os.ReadFile(added); err == nil {
		r.path = strings.TrimSpace(string(more)) + ":" + r.path
		if err := os.Remove(added); err != nil {
			t.Fatal(err)
		}
	}
	return string(out)
}

// repositories makes what a workflow finds: a source of broker, which here has been
// built already, and a clone of a repository with the example's files, and a branch
// from before there was a policy.
func repositories(t *testing.T) (source, work string) {
	t.Helper()
	dir := t.TempDir()
	if makefile := readText(t, "../../Makefile"); !strings.Contains(makefile, "\nbuild: ") || !strings.Contains(makefile, "-o bin/broker ") {
		t.Error("make build does not make bin/broker, as the workflow has it")
	}
	newRunner(t, dir).run(t, `
git init -q -b main source && mkdir source/bin
printf 'build:\n\tcp "$$BUILT" bin/broker\n' >source/Makefile && touch source/bin/keep
git -C source add -A && git -C source commit -qm first
git init -q -b before base && git -C base commit -q --allow-empty -m none
git -C base checkout -q -b main && cp -r "$EXAMPLE"/. base && git -C base add -A && git -C base commit -qm first
git clone -q base work`, "EXAMPLE="+mustAbs(t, repositoryExample))
	return filepath.Join(dir, "source"), filepath.Join(dir, "work")
}

// TestRepositoryExample runs the commands of the example's workflow, and of its
// hooks, in a repository with a change, and in one where the policy is new.
func TestRepositoryExample(t *testing.T) {
	source, work := repositories(t)
	app := filepath.Join(work, "app.hcl")
	text := readText(t, app)
	changed := strings.Replace(text, "/srv/app/files/**\"]", "/srv/app/{files,more}/**\"]", 1)
	if changed == text {
		t.Fatal("the example has no such path")
	}
	writeFile(t, app, changed)
	workflow := readText(t, filepath.Join(repositoryExample, ".github/workflows/policy.yml"))
	steps := runSteps(workflow)
	for _, name := range []string{"fmt --check", "validate", "lint", "test", "diff"} {
		if !strings.Contains(strings.Join(steps, "\n"), "broker "+name) {
			t.Errorf("the workflow does not run broker %s", name)
		}
	}
	for _, name := range []string{"BROKER_SOURCE", "BROKER_REVISION"} {
		if !strings.Contains(workflow, "\n  "+name+": ") {
			t.Errorf("the workflow does not set %s", name)
		}
	}
	for base, shown := range map[string]string{"main": "/srv/app/more", "before": "/srv/app/files"} {
		r := newRunner(t, work)
		for _, step := range steps {
			r.run(t, step, "GITHUB_BASE_REF="+base, "BROKER_SOURCE="+source, "BROKER_REVISION=main", "BUILT="+brokerBinary(t))
		}
		if got := readText(t, r.summary); !strings.Contains(got, shown) || strings.Contains(got, "/srv/app/files") != (base == "before") {
			t.Errorf("compared with %s the summary does not name the change %s alone:\n%s", base, shown, got)
		}
	}
}

// TestRepositoryHooks runs the hooks of the example, and those that other
// repositories can name.
func TestRepositoryHooks(t *testing.T) {
	_, work := repositories(t)
	r := newRunner(t, work)
	r.path = filepath.Dir(brokerBinary(t)) + ":" + r.path
	for _, file := range []string{filepath.Join(repositoryExample, ".pre-commit-config.yaml"), "../../.pre-commit-hooks.yaml"} {
		entries := yamlEntry.FindAllStringSubmatch(readText(t, file), -1)
		if len(entries) < 4 {
			t.Errorf("%s has only %d hooks", file, len(entries))
		}
		for _, entry := range entries {
			r.run(t, entry[1]+" app.hcl")
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
