package broker

import (
	"encoding/binary"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/syscalls"
	"seccomp-broker/notify/kerneltest"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// hostileRules let the target look at its directory and reach the loopback,
// and change nothing: one input shall not decide what the next one meets.
const hostileRules = `
allow "look" {
  access = ["read", "stat"]
  path   = ["${cwd}/**"]
}
allow "loopback" {
  access  = ["connect", "bind"]
  address = ["127.0.0.1", "unix:${cwd}/**", "unix:@a"]
}`

const (
	windowSize = 2 * 4096 // what follows is not mapped
	// lastErrno is that of linux/errno.h; what is above tells the kernel to
	// start a call anew.
	lastErrno = 133
)

// hostile is a target whose memory and registers the fuzzer fills, on a kernel
// that notifies all that the table has.
type hostile struct {
	v      *kerneltest.Victim
	env    *syscalls.Env
	calls  []syscalls.Call
	window uint64
	fds    []int                  // sockets, a directory, an inotify descriptor
	broken atomic.Pointer[string] // the first record of an internal error
}

func (h *hostile) Wants(audit.Action) bool { return true }

func (h *hostile) Record(ev *audit.Event) {
	if reason := ev.Reason; strings.Contains(reason, "internal error") {
		text := fmt.Sprintf("%s: %s", ev.Syscall, reason)
		h.broken.CompareAndSwap(nil, &text)
	}
}

// beforeInputs is a testing.F that may be reported to while inputs are tried,
// which a testing.F itself may not.
type beforeInputs struct{ testing.TB }

func (beforeInputs) Helper() {}

func (beforeInputs) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func newHostile(f *testing.F) *hostile {
	t := beforeInputs{f}
	h := &hostile{calls: syscalls.Table(false)}
	dir := Canonical(kerneltest.Dir(t))
	kerneltest.Tree(t, dir, "file", "sub/", "sub/inner", "link -> file", "away -> /etc/passwd", "loop -> loop")
	policy, diags := rules.Load(rules.Options{
		Files: []string{"hostile.hcl"}, Texts: map[string][]byte{"hostile.hcl": []byte(hostileRules)},
		Canonical: Canonical, Classes: syscalls.Mediated(),
		Vars: rules.Vars{Home: "/root", Cwd: dir, Project: dir, Tmp: "/tmp", User: "u"},
	})
	if diags.HasErrors() {
		t.Fatal(diags.All())
	}
	numbers := make([]uint32, len(h.calls))
	for i, call := range h.calls {
		numbers[i] = uint32(call.Number)
	}
	h.env, _ = supervisor(t, policy, h)
	h.v = kerneltest.Start(t, kerneltest.Notify(numbers...))
	h.env.Listener, h.env.WaitKillable = h.v.Listener, h.v.Process.WaitKillable
	engine := NewEngine(h.env, func(err error) { t.Error(err) }, func(err error) { t.Error(err) })
	engine.Start()
	t.Cleanup(func() { h.v.Kill(); engine.Wait() })
	h.arm(dir)
	return h
}

// arm gives the target a directory, a window of memory, and sockets of which
// none ever sleeps.
func (h *hostile) arm(dir string) {
	h.v.Do("handler %d restart", unix.SIGPIPE)
	h.v.Call(unix.SYS_CHDIR, dir)
	h.window = uint64(h.v.Number("map %d %d s:00", windowSize, unix.PROT_READ|unix.PROT_WRITE)) - windowSize + 1
	for _, s := range [][2]int{
		{unix.AF_INET, unix.SOCK_DGRAM}, {unix.AF_INET6, unix.SOCK_DGRAM}, {unix.AF_INET, unix.SOCK_STREAM},
		{unix.AF_UNIX, unix.SOCK_DGRAM}, {unix.AF_UNIX, unix.SOCK_STREAM}, {unix.AF_UNIX, unix.SOCK_SEQPACKET},
	} {
		h.fds = append(h.fds, h.v.Call(unix.SYS_SOCKET, s[0], s[1]|unix.SOCK_NONBLOCK, 0).Value)
	}
	h.fds = append(h.fds, h.v.Call(unix.SYS_OPEN, dir, unix.O_DIRECTORY, 0).Value)
	h.fds = append(h.fds, h.v.Call(unix.SYS_INOTIFY_INIT1, unix.IN_NONBLOCK).Value)
}

// An argument is three bytes: how it is meant, and a number.
const (
	asNumber   = iota // signed, 16 bits
	asPointer         // into the window
	asEnd             // so many bytes before the window's end
	asBit             // one of 64
	asStrange         // one of strangeValues
	asMeanings        // how many meanings there are
)

// strangeValues are addresses and sizes where something ends.
var strangeValues = []uint64{
	^uint64(0), 1 << 31, 1<<32 - 1, 1 << 32, 1<<47 - 1, 1<<47 - 4096, 1 << 47, 1 << 50, 1 << 63, 0xffff800000000000,
	0xffffffffff600000, 4096, 65535, unix.PathMax, 1<<31 - 1, 1<<63 - 1, 0xffffff9c,
}

func (h *hostile) value(raw []byte) uint64 {
	n := binary.LittleEndian.Uint16(raw[1:])
	switch raw[0] % asMeanings {
	case asPointer:
		return h.window + uint64(n)%windowSize
	case asEnd:
		return h.window + windowSize - uint64(n)%windowSize
	case asBit:
		return 1 << (n % 64)
	case asStrange:
		return strangeValues[int(n)%len(strangeValues)]
	}
	return uint64(int64(int16(n)))
}

// hostileInput is: the call, six arguments, how many of the words that follow
// are arguments too (so that structures can hold pointers), these words, each
// with its place, and the bytes before which all that is written.
func (h *hostile) take(input []byte) (call syscalls.Call, args [6]uint64, memory []byte, ok bool) {
	const head = 1 + 6*3 + 1
	if len(input) < head {
		return call, args, nil, false
	}
	call = h.calls[int(input[0])%len(h.calls)]
	for i := range args {
		args[i] = h.value(input[1+3*i:])
	}
	words, rest := int(input[head-1]%16), input[head:]
	if len(rest) < 5*words {
		return call, args, nil, false
	}
	memory = make([]byte, windowSize)
	text := rest[5*words:]
	copy(memory, text)
	copy(memory[windowSize-min(len(text), 4096):], text) // once more, up to the hole
	for ; words > 0; words, rest = words-1, rest[5:] {
		at := int(binary.LittleEndian.Uint16(rest)) % (windowSize - 7)
		binary.NativeEndian.PutUint64(memory[at:], h.value(rest[2:]))
	}
	return call, args, memory, true
}

// meant writes an argument.
func meant(meaning byte, n uint16) []byte {
	return binary.LittleEndian.AppendUint16([]byte{meaning}, n)
}

// sane are arguments by their role, for calls that succeed.
var sane = map[string][]byte{
	"dir": meant(asNumber, 0xff9c), "dir2": meant(asNumber, 0xff9c), // AT_FDCWD
	"path": meant(asPointer, 0), "path2": meant(asPointer, 0), "text": meant(asPointer, 0), "name": meant(asPointer, 0),
	"addr": meant(asPointer, 0), "addrlen": meant(asNumber, 16), "data": meant(asPointer, 0),
	"message": meant(asPointer, 256), "count": meant(asNumber, 1), "size": meant(asNumber, 24), "mask": meant(asNumber, 1),
	"how": meant(asPointer, 1024), "buf": meant(asPointer, 2048), "value": meant(asPointer, 2048), "params": meant(asPointer, 1024),
	"handle": meant(asPointer, 2048), "mount": meant(asPointer, 2048), "times": meant(asPointer, 1024),
	"argv": meant(asPointer, 1024), "envp": meant(asPointer, 1024),
}

// wild are arguments that are mostly refused, the same six for every call.
var wild = [][6][]byte{
	{meant(asPointer, 0), meant(asPointer, 0), meant(asPointer, 0), meant(asPointer, 0), meant(asPointer, 0), meant(asPointer, 0)},
	{meant(asEnd, 1), meant(asEnd, 3), meant(asEnd, 8), meant(asEnd, 23), meant(asEnd, 0), meant(asEnd, 55)},
	{meant(asStrange, 4), meant(asStrange, 5), meant(asStrange, 0), meant(asStrange, 3), meant(asStrange, 7), meant(asStrange, 1)},
}

// seed is an input whose memory holds text, and at 256 a struct msghdr (which
// a struct mmsghdr begins with): a name of 16 bytes at 0, one vector at 512.
func seed(call int, args [6][]byte, text string) []byte {
	input := []byte{byte(call)}
	for _, a := range args {
		input = append(input, a...)
	}
	words := []struct {
		at uint16
		is []byte
	}{
		{256, meant(asPointer, 0)}, {264, meant(asNumber, 16)}, {272, meant(asPointer, 512)},
		{280, meant(asNumber, 1)}, {512, meant(asPointer, 0)}, {520, meant(asNumber, 100)},
	}
	input = append(input, byte(len(words)))
	for _, word := range words {
		input = append(binary.LittleEndian.AppendUint16(input, word.at), word.is...)
	}
	return append(input, text...)
}

// saneArguments follow a call's signature. fd is for calls on descriptors.
func saneArguments(call syscalls.Call, fd int) (args [6][]byte) {
	for i := range args {
		args[i] = meant(asNumber, 0)
	}
	for i, word := range strings.Fields(call.Signature) {
		if a := sane[word]; a != nil {
			args[i] = a
		}
		if word == "fd" {
			args[i] = meant(asNumber, uint16(fd))
		}
	}
	return args
}

// addSeeds adds every call with wild arguments, and with sane ones: each kind
// of path, or each kind of address on each socket.
func (h *hostile) addSeeds(f *testing.F) {
	paths := []string{"file\x00", "sub/../link\x00", "away\x00", "loop\x00", "/proc/self/fd/9\x00", "", strings.Repeat("a", 4096)}
	addresses := []string{
		"\x01\x00sub/sock", "\x01\x00\x00a", "\x02\x00\x00\x07\x7f\x00\x00\x01", "\x02\x00\x00\x07\x01\x01\x01\x01",
		"\x0a\x00\x00\x07" + strings.Repeat("\x00", 23) + "\x01", "\x00\x00",
	}
	for i, call := range h.calls {
		for j, args := range wild {
			f.Add(seed(i, args, paths[(i+j)%len(paths)]))
		}
		if call.Access&(rules.Connect|rules.Bind) == 0 {
			for _, path := range paths {
				f.Add(seed(i, saneArguments(call, h.fds[len(h.fds)-1]), path))
			}
			continue
		}
		for _, fd := range h.fds {
			for _, address := range addresses {
				args := saneArguments(call, fd)
				f.Add(seed(i, args, address))
				for at, word := range strings.Fields(call.Signature) {
					if word == "addrlen" { // cut off
						args[at] = meant(asNumber, 3)
						f.Add(seed(i, args, address))
					}
				}
			}
		}
	}
}

// FuzzCalls makes mediated calls with any registers and any memory, holes
// included, on the running kernel. Each is answered, with an errno or a result
// that the kernel could have given, and nothing goes wrong in the broker.
func FuzzCalls(f *testing.F) {
	h := newHostile(f)
	h.addSeeds(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		call, args, memory, ok := h.take(input)
		if !ok {
			return
		}
		thread := h.env.Proc.Thread(h.v.PID)
		if e := thread.Write(h.window, memory); e != 0 {
			t.Fatalf("the target's memory: %v", e)
		}
		h.v.SendCall(call.Number, args[0], args[1], args[2], args[3], args[4], args[5])
		r := h.v.Result()
		if r.Errno < 0 || r.Errno > lastErrno || r.Value < -1 {
			t.Errorf("%s(%#x): %+v", call.Name, args, r)
		}
		if broken := h.broken.Load(); broken != nil {
			t.Fatalf("%s(%#x): %s", call.Name, args, *broken)
		}
		const opens = rules.Read | rules.Write | rules.Create
		if r.Value > 2 && call.Access == opens {
			h.v.Call(unix.SYS_CLOSE, r.Value)
		}
	})
}
