package tracee

import (
	"seccomp-broker/notify/sys"
)

// Flags say how a path is to be resolved. The first group belongs to the
// call, the second is what openat2(2) lets its caller ask for.
type Flags uint32

// How the last component is treated.
const (
	// Follow a symlink in the last component. A trailing slash follows too.
	Follow Flags = 1 << iota
	// Entry means the call acts on a directory entry (mkdir, unlink, rename…):
	// a symlink there is never followed, and "." or ".." or a slash at the
	// end are left for the kernel to refuse.
	Entry
	// Empty lets an empty path mean the directory descriptor itself.
	Empty

	// Beneath, InRoot, NoSymlinks, NoMagicLinks and NoXdev are RESOLVE_*.
	Beneath
	InRoot
	NoSymlinks
	NoMagicLinks
	NoXdev
)

// Place is where a path leads, without any symlink left to follow. Either
// Object is a descriptor of the thing itself, or Dir and Name say where it
// is, or would be if it does not exist. The descriptors belong to the
// [Walker] and live until its next use.
type Place struct {
	Dir    int    // O_PATH descriptor of a directory
	Name   []byte // NUL-terminated, relative to Dir; "." for Dir itself
	Object int    // O_PATH descriptor, or -1
	Path   []byte // canonical, absolute; what rules are matched on

	// Anonymous objects have no path: pipes, sockets, memfds that the target
	// holds already.
	Anonymous bool
	// Foreign places lie in the /proc entry of a process that is not in the
	// target's tree.
	Foreign bool
	// Supervisor places lie in the supervisor's own /proc entry: off limits.
	Supervisor bool
}

// PathBuffer holds a path and its NUL.
type PathBuffer [PathMax + 1]byte

// Visible is asked, where there is one, about every name that a walk comes by,
// before anything is looked up there: a place that is hidden answers ENOENT, as
// if nothing were there. path is canonical; dir and name say where that is.
// All are the walker's. It is called with the supervisor's own rights.
type Visible func(path []byte, dir int, name []byte) bool

// Walker resolves paths, one at a time, without allocating. It belongs to one
// goroutine. The zero value is not usable; see [NewWalker].
type Walker struct {
	proc      *Proc
	fixedRoot bool

	thread  Thread
	tgid    int // 0 until asked for
	flags   Flags
	root    node // where absolute paths and links start
	anchor  node // where this path started; Beneath may not leave it
	cur     node // where the walk is
	links   int
	relinks int // of the Quick place
	// grounded: a directory that is left is a symlink, so there is no leap until
	// one has been followed.
	grounded bool

	// rootKnown tells whether the kernel would have looked the root up by now:
	// under NoXdev it takes no absolute link before that.
	rootKnown bool

	rootPath []byte // the target's root as the supervisor sees it; empty for "/"
	rest     []byte
	buf      [2][2 * PathMax]byte
	turn     int
	link     PathBuffer
	name     PathBuffer
	path     PathBuffer
	rootBuf  PathBuffer
	status   StatusBuffer
	identity Identity

	visible Visible // nil: everything

	rights  Rights // nil for the supervisor's own
	dressed bool   // the thread has them now

	refusal string
	place   Place
	held    int // the Object of place, if any
}

// node is a descriptor with the knowledge whether the walker must close it.
type node struct {
	fd    int
	owned bool
}

func (n *node) drop() {
	if n.owned {
		sys.Close(n.fd)
	}
	*n = node{fd: -1}
}

// NewWalker returns a walker. fixedRoot promises that no target can have
// changed its root directory or its mount namespace since the supervisor
// started it, which saves looking.
func NewWalker(p *Proc, fixedRoot bool) *Walker {
	w := &Walker{proc: p, fixedRoot: fixedRoot, held: -1}
	w.root, w.anchor, w.cur = node{fd: -1}, node{fd: -1}, node{fd: -1}
	return w
}

// Hide makes the walker ask v about every name.
func (w *Walker) Hide(v Visible) { w.visible = v }

// Release closes what the last walk holds.
func (w *Walker) Release() {
	w.cur.drop()
	w.anchor.drop()
	w.root.drop()
	if w.held >= 0 {
		sys.Close(w.held)
		w.held = -1
	}
}
