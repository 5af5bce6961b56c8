package tracee

import (
	"bytes"
	"strconv"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// MaxGroups bounds the supplementary groups that are read of a target. One
// that has more is refused: acting with fewer could grant what a group is
// denied.
const MaxGroups = 1024

// Identity is what the kernel checks a call of a thread against, and what
// shapes the files that it creates. Source: /proc/TID/status, proc(5).
type Identity struct {
	TGID, PPID   int
	FSUID, FSGID uint32
	RUID, RGID   uint32
	EUID, EGID   uint32
	CapEff       uint64
	CapPrm       uint64
	CapInh       uint64
	CapBnd       uint64
	Umask        uint32
	SigPending   uint64 // sent to this thread
	SigShared    uint64 // sent to its process
	SigBlocked   uint64
	SigCaught    uint64
	Groups       []uint32 // reuses the memory of the previous Read
}

// statusSize bounds one read of /proc/TID/status: about 1,500 bytes, and ten
// more for each supplementary group.
const statusSize = 4096 + 11*MaxGroups

// StatusBuffer is scratch memory for [Thread.Identity].
type StatusBuffer [statusSize]byte

// Identity reads the thread's identity into id. It fails closed: a field that
// is missing or malformed is EIO.
func (t Thread) Identity(id *Identity, buf *StatusBuffer) sys.Errno {
	fd, e := t.Open("status", unix.O_RDONLY)
	if e != 0 {
		return e
	}
	defer sys.Close(fd)
	return id.read(fd, buf)
}

// StatusReader reads identities of threads, one after the other, and keeps the file
// of the last one open: to find it again takes as long as to read it. It is for one
// goroutine; the zero value is ready.
type StatusReader struct {
	buf  StatusBuffer
	file int
	tid  int // whose file it is, 0 for nobody's
}

// Identity is [Thread.Identity]. The file belongs to the thread itself and not to its
// number: when that is given to another thread the read is ESRCH (fs/proc/base.c,
// proc_single_show), and the other one's file is opened.
func (r *StatusReader) Identity(t Thread, id *Identity) sys.Errno {
	if r.tid == t.TID {
		if e := id.read(r.file, &r.buf); e != unix.ESRCH {
			return e
		}
	}
	r.Close()
	fd, e := t.Open("status", unix.O_RDONLY)
	if e != 0 {
		return e
	}
	r.file, r.tid = fd, t.TID
	return id.read(fd, &r.buf)
}

// Close lets the file go. The reader can be used again.
func (r *StatusReader) Close() {
	if r.tid != 0 {
		sys.Close(r.file)
		r.tid = 0
	}
}

// read is the part of [Thread.Identity] behind the open. ESRCH: the thread is gone.
func (id *Identity) read(fd int, buf *StatusBuffer) sys.Errno {
	// One read gets the whole text, which the kernel makes as one record, if there
	// is room for it: fs/seq_file.c. A part would lack fields.
	n, err := unix.Pread(fd, buf[:], 0)
	for err == unix.EINTR {
		n, err = unix.Pread(fd, buf[:], 0)
	}
	if err == unix.ESRCH {
		return unix.ESRCH
	}
	if err != nil || n == len(buf) || !id.parse(buf[:n]) {
		return unix.EIO
	}
	return 0
}

// parse reads the text of a status file. It reports whether every field that
// decides about authority was there and well-formed.
func (id *Identity) parse(status []byte) bool {
	id.SigPending, id.SigShared = 0, 0
	id.CapInh, id.CapBnd = 0, 0
	seen := fieldSet(0)
	for len(status) > 0 {
		line := status
		if nl := bytes.IndexByte(status, '\n'); nl >= 0 {
			line, status = status[:nl], status[nl+1:]
		} else {
			status = nil
		}
		colon := bytes.IndexByte(line, ':')
		if colon < 0 {
			continue
		}
		field, ok := id.field(line[:colon], bytes.TrimSpace(line[colon+1:]))
		if !ok {
			return false
		}
		seen |= field
	}
	return seen == required
}

// fieldSet are fields that must be there.
type fieldSet uint8

const (
	fieldTGID fieldSet = 1 << iota
	fieldPPID
	fieldUID
	fieldGID
	fieldGroups
	fieldCaps
	fieldUmask
	required = 1<<iota - 1
)

// field takes one line. It gives the field's bit, 0 for one that need not be
// there; ok tells that its value was understood.
func (id *Identity) field(name, value []byte) (field fieldSet, ok bool) {
	switch string(name) {
	case "Tgid":
		return fieldTGID, decimal(value, &id.TGID)
	case "PPid":
		return fieldPPID, decimal(value, &id.PPID)
	case "Uid":
		var ids [4]uint32
		ok := fourIDs(value, &ids)
		id.RUID, id.EUID, id.FSUID = ids[0], ids[1], ids[3]
		return fieldUID, ok
	case "Gid":
		var ids [4]uint32
		ok := fourIDs(value, &ids)
		id.RGID, id.EGID, id.FSGID = ids[0], ids[1], ids[3]
		return fieldGID, ok
	case "Groups":
		return fieldGroups, id.groups(value)
	case "CapInh":
		return 0, hex(value, &id.CapInh)
	case "CapBnd":
		return 0, hex(value, &id.CapBnd)
	case "CapPrm":
		return 0, hex(value, &id.CapPrm)
	case "CapEff":
		return fieldCaps, hex(value, &id.CapEff)
	case "Umask":
		mask, ok := parseUint(value, 8)
		id.Umask = uint32(mask)
		return fieldUmask, ok && mask <= 0o777
	case "SigPnd":
		return 0, hex(value, &id.SigPending)
	case "ShdPnd":
		return 0, hex(value, &id.SigShared)
	case "SigBlk":
		return 0, hex(value, &id.SigBlocked)
	case "SigCgt":
		return 0, hex(value, &id.SigCaught)
	}
	return 0, true
}

func (id *Identity) groups(value []byte) bool {
	id.Groups = id.Groups[:0]
	for len(value) > 0 {
		var one []byte
		one, value = cutSpace(value)
		n, ok := parseUint(one, 10)
		if !ok || n > 1<<32-1 || len(id.Groups) == MaxGroups {
			return false
		}
		id.Groups = append(id.Groups, uint32(n))
	}
	return true
}

func fourIDs(value []byte, ids *[4]uint32) bool {
	for i := range ids {
		var one []byte
		one, value = cutSpace(value)
		n, ok := parseUint(one, 10)
		if !ok || n > 1<<32-1 {
			return false
		}
		ids[i] = uint32(n)
	}
	return true
}

// cutSpace takes the first word of value.
func cutSpace(value []byte) (word, rest []byte) {
	end := bytes.IndexAny(value, " \t")
	if end < 0 {
		return value, nil
	}
	return value[:end], bytes.TrimLeft(value[end:], " \t")
}

func decimal(value []byte, into *int) bool {
	n, ok := parseUint(value, 10)
	*into = int(n)
	return ok && n < 1<<31
}

func hex(value []byte, into *uint64) bool {
	n, ok := parseUint(value, 16)
	*into = n
	return ok
}

// parseUint does not allocate: the compiler keeps the conversion on the stack
// because strconv does not retain it.
func parseUint(value []byte, base int) (uint64, bool) {
	n, err := strconv.ParseUint(string(value), base, 64)
	return n, err == nil
}
