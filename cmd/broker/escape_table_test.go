package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// escape is one way out: a program, and what is known about it.
type escape struct {
	program, subcase string

	all             bool             // natively every attempt succeeds
	supervised      bool             // attacks its parent: natively a stand-in
	killsSupervisor bool             // and may succeed in that
	mayBeKilled     bool             // the broker may kill it for what it did
	outside         bool             // attacks a process that the broker does not hold
	compared        bool             // gets nowhere, but must say the same as natively
	painted         bool             // what the broker writes must not be painted
	extra           string           // a file of rules that holds as well
	secretAtStdin   bool             // starts with an O_PATH descriptor of the secret at 0
	secretInherited bool             // starts with the secret open at inheritedFD
	missing         *missing         // natively impossible without this
	want            []*regexp.Regexp // what its output says under the broker
	denied          []string         // refusals that the audit log must show
}

// isRace says whether chance decides, attempt by attempt.
func (c escape) isRace() bool {
	return !c.all && slices.Contains([]string{"01-toctou", "20-slots", "21-chdir"}, c.program) || strings.HasPrefix(c.subcase, "race-")
}

func (c escape) name() string {
	if c.subcase == "" {
		return c.program
	}
	return c.program + "-" + c.subcase
}

// missing recognises, by the output of the native run, that this kernel or
// this user cannot do what the program needs.
type missing struct {
	output   *regexp.Regexp
	feature  string
	userOnly bool // root must have it
}

func (m *missing) match(stdout string, who identity) bool {
	return m.output.MatchString(stdout) && (!m.userOnly || who.uid != 0)
}

func noCall(feature string) *missing {
	return &missing{output: regexp.MustCompile(`held errno=ENOSYS\n`), feature: feature}
}

func noPrivilege(feature string) *missing {
	return &missing{output: regexp.MustCompile(`held errno=EPERM\n`), feature: feature, userOnly: true}
}

func lines(expressions ...string) []*regexp.Regexp {
	var list []*regexp.Regexp
	for _, e := range expressions {
		list = append(list, regexp.MustCompile(`(?m)^`+e+`$`))
	}
	return list
}

var (
	target = []string{"hide/target"}
	fresh  = []string{"hide/fresh"}
	evil   = []string{"hide/prog"}
)

// Files of rules that a case may need.
const (
	network = "network.hcl"
	shells  = "shell.hcl"
	console = "console.hcl"
)

