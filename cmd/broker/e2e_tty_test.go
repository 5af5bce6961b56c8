package main

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestControllingTerminal compares what /dev/tty is to a target that was
// started with and without a controlling terminal.
func TestControllingTerminal(t *testing.T) {
	for _, c := range []struct {
		name     string
		terminal bool
	}{{"terminal", true}, {"none", false}} {
		t.Run(c.name, func(t *testing.T) {
			eachUser(t, func(t *testing.T, w *workspace) {
				args := []string{victim(t, "tty")}
				native := w.inSession(t, c.terminal, args)
				broker := w.inSession(t, c.terminal, w.underBroker(t, w.victimPolicy(t), args...))
				compareOutcomes(t, native, broker)
				w.checkNoRefusals(t, nil)
				if native.Status != 0 || t.Failed() {
					t.Logf("natively status %d:\n%s", native.Status, native.Stdout)
				}
			})
		})
	}
}

// inSession runs args as the leader of a new session, whose controlling
// terminal is its standard input if there is one.
func (w *workspace) inSession(t *testing.T, terminal bool, args []string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), e2eLimit)
	defer cancel()
	cmd := w.command(ctx, args)
	cmd.SysProcAttr.Setpgid = false
	cmd.SysProcAttr.Setsid = true
	if terminal {
		master, slave := openTerminal(t)
		defer master.Close()
		defer slave.Close()
		if w.who.switched {
			if err := slave.Chown(w.who.uid, w.who.gid); err != nil {
				t.Fatal(err)
			}
		}
		cmd.Stdin = slave
		cmd.SysProcAttr.Setctty = true
		cmd.SysProcAttr.Ctty = 0
	}
	return finishOutput(t, cmd)
}

// finishOutput runs a command and collects what it prints.
func finishOutput(t *testing.T, cmd *exec.Cmd) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run() // its status tells
	if cmd.ProcessState == nil {
		t.Fatalf("%s did not start", cmd)
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return outcome{Stdout: stdout.String(), Stderr: stderr.String(), Status: targetStatus(unix.WaitStatus(status))}
}

// TestCtrlCEndsASleepingOpen types Ctrl-C while the command sleeps in the open
// of a FIFO, which is the broker's open then.
func TestCtrlCEndsASleepingOpen(t *testing.T) {
	dir := jobDir(t)
	if err := unix.Mkfifo(filepath.Join(dir, "queue"), 0o600); err != nil {
		t.Fatal(err)
	}
	term := shell(t, dir)
	for _, key := range []struct{ text, status string }{{ctrlC, "130"}, {ctrlBackslash, "131"}} {
		term.run("broker -- sh -c 'ulimit -c 0; echo ready; exec cat queue'")
		term.expect(`ready\r\n`)
		session := term.cmd.Process.Pid
		await(t, "cat sleeps", func() bool {
			return len(processes(t, func(p process) bool {
				return p.session == session && p.name == "cat" && p.state == "S"
			})) == 1
		})
		term.send(key.text)
		term.expect(`shell> `)
		term.run("echo status $?")
		term.expect("status " + key.status + `\r\n`)
	}
}
