package filter

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// answer is what the victim saw of one call.
type answer struct{ result, errno int }

// buildVictim compiles the program that tries filters on the running kernel,
// where every user can execute it.
func buildVictim(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "filter")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	victim := filepath.Join(dir, "victim")
	if out, err := exec.Command("gcc", "-O1", "-Wall", "-o", victim, "testdata/victim.c").CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return victim
}

// runVictim makes the calls under the program, or under none if it is nil.
func runVictim(victim string, cred *syscall.Credential, p Program, calls ...string) ([]answer, error) {
	cmd := exec.Command(victim, calls...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	cmd.Stdin = bytes.NewReader(encode(p))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var answers []answer
	for _, line := range strings.Fields(strings.ReplaceAll(string(out), " ", ":")) {
		var a answer
		if _, scan := fmt.Sscanf(line, "%d:%d", &a.result, &a.errno); scan != nil {
			return nil, fmt.Errorf("victim printed %q", out)
		}
		answers = append(answers, a)
	}
	return answers, err
}

func killedBySIGSYS(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGSYS
}

// asUsers runs a test as the current user and, for root, as an ordinary one.
func asUsers(t *testing.T, test func(t *testing.T, cred *syscall.Credential)) {
	t.Run(fmt.Sprintf("uid %d", os.Getuid()), func(t *testing.T) { test(t, nil) })
	if os.Getuid() == 0 {
		t.Run("uid 65534", func(t *testing.T) {
			test(t, &syscall.Credential{Uid: 65534, Gid: 65534})
		})
	}
}

// harmless calls fail or do nothing when they reach the kernel, with an errno
// that differs from the filter's.
var harmless = []string{
	"read:-1:0:0", "close:-1", "getppid:0", "fchdir:-1", "umask:0x12", "listen:-1",
	"openat:-1:0:0", "open:0:0", "openat2:-1:0:0:0", "execve:0:0:0", "chmod:0:0", "fchmod:-1:0",
	"connect:-1:0:0", "bind:-1:0:0", "sendmsg:-1:0:0", "sendmsg:-1:0:0x20000000",
	"sendto:-1:0:0:0:0:0", "sendto:-1:0:0:0:1:16", "sendto:-1:0:0:0:0x100000000:16",
	"socket:1:1:0", "socket:1:2:0", "socket:2:1:0", "socket:16:3:0", "socket:0x100000002:2:0", "socketpair:2:1:0:0",
	"socket:2:2:136", "socket:2:3:1", "setsockopt:-1:0:35:0:0", "setsockopt:-1:0:1:0:0", "setsockopt:-1:41:20:0:0", "setsockopt:-1:6:1:0:0",
	"ioctl:-1:0x890b", "ioctl:-1:0x8916", "ioctl:-1:0x8910",
	"ioctl:-1:0x5401", "ioctl:-1:0x5412", "ioctl:-1:0x100005412", "ioctl:-1:0x541c", "ioctl:-1:0x40086602",
	"prctl:3", "prctl:4:0", "prctl:0x100000004:0", "prctl:3", "prctl:4:0x100000000", "prctl:35:99",
	"seccomp:1:8:0", "seccomp:0x100000001:0x100000008:0", "seccomp:1:0:0", "seccomp:3:0:0",
	"unshare:0", "unshare:0x80000000", "unshare:0x20080000000:0", "clone:0x10000", "clone:0x20010000",
	"clone:0x10010000:0", "clone3:0:0", "personality:0xffffffff", "personality:0xfffffffffffffff0",
	"prlimit64:0:99:0:0", "prlimit64:1:99:8:0", "prlimit64:0x100000000:99:8:0", "ptrace:-1:0:0",
	"io_uring_setup:0:0", "open_by_handle_at:-1:0:0", "name_to_handle_at:-1:0:0:0", "uselib:0",
	"statx:-1:0:0:0:0", "file_setattr:-1:0:0:0:0", "mount:0:0:0:0:0", "bpf:99:0:0", "getxattrat:-1:0:0:0:0:0",
	"400", "472", "600", "65537", "-1",
}

// parse reads a harmless call as the kernel gets it.
func parse(t *testing.T, call string) (Data, string) {
	t.Helper()
	parts := strings.Split(call, ":")
	if s, ok := ByName(parts[0]); ok {
		parts[0] = fmt.Sprint(s.Number)
	}
	d := Data{Arch: unix.AUDIT_ARCH_X86_64}
	if _, err := fmt.Sscan(parts[0], &d.Nr); err != nil {
		t.Fatal(call, err)
	}
	for i, part := range parts[1:] {
		if part == "-1" {
			d.Args[i] = ^uint64(0)
		} else if _, err := fmt.Sscan(part, &d.Args[i]); err != nil {
			t.Fatal(call, err)
		}
	}
	return d, strings.Join(parts, ":")
}

// The kernel must answer as Run says: refused calls with the errno, allowed
// ones as without a filter, notified ones with ENOSYS since nobody listens.
func TestKernelAgrees(t *testing.T) {
	victim := buildVictim(t)
	asUsers(t, func(t *testing.T, cred *syscall.Credential) {
		for _, name := range []string{"default", "files", "network", "lifted"} {
			t.Run(name, func(t *testing.T) { kernelAgrees(t, victim, cred, mustCompile(t, specs[name])) })
		}
	})
}

func kernelAgrees(t *testing.T, victim string, cred *syscall.Credential, p Program) {
	calls, data := make([]string, len(harmless)), make([]Data, len(harmless))
	for i, call := range harmless {
		data[i], calls[i] = parse(t, call)
	}
	got, err := runVictim(victim, cred, p, calls...)
	if err != nil || len(got) != len(calls) {
		t.Fatalf("%d answers for %d calls: %v", len(got), len(calls), err)
	}
	for i, call := range harmless {
		var want answer
		predicted := p.Run(data[i])
		switch predicted.Kind {
		case Errno:
			want = answer{-min(predicted.Errno, 1), predicted.Errno}
		case Notify:
			want = answer{-1, int(unix.ENOSYS)}
		case Allow:
			want = native(t, victim, cred, calls[i])
		default:
			t.Fatalf("%s: %v is not for this test", call, predicted)
		}
		if sameAnswer := got[i].errno == want.errno && (got[i].result < 0) == (want.result < 0); !sameAnswer {
			t.Errorf("%s: kernel %+v, %v means %+v", call, got[i], predicted, want)
		}
	}
}

func native(t *testing.T, victim string, cred *syscall.Credential, call string) answer {
	t.Helper()
	got, err := runVictim(victim, cred, nil, call)
	if err != nil || len(got) != 1 {
		t.Fatalf("%s without a filter: %v, %v", call, got, err)
	}
	return got[0]
}

// A target that asks to be undumpable is told so and stays readable.
func TestKernelKeepsTargetDumpable(t *testing.T) {
	victim := buildVictim(t)
	calls := []string{"157:4:0", "157:3"}
	asUsers(t, func(t *testing.T, cred *syscall.Credential) {
		got, err := runVictim(victim, cred, mustCompile(t, Spec{}), calls...)
		if want := []answer{{0, 0}, {1, 0}}; err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("with the filter: %v, %v; want %v", got, err, want)
		}
		got, err = runVictim(victim, cred, nil, calls...)
		if want := []answer{{0, 0}, {0, 0}}; err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("without: %v, %v; want %v", got, err, want)
		}
	})
}