var escapes = concat(
	[]escape{
		{program: "01-toctou", subcase: "open", denied: target},
		{program: "01-toctou", subcase: "openat", denied: target},
		{program: "01-toctou", subcase: "openat2-path", denied: target},
		{program: "01-toctou", subcase: "openat2-how", denied: []string{"read/target"}},
		{program: "01-toctou", subcase: "rename-source", denied: target},
		{program: "01-toctou", subcase: "rename-target", denied: []string{"hide/landing"}},
		{program: "01-toctou", subcase: "link", denied: target},
		{program: "01-toctou", subcase: "unlink", denied: []string{"hide/victim"}},
		{program: "01-toctou", subcase: "execve", denied: evil, mayBeKilled: true},
		{program: "01-toctou", subcase: "exchange-file", denied: target},
		{program: "01-toctou", subcase: "exchange-dir", denied: target},

		{program: "02-listener", subcase: "beside", supervised: true, all: true, denied: target},
		{program: "02-listener", subcase: "alone", supervised: true, killsSupervisor: true, all: true},
	},
	siblings("03-open", target, "open", "openat", "openat2",
		"rename", "renameat", "renameat2", "rename-exchange", "link", "linkat"),
	[]escape{
		{program: "03-open", subcase: "creat", all: true, denied: []string{"hide/created"}},
		{program: "03-open", subcase: "rename-dir", all: true, denied: []string{"hide"}},
		{program: "03-open", subcase: "linkat-fd", all: true},
		{program: "03-open", subcase: "open_by_handle_at", all: true, missing: noPrivilege("CAP_DAC_READ_SEARCH")},
		{program: "03-open", subcase: "open_tree", all: true},
		{program: "03-open", subcase: "open_tree_attr", all: true, missing: noCall("open_tree_attr (Linux 6.15)")},
		{program: "03-open", subcase: "mount-fd", all: true, missing: noPrivilege("user namespaces for ordinary users")},
		{program: "03-open", subcase: "mount-bind", all: true, missing: noPrivilege("user namespaces for ordinary users")},
		{program: "03-open", subcase: "chroot", all: true, missing: noPrivilege("user namespaces for ordinary users")},
		{program: "03-open", subcase: "fanotify", all: true, missing: noPrivilege("CAP_SYS_ADMIN")},
	},
	// Names: the broker decides, and says so.
	siblings("03-change", fresh, "mkdir", "mkdirat", "symlink", "symlinkat", "link-into", "rename-into"),
	siblings("03-change", target, "unlink", "unlinkat"),
	siblings("03-change", []string{"hide/empty"}, "rmdir"),
	// The others: whether the kernel refuses or the broker is not said here.
	siblings("03-change", nil, "mknod", "mknodat", "bind", "truncate",
		"chmod", "fchmodat", "chown", "lchown", "fchownat",
		"utime", "utimes", "futimesat", "utimensat",
		"setxattr", "lsetxattr", "removexattr", "lremovexattr",
		"fchmod", "fchown", "futimens", "fsetxattr", "fremovexattr",
		"ioctl-setflags", "ioctl-setflags-high-bits", "ioctl-fssetxattr"),
	[]escape{
		{program: "03-change", subcase: "fchmodat2", all: true, missing: noCall("fchmodat2 (Linux 6.6)")},
		{program: "03-change", subcase: "setxattrat", all: true, missing: noCall("setxattrat (Linux 6.13)")},
		{program: "03-change", subcase: "removexattrat", all: true, missing: noCall("removexattrat (Linux 6.13)")},
		{program: "03-change", subcase: "file_setattr", all: true, missing: noCall("file_setattr (Linux 6.17)")},
	},
	siblings("03-exec", evil, "execve", "execveat", "execveat-dirfd", "execveat-fd",
		"execve-symlink", "shebang", "shebang-twice", "ld-so"),
	siblings("03-exec", []string{"read/prog"}, "execve-readable", "execveat-readable-fd", "execve-readable-proc"),
	siblings("03-exec", nil, "memfd"),
	swaps(),
	[]escape{
		{program: "04-abi", subcase: "i386", all: true,
			missing: &missing{output: regexp.MustCompile(`int80 open: killed by SIGSEGV`), feature: "CONFIG_IA32_EMULATION"},
			want:    lines("int80 open: killed by SIGSYS", "int80 openat: killed by SIGSYS", "int80 creat: killed by SIGSYS")},
		{program: "04-abi", subcase: "x32", all: true, missing: noCall("CONFIG_X86_X32_ABI"),
			want: lines("x32 open: killed by SIGSYS", "x32 openat: killed by SIGSYS")},
		{program: "05-io-uring", all: true,
			missing: &missing{output: regexp.MustCompile(`openat: held errno=(ENOSYS|EPERM)`), feature: "io_uring"},
			want: lines("openat: held errno=(ENOSYS|EPERM)",
				"io_uring_enter: errno=(ENOSYS|EPERM)", "io_uring_register: errno=(ENOSYS|EPERM)")},
		{program: "06-spellings", all: true, denied: []string{"hide/target", "hide"}},
		{program: "07-openat2", denied: target},
		{program: "08-self", secretAtStdin: true, denied: target},
		{program: "09-magic", subcase: "outside", outside: true, all: true},
		{program: "09-magic", subcase: "tree", all: true, denied: target},
		{program: "10-follow", subcase: "follow", all: true, denied: []string{"hide/target", "hide/fresh", "hide/empty"}},
		{program: "10-follow", subcase: "nofollow", all: true, denied: []string{"hide/alias"}},
		{program: "10-follow", subcase: "own", compared: true},
		{program: "11-names", all: true, denied: []string{"keep/vault/target", "keep/vault", "keep", "keep/deep", "keep/deep/er", "keep/deep/er/vault"}},
		{program: "12-prefix", all: true, denied: []string{"database/target", "data.target", "exactly", "dat/target"}},
		{program: "13-fail-open", subcase: "protect", denied: target},
		{program: "13-fail-open", subcase: "unmap", denied: target},
		{program: "13-fail-open", subcase: "full-table"},
		{program: "13-fail-open", subcase: "secretmem", all: true, missing: noCall("memfd_secret and secretmem.enable")},
		{program: "13-fail-open", subcase: "answers", denied: target},
		{program: "14-errno-sign", all: true, denied: target,
			want: lines("named: -2 ENOENT", "open: -13 EACCES", "openat: -13 EACCES", "creat: -13 EACCES",
				"mkdir: -13 EACCES", "unlink: -13 EACCES", "link: -13 EACCES", "execve: -13 EACCES")},
		{program: "15-eintr", subcase: "children", compared: true},
		{program: "15-eintr", subcase: "shells", compared: true, extra: shells},
		{program: "16-fast-reply", all: true, denied: target},
		{program: "19-short-lived", denied: target},
		{program: "20-slots", subcase: "openat", denied: target},
		{program: "20-slots", subcase: "linkat", denied: target},
		{program: "20-slots", subcase: "unlinkat", denied: []string{"hide/victim"}},
		{program: "20-slots", subcase: "fchmod", denied: []string{"read/target"}},
		{program: "20-slots", subcase: "sendto", extra: network, denied: []string{"127.0.0.1:"}},
		{program: "21-chdir", subcase: "open", denied: target},
		{program: "21-chdir", subcase: "open-fchdir", denied: target},
		{program: "21-chdir", subcase: "create", denied: []string{"hide/born"}},
		{program: "21-chdir", subcase: "unlink", denied: []string{"hide/victim"}},
		{program: "21-chdir", subcase: "rename", denied: target},
		{program: "22-sockets", subcase: "inet", extra: network, all: true, denied: []string{"127.0.0.1:"}},
		{program: "22-sockets", subcase: "named", extra: network, all: true, denied: []string{"unix:data/shut", "unix:data/shut-packets"}},
		{program: "22-sockets", subcase: "abstract", extra: network, all: true, denied: []string{"unix:@shut-"}},
		{program: "22-sockets", subcase: "bound", extra: network, all: true, denied: []string{"unix:hide/new"}},
		{program: "22-sockets", subcase: "race-sendto", extra: network, denied: []string{"127.0.0.1:"}},
		{program: "22-sockets", subcase: "race-sendmsg", extra: network, denied: []string{"127.0.0.1:"}},
		{program: "22-sockets", subcase: "race-connect", extra: network, denied: []string{"127.0.0.1:"}},
		{program: "22-sockets", subcase: "race-path", extra: network, denied: []string{"unix:data/shut"}},
		{program: "22-sockets", subcase: "race-symlink", extra: network, denied: []string{"unix:data/shut"}},
		{program: "22-sockets", subcase: "race-bind", extra: network, denied: []string{"unix:hide/raced-"}},
		{program: "23-authority", subcase: "sizes", compared: true},
		{program: "23-authority", subcase: "landlock", compared: true},
		{program: "23-authority", subcase: "filter", compared: true},
		{program: "23-authority", subcase: "identity", compared: true},
		{program: "24-flags", subcase: "open", all: true, denied: []string{"hide/target", "read/target"}},
		{program: "24-flags", subcase: "o_path", all: true, denied: []string{"hide/target", "read/target"}},
		{program: "25-supervisor", subcase: "read", supervised: true, all: true},
		{program: "25-supervisor", subcase: "stop", supervised: true, all: true, denied: target},
		{program: "25-supervisor", subcase: "kill", supervised: true, killsSupervisor: true, all: true},
		{program: "26-inherited", secretInherited: true},
		{program: "27-orphan", all: true, denied: target},
		{program: "28-thread", all: true, denied: []string{"hide/target", "hide/victim"}},
		{program: "28-thread", subcase: "leaderless", all: true, denied: []string{"hide/target", "hide/victim"}},
		{program: "30-exit", subcase: "killed", compared: true},
		{program: "30-exit", subcase: "leader", compared: true},
		{program: "32-noisy", all: true, denied: []string{"hide/target", "hide/victim", "hide/born"}},
		{program: "33-painted", all: true, painted: true, extra: network},
		{program: "34-tiocsti", subcase: "tiocsti", all: true, missing: &missing{
			output: regexp.MustCompile(`TIOCSTI: held errno=EIO\n`), feature: "dev.tty.legacy_tiocsti"}},
		{program: "34-tiocsti", subcase: "tioclinux", all: true, extra: console, missing: &missing{
			output: regexp.MustCompile(`TIOCLINUX: no console: held`), feature: "a virtual console of one's own"}},
		{program: "36-go", all: true, denied: target},
		{program: "37-dumpable", all: true, denied: []string{"hide/target", "hide/victim"}},
		{program: "38-strings", subcase: "reach", all: true, denied: target},
		{program: "38-strings", subcase: "answers", compared: true},
	},
)

// siblings are the cases of one program that differ in the call alone.
func siblings(program string, denied []string, subcases ...string) []escape {
	var list []escape
	for _, s := range subcases {
		list = append(list, escape{program: program, subcase: s, all: true, denied: denied})
	}
	return list
}

func concat(lists ...[]escape) []escape {
	var all []escape
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// TestEscapesListed fails when a program is not run.
func TestEscapesListed(t *testing.T) {
	listed := map[string]bool{}
	for _, c := range escapes {
		if listed[c.name()] {
			t.Errorf("%s is listed twice", c.name())
		}
		listed[c.name()] = true
		listed[c.program] = true
	}
	sources, err := filepath.Glob(filepath.Join(escapeSources, "[0-9]*"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("no programs in %s: %v", escapeSources, err)
	}
	for _, source := range sources {
		name := strings.TrimSuffix(filepath.Base(source), ".c")
		if !listed[name] && !ownTests[name] {
			t.Errorf("%s is never run", name)
		}
	}
}
