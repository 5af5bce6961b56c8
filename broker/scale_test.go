package broker

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"seccomp-broker/broker/audit"
	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/notify/launch"

	"golang.org/x/sys/unix"
)

// What is held here is counted, not timed: that calls end while others sleep,
// and that many at once get what each must get.

const (
	crowdSize = 64 // workers at once
	// crowdLimit turns what would hang for ever into a failure.
	crowdLimit = 2 * time.Minute
)

// deniedOnly is a recorder that fails the test for anything but refusals.
type deniedOnly struct{ t testing.TB }

func (deniedOnly) Wants(a audit.Action) bool { return a != audit.Allowed && a != audit.Denied }
func (d deniedOnly) Record(ev *audit.Event)  { d.t.Errorf("recorded %+v", *ev) }

// crowd is testdata/victims/crowd.c below an engine.
type crowd struct {
	t        *testing.T
	dir      string
	engine   *Engine
	killable bool // its calls wait without being disturbed by signals
	in       *os.File
	out      *os.File
	lines    *bufio.Reader
}

// startCrowd starts one that may do anything below its directory but look into
// "secret".
func startCrowd(t *testing.T) *crowd {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	policy := loadRules(t, allowAll+fmt.Sprintf("\ndeny \"secret\" {\n access = [\"read\"]\n path = [\"%s/secret/**\"]\n}\n", dir))
	env, program := supervisor(t, policy, deniedOnly{t})
	c := &crowd{t: t, dir: dir}
	commands, in := pipe(t)
	out, answers := pipe(t)
	c.in, c.out, c.lines = in, out, bufio.NewReader(out)
	bin := compileC(t, t.TempDir(), "crowd", victims+"/crowd.c")
	p, err := launch.Start(launch.Command{
		Path: bin, Args: []string{bin}, Program: program,
		Files: []*os.File{commands, answers, os.Stderr}, Sys: &syscall.SysProcAttr{Setpgid: true},
	})
	commands.Close()
	answers.Close()
	if err != nil {
		t.Fatal(err)
	}
	env.Listener, env.WaitKillable = p.Listener, p.WaitKillable
	c.killable = p.WaitKillable
	c.engine = NewEngine(env, func(err error) { t.Error(err) }, func(err error) { t.Error(err) })
	c.engine.Start()
	t.Cleanup(func() { c.end(p) })
	p.Release()
	c.expect("ready")
	return c
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// end lets the crowd go, or kills it if it does not answer any more.
func (c *crowd) end(p *launch.Process) {
	c.in.Close()
	if c.t.Failed() {
		_ = unix.Kill(-p.PID, unix.SIGKILL)
	}
	var status unix.WaitStatus
	for {
		if _, err := unix.Wait4(p.PID, &status, 0, nil); err != unix.EINTR {
			break
		}
	}
	c.out.Close()
	if !c.t.Failed() && status != 0 {
		c.t.Errorf("the crowd ended with %#x", status)
	}
	c.engine.Wait()
	p.Close()
	if err := p.Listener.Close(); err != nil {
		c.t.Error(err)
	}
}

// tell sends a command.
func (c *crowd) tell(format string, values ...any) {
	c.t.Helper()
	if _, err := fmt.Fprintf(c.in, format+"\n", values...); err != nil {
		c.t.Fatal(err)
	}
}

// answer waits for the next one.
func (c *crowd) answer() string {
	c.t.Helper()
	if err := c.out.SetReadDeadline(time.Now().Add(crowdLimit)); err != nil {
		c.t.Fatal(err)
	}
	line, err := c.lines.ReadString('\n')
	if err != nil {
		c.t.Fatalf("the crowd says %q: %v", line, err)
	}
	return strings.TrimSuffix(line, "\n")
}

func (c *crowd) expect(want string) {
	c.t.Helper()
	if got := c.answer(); got != want {
		c.t.Fatalf("the crowd says %q, want %q", got, want)
	}
}

// path is a name in the crowd's directory.
func (c *crowd) path(name string) string { return filepath.Join(c.dir, name) }

// fifos makes n of them.
func (c *crowd) fifos(n int) {
	c.t.Helper()
	for i := range n {
		if err := unix.Mkfifo(c.path(fmt.Sprintf("fifo-%d", i)), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
}

// wakeAll ends the sleep of whoever opens a FIFO for reading.
func (c *crowd) wakeAll() {
	names, _ := filepath.Glob(c.path("fifo-*"))
	for _, name := range names {
		if fd, err := unix.Open(name, unix.O_WRONLY|unix.O_NONBLOCK, 0); err == nil {
			_ = unix.Close(fd)
		}
	}
}

// until waits for something that must come to pass.
func (c *crowd) until(what string, holds func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(crowdLimit); !holds(); runtime.Gosched() {
		if time.Now().After(deadline) {
			c.t.Fatalf("in vain waited until %s: %d receivers, %d wait", what, c.engine.total.Load(), c.engine.idle.Load())
		}
	}
}

// busy is how many receivers are not waiting for a notification.
func (c *crowd) busy() int { return int(c.engine.total.Load() - c.engine.idle.Load()) }

// eachKind runs a test with processes and with threads.
func eachKind(t *testing.T, test func(t *testing.T, kind string)) {
	t.Helper()
	for _, kind := range []string{"processes", "threads"} {
		t.Run(kind, func(t *testing.T) { test(t, kind) })
	}
}

// Opens that sleep hold up nobody: two others do all of their work while every
// sleeper still sleeps.
func TestSleepersDelayNobody(t *testing.T) {
	for _, sleepers := range []int{1, 100} {
		t.Run(fmt.Sprint(sleepers), func(t *testing.T) {
			eachKind(t, func(t *testing.T, kind string) {
				c := startCrowd(t)
				c.fifos(sleepers)
				c.tell("sleep %s %d %s", kind, sleepers, c.dir)
				c.expect("sleep")
				c.until("that many receivers sleep", func() bool { return c.busy() >= sleepers })
				c.tell("open %s 2 2000 0 0 /etc/passwd", kind)
				if got := c.answer(); !strings.HasPrefix(got, "open ") {
					t.Errorf("the others say %q", got)
				}
				if got := c.busy(); got < sleepers {
					t.Errorf("%d of %d still sleep", got, sleepers)
				}
				c.wakeAll()
				c.tell("woken")
				c.expect(fmt.Sprintf("woken %d", sleepers))
			})
		})
	}
}

// Calls of two targets are under way at the same time: an open of a FIFO ends
// only when another one, for the other end, has begun. Done one after the other
// they would never end.
func TestTargetsMeet(t *testing.T) {
	for _, pairs := range []int{1, crowdSize / 2} {
		t.Run(fmt.Sprint(pairs), func(t *testing.T) {
			eachKind(t, func(t *testing.T, kind string) {
				const rounds = 20
				c := startCrowd(t)
				if !c.killable {
					kerneltest.Missing(t, "WAIT_KILLABLE_RECV (Linux 5.19)") // a FIFO that was closed has a reader for a moment
				}
				c.fifos(2 * pairs)
				c.tell("meet %s %d %d %s", kind, pairs, rounds, c.dir)
				c.expect(fmt.Sprintf("meet %d 0", 2*pairs*rounds))
			})
		})
	}
}

// Two receivers serve two targets that do nothing but call: on two processors
// they do not wait for one another.
func TestBusyTargetsGetTwoReceivers(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("missing: a second processor")
	}
	eachKind(t, func(t *testing.T, kind string) {
		c := startCrowd(t)
		stopped, most := make(chan struct{}), make(chan int, 1)
		stop := sync.OnceFunc(func() { close(stopped) })
		defer stop()
		go func() {
			top := 0
			for {
				select {
				case <-stopped:
					most <- top
					return
				default:
					top = max(top, c.busy())
					runtime.Gosched()
				}
			}
		}()
		for range 10 {
			c.tell("open %s 8 1000 0 0 /etc/passwd", kind)
			c.answer()
		}
		stop()
		if got := <-most; got < 2 {
			t.Errorf("at most %d receivers worked at once", got)
		}
	})
}

// Many at once get what each must get, as the first of a crowd and as the last.
func TestCrowdGetsRightResults(t *testing.T) {
	eachKind(t, func(t *testing.T, kind string) {
		c := startCrowd(t)
		for _, name := range []string{"own", "link", "new", "secret"} {
			if err := os.Mkdir(c.path(name), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for i := range crowdSize {
			name := fmt.Sprint(i)
			for _, dir := range []string{"own", "secret"} {
				if err := os.WriteFile(c.path(filepath.Join(dir, name)), []byte(name+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink("../own/"+name, c.path("link/"+name)); err != nil {
				t.Fatal(err)
			}
		}
		const rounds, results = 20, 10
		c.tell("check %s %d %d %s", kind, crowdSize, rounds, c.dir)
		c.expect(fmt.Sprintf("check %d 0", crowdSize*rounds*results))
	})
}
