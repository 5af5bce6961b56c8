package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// showcase is a real program at work: a folder below testdata/showcases with
// run.sh, which is what is measured, policy.hcl, the least it needs, and where
// there is something to prepare, prepare.sh.
type showcase struct {
	name  string
	does  string   // a cell of the table
	needs []string // executables
	long  bool     // too long for the test suite
	skip  string   // what of the tree is not compared, a regular expression
	vague string   // of what the content is not: it holds times or inode numbers
}

var showcases = []showcase{
	{name: "tar", does: "tar x of 2,600 files, twice, and rm -rf", needs: []string{"tar", "setfattr"}},
	{name: "cp", does: "cp -a of 2,600 files, diff -r"},
	{name: "rsync", does: "rsync -aHX of 2,600 files, and again --checksum", needs: []string{"rsync"}},
	{name: "find", does: "find -ls, find with tests"},
	{name: "grep", does: "grep -r, three times"},
	{name: "gitstatus", does: "git status, 20 times", needs: []string{"git"}, vague: `/\.git/index$`},
	{name: "gitclone", does: "git clone, linked and fetched", needs: []string{"git"}, vague: `/\.git/index$`},
	{name: "gitgc", does: "git gc and fsck, 1,500 loose objects", needs: []string{"git"}, vague: `/\.git/index$`},
	{
		name: "npm", does: "npm ci of 30 packages", needs: []string{"node", "npm"},
		skip: `^home/\.npm/(_logs|_cacache|_update)`, vague: `/node_modules/\.package-lock\.json$`,
	},
	{name: "sqlite", does: "sqlite3, 5,000 commits", needs: []string{"sqlite3"}, vague: `\.db$`},
	{
		name: "gobuild", does: "go build and go vet of 41 packages", needs: []string{"go"}, long: true,
		skip: `^(tmp/cache|home/\.config/go/telemetry)/`,
	},
	{
		name: "redis", does: "redis-benchmark over a local socket and loopback, 50,000 requests",
		needs: []string{"redis-benchmark", "redis-check-rdb", "redis-cli"},
	},
	{name: "node", does: "node, 10 starts", needs: []string{"node"}},
	{name: "python", does: "python, 10 starts with 60 modules", needs: []string{"python3"}},
	{name: "shtrue", does: "sh, 1,000 × true"},
	{name: "hello", does: "configure and make of GNU hello", needs: []string{"make", "gcc", "dpkg-source"}, long: true, vague: `config\.log$`},
}

// stage is where showcases run: always under the same names, so that what
// they print can be compared.
type stage struct {
	scripts string // testdata/showcases
	base    string
	cache   string // what prepare.sh fetched or built, for the next ones
	root    string // of a run: work, home and tmp below it are the run's world
	env     []string
}

// newStage makes a stage below base for the repository at top.
func newStage(top, base string) (*stage, error) {
	scripts, err := filepath.Abs(filepath.Join(top, "testdata/showcases"))
	if err != nil {
		return nil, err
	}
	if base, err = filepath.EvalSymlinks(base); err != nil { // rules are about canonical paths
		return nil, err
	}
	s := &stage{scripts: scripts, base: base, cache: filepath.Join(base, "cache"), root: filepath.Join(base, "run")}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	root := strings.TrimSpace(string(out))
	s.env = []string{
		"PATH=" + filepath.Join(root, "bin") + ":/usr/local/bin:/usr/bin:/bin", "HOME=" + s.dir("home"), "TMPDIR=" + s.dir("tmp"),
		"LC_ALL=C.UTF-8", "TZ=UTC", "USER=user", "SHOWCASES=" + scripts, "CACHE=" + s.cache,
		"GOROOT=" + root, "GOCACHE=" + s.dir("tmp/cache"), "GOPATH=" + s.dir("home/go"), "GOTELEMETRY=off",
		"GOFLAGS=-mod=mod", "GOPROXY=off", "GOTOOLCHAIN=local", "CGO_ENABLED=0",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_DATE=2001-02-03T04:05:06Z", "GIT_COMMITTER_DATE=2001-02-03T04:05:06Z",
	}
	return s, os.MkdirAll(s.cache, 0o755)
}

// dir is a directory of the world of the run.
func (s *stage) dir(name string) string { return filepath.Join(s.root, name) }

// prepare makes the world that every run of a showcase starts with.
func (s *stage) prepare(c showcase) error {
	for _, name := range c.needs {
		if _, err := exec.LookPath(name); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(s.root); err != nil {
		return err
	}
	for _, name := range []string{"work", "home", "tmp"} {
		if err := os.MkdirAll(s.dir(name), 0o755); err != nil {
			return err
		}
	}
	script := filepath.Join(s.scripts, c.name, "prepare.sh")
	if _, err := os.Stat(script); err == nil {
		o, err := s.start(context.Background(), []string{"sh", script}, nil)
		if err != nil {
			return err
		}
		if o.status != 0 {
			return fmt.Errorf("%s: status %d\n%s%s", script, o.status, o.stdout, o.stderr)
		}
	}
	text, err := os.ReadFile(filepath.Join(s.scripts, c.name, "run.sh"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.dir("work/run.sh"), text, 0o644); err != nil {
		return err
	}
	_ = os.RemoveAll(s.template())
	return os.Rename(s.root, s.template())
}

// log is where the broker writes what it refuses.
func (s *stage) log() string { return filepath.Join(s.base, "audit.log") }

func (s *stage) template() string { return filepath.Join(s.base, "template") }

// reset gives the next run a fresh world.
func (s *stage) reset() error {
	if err := os.RemoveAll(s.root); err != nil {
		return err
	}
	if out, err := exec.Command("cp", "-a", s.template(), s.root).CombinedOutput(); err != nil {
		return fmt.Errorf("cp -a: %w\n%s", err, out)
	}
	_ = os.Remove(s.log())
	return nil
}

// outcome is what is known of a run afterwards.
type outcome struct {
	stdout, stderr string
	status         int // as a shell has it
	took           time.Duration
	cpu            time.Duration // of it and of all that it has waited for
}

// runLimit ends what hangs.
const runLimit = 20 * time.Minute

// run runs a showcase in a fresh world, with words before its command. watch is
// told the process id, and returns when it has seen enough; nil is fine.
func (s *stage) run(wrapper []string, watch func(pid int, ended <-chan struct{})) (outcome, error) {
	if err := s.reset(); err != nil {
		return outcome{}, err
	}
	return s.start(context.Background(), append(wrapper[:len(wrapper):len(wrapper)], "/bin/sh", "run.sh"), watch)
}

func (s *stage) start(ctx context.Context, args []string, watch func(int, <-chan struct{})) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = s.dir("work"), s.env, &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return outcome{}, err
	}
	ended, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		if watch != nil {
			watch(cmd.Process.Pid, ended)
		}
	}()
	err := cmd.Wait()
	took := time.Since(began)
	close(ended)
	<-watched
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		return outcome{}, fmt.Errorf("%s: %w", strings.Join(args, " "), errors.Join(err, ctx.Err()))
	}
	o := outcome{stdout: stdout.String(), stderr: stderr.String(), took: took, status: cmd.ProcessState.ExitCode()}
	o.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		o.status = 128 + int(status.Signal())
	}
	return o, nil
}

// optional compiles a regular expression; "" matches nothing.
func optional(pattern string) *regexp.Regexp {
	if pattern == "" {
		return regexp.MustCompile(`$^`)
	}
	return regexp.MustCompile(pattern)
}
