package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// counter counts signals of the kinds it is told of, and says so. It waits in
// the shell itself: a shell in the middle of vfork(2) does not stop at Ctrl-Z
// before the child has executed, with or without a broker.
const counter = `#!/bin/sh
for s in "$@"; do
	eval "n_$s=0"
	trap "n_$s=\$((n_$s+1)); echo \"$s \$n_$s\"" "$s"
done
trap 'kill $!; for s in "$@"; do eval "echo total $s \$n_$s"; done; exit 7' QUIT
sleep 100000 &
echo ready $$
while :; do wait; done
`

// jobDir makes a directory for a terminal session, with the counter in it.
func jobDir(t *testing.T) string {
	t.Helper()
	dir, err := worldReadableTemp("broker-job-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.WriteFile(filepath.Join(dir, "counter"), []byte(counter), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// times is how often each signal is sent: one that came twice by chance as one
// would not stay hidden.
const times = 20

func TestCtrlCReachesTheCommandOnce(t *testing.T) {
	term := shell(t, jobDir(t))
	term.run("broker -- ./counter INT")
	term.expect(`ready \d+\r\n`)
	for i := range times {
		term.send(ctrlC)
		term.expect(fmt.Sprintf(`INT %d\r\n`, i+1))
	}
	term.send(ctrlBackslash)
	if got := term.expect(`total INT (\d+)\r\n`)[1]; got != strconv.Itoa(times) {
		t.Errorf("Ctrl-C was typed %d times, the command got %s", times, got)
	}
	term.run("echo status $?")
	term.expect(`status 7\r\n`)
}

func TestCtrlCEndsTheCommand(t *testing.T) {
	term := shell(t, jobDir(t))
	term.run("broker -- sh -c 'echo ready; exec sleep 1000'")
	term.expect(`ready\r\n`)
	term.send(ctrlC)
	term.expect(`shell> `)
	term.run("echo status $?")
	term.expect(`status 130\r\n`)
	term.run("broker -- sh -c 'echo ready; exec sleep 1000'")
	term.expect(`ready\r\n`)
	term.send(ctrlBackslash)
	term.expect(`shell> `)
	term.run("echo status $?")
	term.expect(`status 131\r\n`)
}

// A shell ends a loop at Ctrl-C only if the program died of the signal itself.
func TestCtrlCEndsAShellLoop(t *testing.T) {
	term := shell(t, jobDir(t))
	term.run("for i in 1 2; do broker -- sh -c 'echo ready; exec sleep 1000'; echo went on; done")
	term.expect(`ready\r\n`)
	term.send(ctrlC)
	term.expect(`\^C\r\nshell> `)
}

func TestCtrlZStopsBrokerAndCommand(t *testing.T) {
	term := shell(t, jobDir(t))
	term.run("broker -- ./counter CONT")
	pid, _ := strconv.Atoi(term.expect(`ready (\d+)\r\n`)[1])
	broker := parentOf(t, pid)
	for i := range times {
		term.send(ctrlZ)
		term.expect(`Stopped +broker -- ./counter CONT\r\n`)
		for _, id := range []int{pid, broker} {
			if p, ok := lookAt(id); !ok || p.state != "T" {
				t.Fatalf("%s[%d] is in state %q, want it stopped", p.name, id, p.state)
			}
		}
		term.expect(`shell> `)
		term.run("jobs")
		term.expect(`\[1\]\+  Stopped +broker -- ./counter CONT\r\n`)
		switch i % 3 {
		case 0: // the whole job, in the foreground
			term.run("fg")
		case 1: // the whole job, in the background
			term.run("bg")
		case 2: // the broker alone
			term.run(fmt.Sprintf("kill -CONT %d", broker))
		}
		term.expect(fmt.Sprintf(`CONT %d\r\n`, i+1))
		if i%3 != 0 {
			term.run("fg")
			term.awaitForeground("counter")
		}
	}
	term.send(ctrlBackslash)
	if got := term.expect(`total CONT (\d+)\r\n`)[1]; got != strconv.Itoa(times) {
		t.Errorf("the job was continued %d times, the command got %s SIGCONT", times, got)
	}
	term.run("echo status $?")
	term.expect(`status 7\r\n`)
}

func parentOf(t *testing.T, pid int) int {
	t.Helper()
	p, ok := lookAt(pid)
	if !ok {
		t.Fatalf("process %d is gone", pid)
	}
	if parent, ok := lookAt(p.parent); !ok || parent.name != "broker" {
		t.Fatalf("the parent of %d is %s[%d], want the broker", pid, parent.name, p.parent)
	}
	return p.parent
}

// An open that sleeps in the broker on the command's behalf stops with it, and
// goes on with it.
func TestCtrlZStopsASleepingOpen(t *testing.T) {
	dir := jobDir(t)
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	term := shell(t, dir)
	term.run("broker -- sh -c 'echo ready; read line <fifo; echo got $line'")
	term.expect(`ready\r\n`)
	for range 3 {
		term.send(ctrlZ)
		term.expect(`Stopped +broker`)
		term.expect(`shell> `)
		term.run("fg")
		term.awaitForeground("sh")
	}
	if err := os.WriteFile(filepath.Join(dir, "fifo"), []byte("text\n"), 0); err != nil {
		t.Fatal(err)
	}
	term.expect(`got text\r\n`)
	term.expect(`shell> `)
	term.run("echo status $?")
	term.expect(`status 0\r\n`)
}

func TestBackgroundAndForeground(t *testing.T) {
	term := shell(t, jobDir(t))
	term.run("set -b; broker -- cat &")   // -b: bash tells of jobs at once
	term.expect(`Stopped +broker -- cat`) // SIGTTIN: it read the terminal in the background
	term.run("fg")
	term.awaitForeground("cat")
	term.send("hello\n")
	term.expect(`hello\r\nhello\r\n`)
	term.send(ctrlZ)
	term.expect(`Stopped +broker -- cat`)
	term.run("fg")
	term.awaitForeground("cat")
	term.send("again\n")
	term.expect(`again\r\nagain\r\n`)
	term.send(ctrlD)
	term.expect(`shell> `)
	term.run("echo status $?")
	term.expect(`status 0\r\n`)
}

// A shell inside the broker does its own job control on the same terminal.
func TestJobControlInsideTheBroker(t *testing.T) {
	term := shell(t, jobDir(t))
	term.run("broker -- bash --norc --noprofile -i")
	term.expect(`shell> `)
	term.run("./counter INT CONT")
	term.expect(`ready`)
	term.send(ctrlC)
	term.expect(`INT 1\r\n`)
	term.send(ctrlZ)
	term.expect(`Stopped.*counter`)
	term.expect(`shell> `)
	term.run("fg")
	term.expect(`CONT 1\r\n`) // it has the terminal now
	term.send(ctrlC)
	term.expect(`INT 2\r\n`)
	term.send(ctrlBackslash)
	term.expect(`total INT 2\r\n`)
	term.expect(`shell> `)
	term.run("exit 5")
	term.expect(`shell> `)
	term.run("echo status $?")
	term.expect(`status 5\r\n`)
}

// With tostop, a background write to the terminal stops who writes. The
// broker's own words must neither stop nor spin.
func TestBackgroundOutputWithTostop(t *testing.T) {
	dir := jobDir(t)
	term := shell(t, dir)
	term.run("stty tostop")
	term.expect(`shell> `)
	term.run("broker -- setsid sh -c 'cat /etc/shadow 2>done; test -s done || echo no refusal >done' & wait; echo over; cat done")
	term.expect(`denied read /etc/shadow`)
	term.expect(`over\r\n`)
	term.expect(`Permission denied\r\n`)
}

func TestWindowSizeReachesTheCommandOnce(t *testing.T) {
	dir := jobDir(t)
	term := shell(t, dir)
	term.run("broker -- ./counter WINCH")
	term.expect(`ready`)
	for i := range times {
		resize(t, term.master, uint16(40+i))
		term.expect(fmt.Sprintf(`WINCH %d\r\n`, i+1))
	}
	term.send(ctrlBackslash)
	if got := term.expect(`total WINCH (\d+)\r\n`)[1]; got != strconv.Itoa(times) {
		t.Errorf("the window was resized %d times, the command got %s SIGWINCH", times, got)
	}
}

// A signal that a process sends to the broker alone means the command, also
// where the keyboard would reach both: what a supervisor stops must stop.
func TestSignalsSentToABrokerInTheForeground(t *testing.T) {
	for name, sig := range map[string]syscall.Signal{
		"INT": syscall.SIGINT, "HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM, "WINCH": syscall.SIGWINCH,
	} {
		t.Run(name, func(t *testing.T) {
			term := onTerminal(t, jobDir(t), brokerBinary(t), "--", "./counter", name)
			term.expect(`ready \d+\r\n`)
			for i := range times {
				if err := syscall.Kill(term.cmd.Process.Pid, sig); err != nil {
					t.Fatal(err)
				}
				term.expect(fmt.Sprintf(`%s %d\r\n`, name, i+1))
			}
			if err := syscall.Kill(term.cmd.Process.Pid, syscall.SIGQUIT); err != nil {
				t.Fatal(err)
			}
			if got := term.expect(fmt.Sprintf(`total %s (\d+)\r\n`, name))[1]; got != strconv.Itoa(times) {
				t.Errorf("sent %d times, the command got %s", times, got)
			}
			<-term.ended
			if status := term.cmd.ProcessState.ExitCode(); status != 7 {
				t.Errorf("exit status %d, want 7", status)
			}
		})
	}
}
