// Command gosignals opens files from many goroutines while signals fly: the
// runtime's own SIGURG, an alarm clock, a profiling clock, and more SIGURG from
// a thread of its own. Go's handlers restart what they interrupt, so every
// open must succeed.
//
// usage: gosignals FILES OPENS
//
// FILES files are in the working directory, each holding its own name. OPENS
// opens are spread over them evenly; every descriptor must lead to the right
// file and the right content. The last line printed is "opened N".
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

const goroutines = 16

func main() {
	if len(os.Args) != 3 {
		fail("usage: gosignals FILES OPENS")
	}
	files, opens := number(os.Args[1]), number(os.Args[2])
	debug.SetGCPercent(1)
	runtime.GOMAXPROCS(4)
	caught := signals()

	inodes := make([]uint64, files)
	for i := range inodes {
		var st syscall.Stat_t
		check(syscall.Stat(name(i), &st))
		inodes[i] = st.Ino
	}
	var next atomic.Int64
	var done sync.WaitGroup
	for range goroutines {
		done.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= opens {
					return
				}
				open(n%files, inodes[n%files])
			}
		})
	}
	done.Wait()
	for _, c := range caught {
		if c.Load() == 0 {
			fail("a kind of signal never came")
		}
	}
	fmt.Println("opened", opens)
}

// open opens a file and looks whether it is the right one.
func open(i int, inode uint64) {
	garbage = make([]byte, 4096) // makes the collector run
	fd, err := syscall.Open(name(i), syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		fail("open", name(i), err)
	}
	var st syscall.Stat_t
	check(syscall.Fstat(fd, &st))
	if st.Ino != inode {
		fail(name(i), "is another file")
	}
	var buf [32]byte
	n, err := syscall.Read(fd, buf[:])
	check(err)
	if string(buf[:n]) != name(i) {
		fail(name(i), "holds", string(buf[:n]))
	}
	check(syscall.Close(fd))
}

var garbage []byte

func name(i int) string { return "file-" + strconv.Itoa(i) }

// signals starts everything that interrupts, and counts what arrives.
func signals() (caught [2]*atomic.Int64) {
	for i, sig := range []os.Signal{syscall.SIGALRM, syscall.SIGUSR1} {
		caught[i] = new(atomic.Int64)
		incoming := make(chan os.Signal, 1)
		signal.Notify(incoming, sig)
		go func() {
			for range incoming {
				caught[i].Add(1)
			}
		}()
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPROF)
	for _, timer := range []uintptr{0, 2} { // ITIMER_REAL and ITIMER_PROF: SIGALRM and SIGPROF
		every := [4]int64{0, 700, 0, 700} // microseconds
		_, _, e := syscall.RawSyscall(syscall.SYS_SETITIMER, timer, uintptr(unsafe.Pointer(&every)), 0)
		if e != 0 {
			fail("setitimer", e)
		}
	}
	go func() {
		for {
			check(syscall.Kill(os.Getpid(), syscall.SIGURG))
			check(syscall.Kill(os.Getpid(), syscall.SIGUSR1))
			syscall.Nanosleep(&syscall.Timespec{Nsec: 300_000}, nil)
		}
	}()
	return caught
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	check(err)
	return n
}

func check(err error) {
	if err != nil {
		fail(err)
	}
}

func fail(words ...any) {
	fmt.Println(words...)
	os.Exit(1)
}
