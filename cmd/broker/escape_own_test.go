package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// ownTests are the programs that TestEscape does not run.
var ownTests = map[string]bool{"35-noctty": true}

// paintedNames are those of testdata/escape/33-painted.c, which looks for them
// beside the secret.
var paintedNames = []string{
	"\x1b]0;owned\a\x1b[2J\x1b[31mred",
	"line\nbroker: allowed everything",
	"over\rbroker: nothing was refused",
	"\u009b[31mC1",
	"\u202etxt.exe",
	"zero\u200bwidth\u200d\ufeff",
	"\u2028separator\u2029",
	"\xff\xfe bytes",
}

// TestTerminalOfTheBroker has a program open a terminal without O_NOCTTY.
// Natively its session takes it; the broker, which makes the open in its place
// and leads a session without a terminal, must not.
func TestTerminalOfTheBroker(t *testing.T) {
	for _, who := range identities() {
		for _, half := range []string{"native", "broker"} {
			t.Run(half+"/"+who.name, func(t *testing.T) {
				tree := newEscapeTree(t, who)
				c := escape{program: "35-noctty"}
				args := c.command(t, tree)
				if half == "broker" {
					args = c.underBroker(t, tree)
				}
				took := terminalTaken(t, who, args)
				if half == "native" && !took {
					t.Error("natively the session takes no terminal: it proves nothing")
				}
				if half == "broker" && took {
					t.Error("the broker has the program's terminal")
				}
				t.Attr("result", map[bool]string{true: "ESCAPED 1/1", false: "HELD 0/1"}[took])
			})
		}
	}
}

// terminalTaken starts args as the leader of a session and says whether it has
// a controlling terminal once the program has opened one.
func terminalTaken(t *testing.T, who identity, args []string) bool {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/bin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if who.switched {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(who.uid), Gid: uint32(who.gid)}
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, lines := talkTo(t, cmd)
	if line, err := lines.ReadString('\n'); line != "opened\n" {
		t.Errorf("the program says %q (%v)", line, err)
	}
	// tty_nr is the fifth field after the name in parentheses, proc_pid_stat(5).
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	in.Close()
	if line, err := lines.ReadString('\n'); line != "DONE 3\n" {
		t.Errorf("the program says %q (%v)", line, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, &stderr)
	}
	return fields[4] != "0"
}

// TestRefusedReceive: where a security module lets a filter be installed but
// nobody receive its notifications, nothing can be decided. The command must
// not run, and whoever started it must be told.
func TestRefusedReceive(t *testing.T) {
	for _, who := range identities() {
		t.Run(who.name, func(t *testing.T) {
			tree := newEscapeTree(t, who)
			c := escape{program: "good"}
			args := append([]string{escapeProgram(t, "refuse-receive")}, c.underBroker(t, tree)...)
			out := runEscape(t, c, tree, who, args, 0)
			if out.status == 0 || out.stdout != "" {
				t.Errorf("exit status %d, output %q, want a failure and nothing", out.status, out.stdout)
			}
			if !strings.Contains(out.stderr, "cannot be received") || !strings.Contains(out.stderr, "operation not permitted") {
				t.Errorf("the broker says %q", out.stderr)
			}
			if _, err := os.Stat(filepath.Join(tree.root, "data/moved")); err == nil {
				t.Error("the command has done something")
			}
		})
	}
}
