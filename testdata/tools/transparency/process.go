package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// side is where a run happens: natively or under the broker, and which time.
type side struct {
	name  string
	round int
}

// marker is in the environment of everything that a run starts, so that what it
// leaves behind can be found.
const marker = "TRANSPARENCY_RUN="

// once runs a suite and returns what its tests came to.
func (s *session) once(ctx context.Context, t task, dir string, at side) (outcomes, time.Duration, error) {
	f, err := newFolder(dir, t.user)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = remove(dir) }()
	cmd, err := t.suite.stage(s.bench, t.suite, f)
	if err != nil {
		return nil, 0, err
	}
	if at.name == "broker" {
		cmd.argv = append([]string{s.broker, "--quiet", "--rules", s.rules, "--log", f.join("audit"), "--"}, cmd.argv...)
	}
	started := time.Now()
	log, clean, err := execute(ctx, cmd, f, t.suite.limit)
	elapsed := time.Since(started)
	if err != nil {
		return nil, 0, err
	}
	if err := s.keep(t, at, log, f.join("audit")); err != nil {
		return nil, 0, err
	}
	found, err := t.suite.outcomes(t.suite, f, log)
	if err != nil && clean {
		return nil, 0, err
	}
	if found == nil {
		found = outcomes{}
	}
	if len(found) == 0 && at.name == "native" {
		return nil, 0, fmt.Errorf("no test has said how it ended:\n%s", tail(log))
	}
	found.add(ending, map[bool]outcome{true: passed, false: failed}[clean])
	return found, elapsed, nil
}

// tail returns the last words of a log.
func tail(log []byte) []byte { return log[max(0, len(log)-2000):] }

// leader leads the session. The suite must not: the first terminal that a
// session leader opens becomes its own, and hangs it up in the end. The broker's
// target is no leader either.
const leader = `"$@"; exit $?`

// execute runs a command in a session of its own, without a terminal, and ends
// everything that it started. clean says that it ended by itself.
func execute(ctx context.Context, c command, f folder, limit time.Duration) (log []byte, clean bool, err error) {
	out, err := os.CreateTemp("", "log-")
	if err != nil {
		return nil, false, err
	}
	defer out.Close()
	defer os.Remove(out.Name())

	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	id := strconv.FormatInt(time.Now().UnixNano(), 36)
	cmd := exec.CommandContext(timed, "/bin/sh", append([]string{"-c", leader, "sh"}, c.argv...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, out, out
	cmd.Env = append(f.environment(), append(c.env, marker+id)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: f.user.credential()}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	err = cmd.Run()
	killLeftovers(id)
	if ctx.Err() != nil {
		return nil, false, context.Cause(ctx)
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		clean = true
	case errors.As(err, &exit):
		clean = exit.Exited() && exit.ExitCode() < 128
	default:
		return nil, false, err
	}
	log, err = os.ReadFile(out.Name())
	return log, clean, err
}

func (f folder) environment() []string {
	return []string{
		"PATH=" + searchPath(), "TERM=dumb", "LANG=C.UTF-8", "SHELL=/bin/sh", "USER=" + f.user.name, "LOGNAME=" + f.user.name,
		"HOME=" + f.join("home"), "TMPDIR=" + f.join("tmp"),
	}
}

// searchPath is the same for every user: folders of the one that runs this are
// closed to the other one.
func searchPath() string {
	const standard = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	if root, err := goRoot(); err == nil {
		return filepath.Join(root, "bin") + ":" + standard
	}
	return standard
}

// killLeftovers ends what a run has left behind, whoever is its parent now. What
// is starting while it looks is found by looking again.
func killLeftovers(id string) {
	for range 20 {
		found := false
		files, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil || !bytes.Contains(text, []byte(marker+id)) {
				continue
			}
			if pid, err := strconv.Atoi(strings.Split(file, "/")[2]); err == nil && syscall.Kill(pid, syscall.SIGKILL) == nil {
				found = true
			}
		}
		if !found {
			return
		}
	}
}

// keep leaves the log, and what the broker refused, for whoever looks into a
// difference.
func (s *session) keep(t task, at side, log []byte, audit string) error {
	dir := filepath.Join(s.cache, "logs")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	base := fmt.Sprintf("%s.%s.%s.%d", strings.ReplaceAll(t.suite.name, "/", "-"), t.user.name, at.name, at.round)
	if err := os.WriteFile(filepath.Join(dir, base+".log"), log, 0o644); err != nil {
		return err
	}
	refused, err := os.ReadFile(audit)
	if err != nil {
		return nil // natively there is none
	}
	return os.WriteFile(filepath.Join(dir, base+".refused"), refused, 0o644)
}
