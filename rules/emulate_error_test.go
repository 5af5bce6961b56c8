package rules

import (
	"errors"
	"strings"
	"testing"
)

// emulateOptions know every call, as an engine that refuses io_uring does.
func emulateOptions(o *Options) {
	o.KnownCall = func(name string) bool { return name != "unmae" }
	o.CallNames = func() []string { return []string{"uname"} }
	o.Emulable = func(name string) error {
		if strings.HasPrefix(name, "io_uring") {
			return errors.New(name + " is refused whatever the rules say")
		}
		return nil
	}
	o.Canonical = func(path string) string {
		if path == "/link" {
			return "/real"
		}
		return strings.NewReplacer("/link/", "/real/", "/real/symlink", "/elsewhere").Replace(path)
	}
}

// emulateErrors are the wrong combinations, with what is said of them.
var emulateErrors = []struct {
	rule string
	want string // summaries, in order
}{
	{`syscall = ["uname"]`, "Nothing to emulate with"},
	{`syscall = ["uname"]
		errno = "EPERM"
		value = 0`, "Too much to emulate with"},
	{`syscall = []
		value = 0`, "Empty syscall"},
	{`syscall = "uname"
		value = 0`, "Wrong type"},
	{`syscall = ["unmae"]
		value = 0`, "Unknown system call"},
	{`syscall = ["@debug"]
		value = 0`, "A group of system calls"},
	{`syscall = ["exit_group"]
		value = 0`, "Not to be emulated"},
	{`syscall = ["chown"]
		value = 0`, "Judged by what it names"},
	{`syscall = ["sendto"]
		errno = "EPERM"`, "Judged by what it names"},
	{`syscall = ["socket"]
		value = 3`, "A number in place of a descriptor"},
	{`syscall = ["io_uring_setup"]
		value = 0`, "Always refused"},
	{`syscall = ["umask"]
		content = "x"`, "Not an answer to a call"},
	{`syscall = ["umask"]
		file = "/x"`, "Not an answer to a call"},
	{`syscall = ["umask"]
		to = "127.0.0.1:1"`, "Not an answer to a call"},
	{`syscall = ["umask"]
		except = ["/x"]
		value = 0`, "Nothing to except from"},

	{`syscall = ["umask"]
		value = -1`, "An errno as a value"},
	{`syscall = ["umask"]
		value = -4095`, "An errno as a value"},
	{`syscall = ["umask"]
		value = 1.5`, "Not a whole number"},
	{`syscall = ["umask"]
		value = "0"`, "Wrong type"},
	{`syscall = ["umask"]
		value = -true`, "Wrong type"},

	{`syscall = ["umask"]
		when = "mask"
		value = 0`, "Wrong type"},
	{`syscall = ["umask"]
		when = {}
		value = 0`, "Wrong type"},
	{`syscall = ["umask"]
		when = { mask = [] }
		value = 0`, "Empty condition"},
	{`syscall = ["umask"]
		when = { msak = 1 }
		value = 0`, "Unknown argument"},
	{`syscall = ["umask"]
		when = { mask = "x" }
		value = 0`, "Bad condition"},
	{`syscall = ["umask"]
		when = { mask = "9-1" }
		value = 0`, "Bad condition"},
	{`syscall = ["umask"]
		when = { mask = "4/3" }
		value = 0`, "Bad condition"},
	{`syscall = ["umask"]
		when = { mask = 1.5 }
		value = 0`, "Bad condition"},
	{`syscall = ["umask"]
		when = { mask = true }
		value = 0`, "Wrong type"},
	{`syscall = ["umask"]
		when = {
			mask = 1
			mask = 2
		}
		value = 0`, "Name used twice"},
	{`syscall = ["umask"]
		when = { "m-x" = 1 }
		value = 0`, "Bad name"},
	{`syscall = ["sched_setscheduler"]
		when = { param = 1 }
		value = 0`, "Unknown argument"},
	{`syscall = ["sched_setscheduler", "sched_get_priority_max"]
		when = { policy = 1 }
		value = 0`, "Not the same argument"},
	{`syscall = ["umask"]
		when = { arg6 = 1 }
		value = 0`, "Unknown argument"},

	{`syscall = ["umask"]
		answer = { release = "x" }`, "No such answer"},
	{`syscall = ["uname", "sysinfo"]
		answer = { release = "x" }`, "No such answer"},
	{`syscall = ["uname"]
		answer = { relaese = "x" }`, "Unknown field"},
	{`syscall = ["uname"]
		answer = { totalram = 1 }`, "Unknown field"},
	{`syscall = ["uname"]
		answer = { release = 6 }`, "Wrong type"},
	{`syscall = ["uname"]
		answer = { release = "` + strings.Repeat("x", 65) + `" }`, "Text too long"},
	{`syscall = ["sysinfo"]
		answer = { totalram = "2 gigs" }`, "Bad number"},
	{`syscall = ["sysinfo"]
		answer = { totalram = "99999999TiB" }`, "Bad number"},
	{`syscall = ["sysinfo"]
		answer = { procs = 70000 }`, "Bad number"},
	{`syscall = ["sysinfo"]
		answer = { uptime = "1h" }`, "Bad number"},
	{`access = ["read"]
		path = ["/x"]
		answer = { release = "x" }`, "An answer without its call"},

	{`access = ["attr"]
		path = ["/x"]
		when = { uid = 0 }
		value = 0`, "Conditions on a rule about files or addresses"},
	{`access = ["read"]
		path = ["/x"]
		value = 0`, "A number in place of a descriptor"},
	{`access = ["write"]
		path = ["/x"]
		value = 0`, "A number in place of a descriptor"},
	{`access = ["stat"]
		path = ["/x"]
		value = 0`, "A number is no answer"},
	{`access = ["exec"]
		path = ["/x"]
		value = 0`, "A number is no answer"},
	{`access = ["write"]
		path = ["/x"]
		syscall = ["openat", "truncate"]
		value = 0`, "A number in place of a descriptor"},
	{`access = ["attr"]
		path = ["/x"]
		syscall = ["unlink"]
		value = 0`, "Never asked for"},
	{`access = ["attr"]
		path = ["/x"]
		syscall = ["umask"]
		value = 0`, "Not judged by what it names"},
	{`access = ["read"]
		path = ["/x"]
		syscall = ["openat"]
		file = "/y"`, "Calls are not told apart"},
	{`access = ["stat"]
		path = ["/x"]
		syscall = ["stat"]
		errno = "ENOENT"`, "Calls are not told apart"},
	{`syscall = ["chown"]
		path = ["/x"]
		value = 0`, "Missing access"},

	{`access = ["read", "attr"]
		path = ["/x"]
		file = "/y"`, "Only opening can be emulated"},
	{`access = ["create"]
		path = ["/x"]
		file = "/y"`, "Creating without writing"},
	{`access = ["write"]
		path = ["/x"]
		content = "y"`, "Only reading can be emulated"},

	{`access = ["read"]
		path = ["/x"]
		file = "/real/symlink"`, "A symlink at the end"},
	{`access = ["connect"]
		address = ["unix:/x"]
		to = "unix:/link/symlink"`, "A symlink at the end"},

	{`access = ["connect"]
		address = ["10.0.0.1:1"]
		to = "localhost:80"`, "Not one address"},
	{`access = ["connect"]
		address = ["10.0.0.1:1"]
		to = "127.0.0.1"`, "Not one address"},
	{`access = ["connect"]
		address = ["10.0.0.1:1"]
		to = "127.0.0.1:0"`, "Not one address"},
	{`access = ["connect"]
		address = ["10.0.0.1:1"]
		to = "0.0.0.0:80"`, "Not one address"},
	{`access = ["connect"]
		address = ["10.0.0.1:1"]
		to = "[fe80::1%eth0]:80"`, "Not one address"},
	{`access = ["connect"]
		address = ["10.0.0.1:1"]
		to = "netlink:route"`, "Nothing to connect to"},
	{`access = ["connect"]
		address = ["10.0.0.1:1"]
		to = "unix:/run/x"`, "Another kind of socket"},
	{`access = ["connect"]
		address = ["unix:/run/x"]
		to = "127.0.0.1:80"`, "Another kind of socket"},
	{`access = ["connect", "bind"]
		address = ["10.0.0.1:1"]
		to = "127.0.0.1:80"`, "Only connecting leads elsewhere"},
	{`access = ["read"]
		path = ["/x"]
		to = "127.0.0.1:80"`, "Only connecting leads elsewhere"},
}

