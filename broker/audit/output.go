package audit

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// OpenFile opens a file to append events to, creating it with mode 0600. Its
// errors say what to do, and leave it to the caller to name the file.
//
// The last component must not be a symbolic link, nor a file with a second
// name: in a directory where an earlier run of the target could write, either
// one could send the log, whose text the target partly chooses, into a shell's
// start-up file. The descriptor names /dev/stdout, /dev/fd/N and /proc/self/fd/N are
// links too, but the kernel's own, and are followed.
//
// O_NONBLOCK makes a FIFO without a reader an error instead of a hang; the
// runtime's poller waits for a slow one. O_NOCTTY keeps a terminal given as
// log from becoming the broker's own.
func OpenFile(path string) (*os.File, error) {
	flags := os.O_WRONLY | os.O_APPEND | os.O_CREATE | syscall.O_NOCTTY | syscall.O_NONBLOCK
	if !isDescriptor(path) {
		flags |= syscall.O_NOFOLLOW
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, openError(err)
	}
	if err := checkLog(path, f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// openError says what to do about a log that cannot be opened.
func openError(err error) error {
	remedy := ": choose another file"
	switch {
	case errors.Is(err, syscall.EISDIR):
		remedy = "; name a file in it"
	case errors.Is(err, syscall.ELOOP):
		remedy = ": it is a symbolic link, which could lead the log anywhere; name the file itself"
	case errors.Is(err, syscall.ENXIO):
		remedy = ": nothing reads that pipe or socket; start its reader first"
	case errors.Is(err, fs.ErrNotExist):
		remedy = ": its directory does not exist; create it first"
	}
	return fmt.Errorf("%w%s", errors.Unwrap(err), remedy)
}

// checkLog refuses a file that has further names. Looking at the open file
// leaves no moment for a switch.
func checkLog(path string, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if ok && info.Mode().IsRegular() && st.Nlink > 1 && !isDescriptor(path) {
		return fmt.Errorf("it is one of %d names (hard links) of a file; name a file of its own", st.Nlink)
	}
	return nil
}

// isStderr reports whether a --log argument means the broker's standard error.
func isStderr(path string) bool {
	switch path {
	case "-", "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2":
		return true
	}
	return false
}

// isDescriptor reports whether path is one of the kernel's names for an open
// descriptor of this process.
func isDescriptor(path string) bool {
	dir, name := filepath.Split(path)
	switch dir {
	case "/dev/":
		return name == "stdout" || name == "stderr"
	case "/dev/fd/", "/proc/self/fd/":
		return name != "" && strings.Trim(name, "0123456789") == ""
	}
	return false
}

// Survive wraps standard error so that writing to it cannot end the program. The os
// package raises SIGPIPE when descriptor 1 or 2 is a pipe that nobody reads (see
// "SIGPIPE" in os/signal), and a dead broker means a dead target. A
// writer that is no *os.File is returned as it is.
func Survive(w io.Writer) io.Writer {
	f, ok := w.(*os.File)
	if !ok {
		return w
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return w
	}
	return &rawWriter{conn: conn, sleep: time.Sleep}
}

type rawWriter struct {
	conn  syscall.RawConn
	sleep func(time.Duration)
}

// maxWait bounds how long a write waits, without getting a byte through, for
// room in a terminal or pipe that a program sharing it has set to O_NONBLOCK.
const maxWait = time.Second

func (r *rawWriter) Write(p []byte) (int, error) {
	done, waited, pause := 0, time.Duration(0), time.Millisecond
	for done < len(p) {
		n, err := r.write(p[done:])
		if n > 0 {
			done += n
			waited, pause = 0, time.Millisecond
		}
		switch {
		case err == nil || err == syscall.EINTR:
		case err == syscall.EAGAIN && waited < maxWait:
			r.sleep(pause)
			waited += pause
			pause *= 2
		default:
			return done, fmt.Errorf("write standard error: %w", err)
		}
	}
	return done, nil
}

// write is one write(2).
func (r *rawWriter) write(p []byte) (n int, err error) {
	rawErr := r.conn.Write(func(fd uintptr) bool {
		n, err = syscall.Write(int(fd), p)
		return true
	})
	if rawErr != nil {
		return 0, rawErr
	}
	return n, err
}
