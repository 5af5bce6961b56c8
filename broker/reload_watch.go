package broker

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
)

// quiet is how long files must stay as they are before they are read: an editor
// writes in several steps.
const quiet = 100 * time.Millisecond

// fileWatch tells when files may have changed. It watches their directories, and
// those that symlinks at their end lead to, since editors put a new file in the
// place of the old one; what happens there makes it look at the files themselves.
type fileWatch struct {
	notify *fsnotify.Watcher
	files  []string
	dirs   []string
}

func newFileWatch() (*fileWatch, error) {
	n, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch the rules files: %w", err)
	}
	return &fileWatch{notify: n}, nil
}

// look sets the files that are watched. A directory that cannot be watched is an
// error; the others are watched all the same.
func (w *fileWatch) look(files []string) error {
	var dirs []string
	for _, f := range files {
		dirs = append(dirs, filepath.Dir(f))
		if real, err := filepath.EvalSymlinks(f); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	var first error
	for _, d := range dirs {
		if err := w.notify.Add(d); err != nil && first == nil {
			first = fmt.Errorf("watch %s for changes of the rules: %w", d, err)
		}
	}
	for _, d := range w.dirs {
		if !slices.Contains(dirs, d) {
			_ = w.notify.Remove(d) // it may be gone, which is what is wanted
		}
	}
	w.files, w.dirs = slices.Clone(files), dirs
	return first
}

// fileState is what changes when a file does.
type fileState struct {
	dev, ino, size        uint64
	modified, changedHere unix.Timespec
	missing               bool
}

// state is that of all files now, in their order.
func (w *fileWatch) state() []fileState {
	list := make([]fileState, 0, len(w.files))
	for _, f := range w.files {
		var st unix.Stat_t
		if err := unix.Stat(f, &st); err != nil {
			list = append(list, fileState{missing: true})
			continue
		}
		list = append(list, fileState{dev: st.Dev, ino: st.Ino, size: uint64(st.Size), modified: st.Mtim, changedHere: st.Ctim})
	}
	return list
}

// follow calls changed when the files are others than at the last call, or than
// loaded says for the first, and have been quiet, and when asked says so. It gives
// the state of the files that were read. follow ends when stop is closed.
func (w *fileWatch) follow(stop, asked <-chan struct{}, loaded []fileState, after func(time.Duration) <-chan time.Time, changed func() []fileState) {
	seen := loaded
	var settled <-chan time.Time
	for {
		select {
		case <-stop:
			return
		case <-asked:
			settled = nil
			loaded = changed()
			seen = loaded
		case _, ok := <-w.notify.Events:
			if !ok {
				return
			}
			if now := w.state(); !slices.Equal(now, seen) {
				seen, settled = now, after(quiet)
			}
		case _, ok := <-w.notify.Errors: // an overflow: something has changed
			if !ok {
				return
			}
			settled = after(quiet)
		case <-settled:
			settled = nil
			if now := w.state(); !slices.Equal(now, loaded) {
				loaded = changed()
				seen = loaded
			}
		}
	}
}

func (w *fileWatch) close() { _ = w.notify.Close() }

// absolute is where the files are, whatever becomes of the working directory.
func absolute(files []string) []string {
	cwd, err := os.Getwd()
	if err != nil {
		return files
	}
	list := make([]string, 0, len(files))
	for _, f := range files {
		if !filepath.IsAbs(f) {
			f = filepath.Join(cwd, f)
		}
		list = append(list, f)
	}
	return list
}