// TestEmulateErrors: every wrong combination says what is wrong with it.
func TestEmulateErrors(t *testing.T) {
	for _, tc := range emulateErrors {
		_, d := loadText(t, "emulate \"x\" {\n"+tc.rule+"\n}\n", emulateOptions)
		var got []string
		for _, diag := range d.All() {
			got = append(got, diag.Summary)
			if diag.Detail == "" || diag.Subject == nil {
				t.Errorf("%s\n%q says neither where nor what to do", tc.rule, diag.Summary)
			}
		}
		if strings.Join(got, ", ") != tc.want {
			t.Errorf("%s\n%v, want %q", tc.rule, d, tc.want)
		}
	}
}

func TestEmulateAttributesElsewhere(t *testing.T) {
	for _, block := range []string{"allow", "deny"} {
		for _, a := range []string{`value = 0`, `to = "127.0.0.1:1"`, `when = { mask = 1 }`, `answer = { release = "x" }`, `syscall = ["umask"]`} {
			_, d := loadText(t, block+" \"x\" {\n access = [\"read\"]\n path = [\"/x\"]\n "+a+"\n}\n", emulateOptions)
			if !strings.Contains(d.Error(), "Only emulate rules have ") {
				t.Errorf("%s with %s: %v", block, a, d)
			}
		}
	}
}

func TestAlwaysRefusedInProgram(t *testing.T) {
	_, d := loadText(t, "program \"/x\" {\n emulate \"x\" {\n syscall = [\"io_uring_setup\"]\n errno = \"ENOSYS\"\n}\n}\n", emulateOptions)
	if !strings.Contains(d.Error(), "Always refused") {
		t.Errorf("another errno for one program: %v", d)
	}
}
