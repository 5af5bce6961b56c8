package broker

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"time"

	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/launch"
	"seccomp-broker/notify/tracee"

	"golang.org/x/sys/unix"
)

// Config is a run of one command.
type Config struct {
	Loaded
	// Reload, if not nil, loads the rules anew: when their files change, and when
	// SIGHUP is sent to this process, which is not passed on then. Its error is
	// what else is to be said where it has told the user what is wrong; Files is
	// set even then. It is called by one goroutine at a time.
	Reload func() (Loaded, error)
	Log    syscalls.Recorder
	Path   string   // the executable, found already
	Args   []string // argv
	Env    []string
	Linger bool          // wait for descendants instead of ending them
	Grace  time.Duration // between SIGTERM and SIGKILL for descendants
	// Placement is where receivers run; empty means PlacementAuto.
	Placement Placement
	// Spare, if not nil, tells processes that this one has started for itself, and
	// Reaped is told how they, and all others, have ended: Run waits for all
	// children.
	Spare  func(pid int) bool
	Reaped func(pid int, status unix.WaitStatus)
	Notice func(string) // tells the user something worth knowing
	Fail   func(error)  // tells the user of an error while serving
}

// Result is how a command ended.
type Result struct {
	Status     unix.WaitStatus
	NotStarted error // the command could not be executed at all; else nil
}

// spareProcessors is the least GOMAXPROCS. A thread that sleeps in a system
// call keeps its place in Go's scheduler only while other places are free;
// else the runtime's monitor takes it away every 20 µs, which on one processor
// costs the hot path up to a tenth (BENCHMARKS.md).
const spareProcessors = 4

// Run starts the command under the policy, serves it, and returns when it
// and its descendants have ended. An error means that the command did not
// start. Run changes the whole process (it becomes non-dumpable and a child
// subreaper, it takes over signals), so it is for a program's main and runs
// once.
func Run(cfg Config) (Result, error) {
	runtime.GOMAXPROCS(max(runtime.NumCPU(), spareProcessors))
	env, program, err := prepare(cfg)
	if err != nil {
		return Result{}, err
	}
	reloads, err := prepareReload(cfg, env)
	if err != nil {
		return Result{}, err
	}
	defer reloads.stop()
	signals := catchSignals(reloads.asked)
	defer signals.stop()
	command := launch.Command{Path: cfg.Path, Args: cfg.Args, Env: cfg.Env, Program: program}
	if env.FixedRoot {
		command.ExecBelow = execFloor(cfg.Policy, cfg.Path)
	}
	env.Breach = func() { killTree(env.Proc) }
	env.Tree = func() []int { return descendants(env.Proc) }
	p, err := launch.Start(command)
	if err != nil {
		return Result{}, err
	}
	defer p.Close()
	if !p.WaitKillable {
		cfg.Notice("this kernel lacks SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (Linux 5.19): a signal can make the broker do a call twice")
	}
	if !p.SignalsScoped {
		cfg.Notice("this kernel lacks Landlock signal scopes (Linux 6.12): the command can send signals to other processes of this user")
	}
	if len(command.ExecBelow) > 0 && !p.ExecGuarded {
		cfg.Notice("this kernel lacks Landlock (Linux 5.13): a program that races its own execve can run what the rules refuse, until it is noticed")
	}
	reloads.guarded(command.ExecBelow, p.ExecGuarded)
	env.Listener, env.WaitKillable = p.Listener, p.WaitKillable
	engine := NewEngine(env, cfg.Fail, func(err error) {
		// Nobody answers any more: calls would sleep for ever.
		cfg.Fail(fmt.Errorf("notifications cannot be received, the command is killed: %w", err))
		killTree(env.Proc)
	})
	engine.place = newPlacer(cmp.Or(cfg.Placement, PlacementAuto))
	env.Yielding = &engine.place.yielding
	defer engine.place.close()
	tellShadow(cfg, env)
	engine.Start()
	reloads.start()
	p.Release()
	status := signals.wait(p.PID)
	result := Result{Status: status, NotStarted: p.ExecError()}
	if !cfg.Linger || !outlast(engine, signals) {
		end(cfg, env.Proc)
	}
	drain(engine)
	return result, nil
}

// prepare makes this process fit to supervise, and everything that can fail
// before anything is started.
func prepare(cfg Config) (*syscalls.Env, []unix.SockFilter, error) {
	if err := checkKernel(); err != nil {
		return nil, nil, err
	}
	proc, err := tracee.OpenProc()
	if err != nil {
		return nil, nil, err
	}
	proc.Spare = cfg.Spare
	if cfg.Reaped != nil {
		reaped = cfg.Reaped
	}
	env := &syscalls.Env{Proc: proc, Rules: syscalls.Rules{Policy: cfg.Policy, Shadow: cfg.Shadow}, Log: cfg.Log}
	var buf tracee.StatusBuffer
	if e := proc.Thread(unix.Getpid()).Identity(&env.Self, &buf); e != 0 {
		return nil, nil, fmt.Errorf("read the broker's own identity: %w", e)
	}
	if env.Self.EUID != uint32(unix.Getuid()) {
		return nil, nil, errors.New("the broker must not be installed set-user-id: it acts with the rights of the one who starts it")
	}
	if err := checkStdio(); err != nil {
		return nil, nil, err
	}
	spec := Plan(cfg.Policy, env.Self.CapEff != 0)
	env.FixedRoot = fixedRoot(spec)
	program, err := compile(spec)
	if err != nil {
		return nil, nil, err
	}
	if env.Rules.Emulated, err = emulated(cfg.Policy, spec); err != nil {
		return nil, nil, err
	}
	// Orphans of the command become children of the broker, and stay within
	// reach of its inspection: prctl(2), PR_SET_CHILD_SUBREAPER.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, nil, &launch.Error{Step: "become a child subreaper", Err: err}
	}
	// The target runs as the same user: it must not attach to the broker.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return nil, nil, &launch.Error{Step: "become non-dumpable", Err: err}
	}
	return env, program, nil
}
