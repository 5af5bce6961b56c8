package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const sshdPath = "/usr/sbin/sshd"

// sshdRules is what the server needs that nobody learns: as root it shuts itself
// up in an empty directory before it talks to strangers.
const sshdRules = `extends = ["builtin:base"]

syscalls {
  # lint:accept lifted-calls: sshd as root shuts its part that talks to strangers up in an empty directory
  allow = ["@default", "chroot"]
}
`

// serveLogins writes the keys and settings for both sides. The server is the
// program that is looked at, so nothing is started.
func serveLogins(t *testing.T, w *workspace) func() string {
	t.Helper()
	dir, account := loginFiles(t, w)
	w.own(t, dir)
	// ssh takes no key that others than its own user may read.
	key := filepath.Join(w.base, "key")
	writeFile(t, key, readFile(t, filepath.Join(dir, "key")))
	if err := os.Chmod(key, 0o600); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(w.base, "known_hosts"), "server "+readFile(t, filepath.Join(dir, "host.pub")))
	w.env = append(w.env, "SSH_USER="+account.Username)
	return nil
}

// driveLogin logs in and runs a script.
func driveLogin(t *testing.T, w *workspace, args []string) outcome {
	t.Helper()
	return w.login(t, args, "", "ssh", "server", "cd "+w.work+" && sh work.sh")
}

// driveCopy logs in to copy files.
func driveCopy(t *testing.T, w *workspace, args []string) outcome {
	t.Helper()
	batch := fmt.Sprintf("cd %s\nget page.txt %s/got.txt\nput %[2]s/got.txt put.txt\nrename put.txt renamed.txt\nls -1\n", w.work, w.tmp)
	o := w.login(t, args, batch, "sftp", "-q", "-b", "-", "server")
	if got, err := os.ReadFile(filepath.Join(w.tmp, "got.txt")); err == nil {
		o.Stdout += string(got)
	}
	return o
}

// login starts the server args for one connection, and a client that makes it. The
// outcome is the client's.
func (w *workspace) login(t *testing.T, args []string, input string, client string, words ...string) outcome {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), e2eLimit)
	defer cancel()
	options := []string{
		"-F", "none", "-o", "HostName=127.0.0.1", "-o", "Port=" + portOf(l.Addr()), "-o", "User=" + w.value("SSH_USER"),
		"-o", "IdentityFile=" + filepath.Join(w.base, "key"), "-o", "IdentitiesOnly=yes", "-o", "HostKeyAlias=server",
		"-o", "UserKnownHostsFile=" + filepath.Join(w.base, "known_hosts"), "-o", "BatchMode=yes", "-o", "LogLevel=ERROR",
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, client, append(options, words...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	server := w.serveOne(t, ctx, l, append(args, "-f", filepath.Join(w.base, "ssh", "sshd_config")))
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	said := server()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return outcome{Stdout: stdout.String(), Stderr: stderr.String() + said, Status: targetStatus(unix.WaitStatus(status))}
}

// serveOne accepts one connection and gives it to a server. What is returned waits
// for the server's end and tells what it has said.
func (w *workspace) serveOne(t *testing.T, ctx context.Context, l net.Listener, args []string) func() string {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	socket, err := conn.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if os.Geteuid() == 0 {
		if w.who.switched {
			args = append([]string{"setpriv", fmt.Sprintf("--reuid=%d", w.who.uid), fmt.Sprintf("--regid=%d", w.who.gid), "--clear-groups", "--"}, args...)
		}
		args = append([]string{"unshare", "--mount", "--propagation", "private", "sh", "-c", hidden, "sh", filepath.Join(w.base, "ssh")}, args...)
	}
	var stderr bytes.Buffer
	cmd := w.command(ctx, args)
	cmd.SysProcAttr.Credential = nil // setpriv changes it, behind the mounts
	cmd.Stdin, cmd.Stdout, cmd.Stderr = socket, socket, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() string {
		_ = cmd.Wait()
		return stderr.String()
	}
}
