package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestConnectedSocketsStayInTheKernel stops the broker while programs that it
// has let connect, or bind, talk on: nothing of that asks it. If anything did,
// the program would wait for ever.
func TestConnectedSocketsStayInTheKernel(t *testing.T) {
	t.Run("client", func(t *testing.T) { eachUser(t, talkingClient) })
	t.Run("server", func(t *testing.T) { eachUser(t, talkingServer) })
}

// talkingClient is psql, which sends and receives on a connected socket.
func talkingClient(t *testing.T, w *workspace) {
	servePostgres(t, w)
	cmd, cancel := w.start(t, "psql", w.value("PGBIN")+"/psql", "-XAtq", "-h", "127.0.0.1")
	defer cancel()
	stdin, answers := talkTo(t, cmd)
	ask := func(n int) {
		fmt.Fprintf(stdin, "select %d;\n", n)
		if answer, err := answers.ReadString('\n'); answer != fmt.Sprintln(n) {
			t.Fatalf("select %d: answer %q, %v", n, answer, err)
		}
	}
	ask(0)
	stopped(t, cmd, func() {
		for n := range 100 {
			ask(n)
		}
	})
	stdin.Close()
	_, _ = io.Copy(io.Discard, answers)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, cmd.Stderr)
	}
}

// talkingServer is nginx, which accepts, receives and sends.
func talkingServer(t *testing.T, w *workspace) {
	w.env = append(w.env, "NGINX_PORT="+freePort(t))
	w.reset(t, filepath.Join(victims, "nginx"))
	prepareNginx(t, w)
	cmd, cancel := w.start(t, "nginx", "/usr/sbin/nginx", "-e", "error.log", "-p", w.work, "-c", "nginx.conf", "-g", "daemon off;")
	defer cancel()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	words := func() error {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		answer, err := client.Get("http://127.0.0.1:" + w.value("NGINX_PORT") + "/words")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err == nil && string(text) != "some words" {
			err = fmt.Errorf("the answer is %q", text)
		}
		return err
	}
	for err := words(); err != nil; err = words() {
		if hasEnded(cmd) {
			t.Fatalf("the server has ended: %v\n%s", cmd.Wait(), cmd.Stderr)
		}
	}
	stopped(t, cmd, func() {
		for range 100 {
			if err := words(); err != nil {
				t.Fatal(err)
			}
		}
	})
	if err := unix.Kill(cmd.Process.Pid, unix.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, cmd.Stderr)
	}
}

// hasEnded says whether a command waits to be waited for.
func hasEnded(cmd *exec.Cmd) bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return err == nil && info.Signo != 0
}

// start prepares a program under its policy; cancel ends it.
func (w *workspace) start(t testing.TB, policy string, args ...string) (cmd *exec.Cmd, cancel func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), e2eLimit)
	cmd = w.command(ctx, w.underBroker(t, policyFile(t, policy), args...))
	cmd.Stderr = new(bytes.Buffer)
	return cmd, cancel
}

// stopped stops the broker alone while act runs.
func stopped(t *testing.T, cmd *exec.Cmd, act func()) {
	t.Helper()
	pid := cmd.Process.Pid
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Kill(pid, unix.SIGCONT); err != nil {
			t.Error(err)
		}
	}()
	if err := unix.Waitid(unix.P_PID, pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	act()
}
