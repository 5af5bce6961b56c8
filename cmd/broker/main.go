// Command broker runs programs under rules: see broker --help.
package main

import (
	"os"
	"os/signal"
	"runtime"

	"golang.org/x/sys/unix"
)

// The main thread stays with main: receivers give their threads the umask and
// identity of targets, and /proc/self describes the main one.
func init() { runtime.LockOSThread() }

func main() {
	status, interrupted := execute(os.Args[1:])
	if interrupted {
		interrupt()
	}
	os.Exit(status)
}

// interrupt ends this process by SIGINT, as the command has ended: a shell
// leaves its loop or script at Ctrl-C only if the program died of the signal,
// not if it exits with 130. It returns where SIGINT does not kill: process 1
// of a container has no default action, and nohup-like parents ignore it.
func interrupt() {
	if os.Getpid() == 1 {
		return
	}
	signal.Reset(unix.SIGINT)
	_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGINT)
}
