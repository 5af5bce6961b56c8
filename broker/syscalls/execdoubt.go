package syscalls

import (
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// A process that was to execute something can end before anybody has seen what
// it executed in truth, and its children run the same image. So when one has
// ended unseen, nothing is taken for granted for a while: every caller must run
// an image that was approved for somebody, until all processes have been found
// to.

const (
	// maxImages bounds the images that are known. Those that nobody runs any
	// more are forgotten when there are so many.
	maxImages = 1 << 16
	// calmScans is how many looks at all processes in a row must meet nothing
	// unknown, and nobody who ends meanwhile, until the doubt is over. One is not
	// enough: a process that forks and ends all the time could be missed where
	// process numbers begin anew.
	calmScans = 2
	// A look at all processes takes milliseconds where there are hundreds.
	firstScanPause = 10 * time.Millisecond
	maxScanPause   = 320 * time.Millisecond
	// maxTasks bounds the look for a thread of a process that has lost its first.
	maxTasks = 4096
)

// doubt is the part of the guard about processes that ended unseen.
type doubt struct {
	known map[fileID]uint64 // images that were approved, and when last; the guard's lock
	open  atomic.Int32      // calm scans that are still needed

	// The watch's own: who had ended at the last scan, and when the next is due.
	ended map[int]bool
	pause time.Duration
	next  time.Time
}

// doubtful is called when a process ended unseen.
func (e *Env) doubtful() {
	if e.Tree != nil {
		e.guard.doubt.open.Store(calmScans)
	}
}

// knows reports whether the image was approved for anybody.
func (g *execGuard) knows(image fileID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.doubt.known[image]
	return ok
}

// checkDoubtful looks at the image of a caller, in doubt, and reports whether
// the call may go on.
func (c *Context) checkDoubtful() bool {
	e := c.env
	if e.guard.doubt.open.Load() == 0 {
		return true
	}
	switch image, errno := imageOf(c.thread); {
	case isGone(errno): // and so is the call
	case errno != 0 && !e.concealed(errno):
		return c.imageUntold("of the target")
	case !e.guard.knows(image):
		e.breach(c.thread.TID)
		return false
	}
	return true
}

// resolveDoubt looks at all processes while there is doubt, and reports whether
// there is.
func (e *Env) resolveDoubt() bool {
	d := &e.guard.doubt
	open := d.open.Load()
	if open == 0 {
		d.ended, d.pause = nil, 0
		return false
	}
	if time.Now().Before(d.next) {
		return true
	}
	calm := e.scan()
	if calm && d.open.CompareAndSwap(open, open-1) {
		return true
	}
	if !calm {
		d.open.Store(calmScans)
	}
	d.pause = min(max(2*d.pause, firstScanPause), maxScanPause)
	d.next = time.Now().Add(d.pause)
	return true
}

// scan looks at all processes once and reports whether it missed nobody. Who
// has just ended may have left a child that is not in the list.
func (e *Env) scan() (calm bool) {
	d := &e.guard.doubt
	ended := make(map[int]bool)
	calm = true
	for _, pid := range e.Tree() {
		image, errno := e.processImage(pid)
		switch {
		case isGone(errno):
			ended[pid] = true
			calm = calm && d.ended[pid]
		case errno != 0 && !e.concealed(errno):
			calm = false
		case !e.guard.knows(image):
			e.breach(pid)
			calm = false
		}
	}
	d.ended = ended
	return calm
}

// processImage is imageOf for a process whose first thread may have ended.
func (e *Env) processImage(pid int) (fileID, sys.Errno) {
	image, errno := imageOf(e.Proc.Thread(pid))
	if !isGone(errno) {
		return image, errno
	}
	fd, errno := e.Proc.Thread(pid).Open("task", unix.O_RDONLY|unix.O_DIRECTORY)
	if errno != 0 {
		return fileID{}, errno
	}
	dir := os.NewFile(uintptr(fd), "task")
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(maxTasks) // an error: it has ended meanwhile
	for _, name := range names {
		tid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if image, errno := imageOf(e.Proc.Thread(tid)); !isGone(errno) {
			return image, errno
		}
	}
	return fileID{}, unix.ESRCH
}

// pruneImages forgets images that nobody runs. What was approved since it began
// may run already, so it stays.
func (e *Env) pruneImages() {
	if e.Tree == nil {
		return
	}
	before := e.guard.approvals.Load()
	running := make(map[fileID]bool)
	for _, pid := range e.Tree() {
		image, errno := e.processImage(pid)
		if errno != 0 && !isGone(errno) {
			return
		}
		running[image] = true
	}
	g := &e.guard
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.pending {
		running[p.approved] = true
	}
	for image, serial := range g.doubt.known {
		if serial <= before && !running[image] {
			delete(g.doubt.known, image)
		}
	}
}