func TestKernelKillsForeignCalls(t *testing.T) {
	victim := buildVictim(t)
	asUsers(t, func(t *testing.T, cred *syscall.Credential) {
		for call, p := range map[string]Program{
			fmt.Sprint(x32 | 39):        mustCompile(t, Spec{}),
			fmt.Sprint(x32 | 257):       mustCompile(t, specs["all"]),
			fmt.Sprint(uint32(1 << 31)): mustCompile(t, Spec{}),
			"int80":                     mustCompile(t, Spec{}),
			"246":                       mustCompile(t, specs["stricter"]), // kexec_load
			"56:0x20010000":             mustCompile(t, specs["stricter"]), // clone, NEWNS
		} {
			if got, err := runVictim(victim, cred, nil, call); err != nil || len(got) != 1 {
				if call == "int80" {
					t.Logf("CONFIG_IA32_EMULATION: int 0x80 does not work here: %v", err)
					continue
				}
				t.Fatalf("%s without a filter: %v, %v", call, got, err)
			}
			if got, err := runVictim(victim, cred, p, call); !killedBySIGSYS(err) || len(got) != 0 {
				t.Errorf("%s: %v, %v; want death by SIGSYS", call, got, err)
			}
		}
	})
}

// The closed network leaves sendmsg alone, and so stands on this: on the sockets
// that can be had, a destination reaches nobody. On a datagram socket it does.
func TestKernelIgnoresDestinations(t *testing.T) {
	victim := buildVictim(t)
	path := filepath.Join(filepath.Dir(victim), "server")
	server, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
	failed := func(errno unix.Errno) answer { return answer{-1, int(errno)} }
	asUsers(t, func(t *testing.T, cred *syscall.Credential) {
		p := mustCompile(t, Spec{})
		for _, c := range []struct {
			name string
			kind int
			p    Program
			want []answer // own socket, one of a pair, what the other of the pair got
		}{
			{"stream", unix.SOCK_STREAM, p, []answer{failed(unix.EOPNOTSUPP), failed(unix.EISCONN), failed(unix.EAGAIN)}},
			{"seqpacket", unix.SOCK_SEQPACKET, p, []answer{failed(unix.ENOTCONN), {1, 0}, {1, 0}}},
			{"datagram", unix.SOCK_DGRAM, p, []answer{failed(unix.EBADF), failed(unix.EACCES)}},
			{"datagram without a filter", unix.SOCK_DGRAM, nil, []answer{{1, 0}, {1, 0}, failed(unix.EAGAIN)}},
		} {
			got, err := runVictim(victim, cred, c.p, fmt.Sprintf("name:%d:%s", c.kind, path))
			if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%s: %v, %v; want %v", c.name, got, err, c.want)
			}
		}
	})
}
