package main

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// resize changes the window size of a terminal. ioctl_tty(2).
func resize(t *testing.T, tty *os.File, rows uint16) {
	t.Helper()
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: 80}); err != nil {
		t.Fatal(err)
	}
}
