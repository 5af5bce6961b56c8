// Command 36-go reaches for the secret from every thread that Go's runtime
// makes, while it signals them all the time: SIGURG, by which it takes
// processors away from goroutines that compute. It is called, and answers, like
// the programs in C beside it.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	threads = 16
	each    = 400
)

var wins, attempts, wrong atomic.Int64

func main() {
	if len(os.Args) < 3 {
		setupFailed("usage: 36-go /abs/SECRET /abs/DATA")
	}
	secret, twin := os.Args[1], filepath.Join(os.Args[2], filepath.Base(os.Args[1]))
	if text, err := os.ReadFile(twin); err != nil || !strings.HasPrefix(string(text), "allowed") {
		setupFailed("control: %v", err)
	}
	stop := compute()
	var all sync.WaitGroup
	for range threads {
		all.Go(func() {
			runtime.LockOSThread() // and it ends with its goroutine
			for range each {
				reach(secret, twin)
			}
		})
	}
	all.Wait()
	stop()
	if n := wrong.Load(); n > 0 {
		setupFailed("%d allowed reads went wrong", n)
	}
	verdict, status := "HELD", 1
	if wins.Load() > 0 {
		verdict, status = "ESCAPED", 0
	}
	fmt.Printf("%s %d/%d\n", verdict, wins.Load(), attempts.Load())
	os.Exit(status)
}

// compute keeps goroutines busy that never call anything.
func compute() (stop func()) {
	var over atomic.Bool
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for n := uint64(1); !over.Load(); n = n*6364136223846793005 + 1 {
			}
		}()
	}
	return func() { over.Store(true) }
}

func reach(secret, twin string) {
	attempts.Add(1)
	if text, err := os.ReadFile(secret); err == nil && strings.HasPrefix(string(text), "SECRET") {
		wins.Add(1)
	}
	if text, err := os.ReadFile(twin); err != nil || !strings.HasPrefix(string(text), "allowed") {
		wrong.Add(1)
	}
}

func setupFailed(format string, args ...any) {
	fmt.Printf("SETUP "+format+"\n", args...)
	os.Exit(2)
}
