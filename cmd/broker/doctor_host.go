package main

import (
	"bytes"
	"fmt"
	"math/bits"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"strings"

	"seccomp-broker/broker/audit"
	"seccomp-broker/notify/probe"

	"golang.org/x/sys/unix"
)

// Groups of checks, in the order of the table.
const (
	groupHost   = "this machine and this user"
	groupKernel = "the kernel, tried"
)

// fewFiles is how many open files are too few: the broker holds a few
// descriptors for every call that it is busy with.
const fewFiles = 256

// hostChecks looks at what surrounds this process.
func hostChecks() []check {
	checks := []check{
		checkMachine(), checkUser(), checkProc(), checkYama(), checkFiles(), checkFilters(),
	}
	checks = append(checks, securityModules()...)
	if name := container(); name != "" {
		checks = append(checks, note("container", name+": its seccomp profile and security module apply here too"))
	}
	for i := range checks {
		checks[i].group = groupHost
	}
	return checks
}

func good(name, need, detail string) check {
	return check{Name: name, State: stateOK, Need: need, Detail: detail}
}

func lacking(name, need, detail, remedy string) check {
	return check{Name: name, State: stateMissing, Need: need, Detail: detail, Remedy: remedy}
}

func note(name, detail string) check {
	return check{Name: name, State: stateNote, Detail: detail}
}

// kernel is uname(2)'s release and machine.
func kernel() (release, machine string) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil { // cannot fail with a valid pointer
		return "unknown", runtime.GOARCH
	}
	return unix.ByteSliceToString(u.Release[:]), unix.ByteSliceToString(u.Machine[:])
}

func checkMachine() check {
	_, machine := kernel()
	if runtime.GOARCH != "amd64" || machine != "x86_64" {
		return lacking("architecture", probe.Required, machine, "run broker on x86_64: its table of system calls is of that one")
	}
	return good("architecture", probe.Required, machine)
}

func checkUser() check {
	uid, euid := unix.Getuid(), unix.Geteuid()
	name := strconv.Itoa(uid)
	if u, err := user.LookupId(name); err == nil {
		name = fmt.Sprintf("%s (uid %d)", audit.Escape(u.Username), uid)
	} else {
		name = "uid " + name
	}
	if uid != euid || unix.Getgid() != unix.Getegid() {
		return lacking("user", probe.Required, name+", but installed set-user-id or set-group-id",
			"take the bit off: broker acts with the rights of the one who starts it")
	}
	return good("user", probe.Required, name+", "+capabilities())
}

// capabilities describes the effective set. capabilities(7).
func capabilities() string {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return "capabilities unknown"
	}
	switch n := bits.OnesCount32(data[0].Effective) + bits.OnesCount32(data[1].Effective); n {
	case 0:
		return "no capabilities (none are needed)"
	case 1:
		return "1 capability"
	default:
		return fmt.Sprintf("%d capabilities", n)
	}
}

func checkProc() check {
	const name = "proc file system"
	var fs unix.Statfs_t
	if err := unix.Statfs("/proc", &fs); err != nil || fs.Type != unix.PROC_SUPER_MAGIC {
		return lacking(name, probe.Required, "/proc is none", "mount one: mount -t proc proc /proc")
	}
	return good(name, probe.Required, "/proc")
}

// checkYama reads who may look into another process. The broker looks into
// its own descendants, which all settings but the last two let everybody do.
// Documentation/admin-guide/LSM/Yama.rst.
func checkYama() check {
	const name = "looking into one's own children (Yama)"
	text, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	if err != nil {
		return good(name, probe.Required, "no Yama")
	}
	scope := strings.TrimSpace(string(text))
	detail := "kernel.yama.ptrace_scope = " + scope
	switch {
	case scope == "3":
		return lacking(name, probe.Required, detail, "boot with another setting: 3 cannot be changed while the system runs")
	case scope == "2" && unix.Geteuid() != 0:
		return lacking(name, probe.Required, detail, "sysctl kernel.yama.ptrace_scope=1, or give broker CAP_SYS_PTRACE by running it as root")
	}
	return good(name, probe.Required, detail)
}

func checkFiles() check {
	const name = "open files"
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return note(name, "the limit is unknown: "+err.Error())
	}
	detail := fmt.Sprintf("up to %d", limit.Max)
	if limit.Max < fewFiles {
		return lacking(name, probe.Recommended, detail, fmt.Sprintf("raise the hard limit to %d or more: ulimit -Hn, limits.conf(5)", fewFiles))
	}
	return good(name, probe.Recommended, detail)
}

// checkFilters tells whether this process is under seccomp filters already.
// One of those with a listener rules a second listener out: seccomp(2), EBUSY.
func checkFilters() check {
	const name = "seccomp filters already on this process"
	switch n := filtersOnSelf(); n {
	case "":
		return note(name, "unknown: this kernel does not count them")
	case "0":
		return good(name, "", "none")
	default:
		return note(name, n+"; what they refuse stays refused")
	}
}

// filtersOnSelf is how many seccomp filters this process is under, "" if the
// kernel does not say (it does since Linux 5.9).
func filtersOnSelf() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return ""
	}
	for line := range bytes.Lines(status) {
		if count, ok := bytes.CutPrefix(line, []byte("Seccomp_filters:")); ok {
			return string(bytes.TrimSpace(count))
		}
	}
	return ""
}

// securityModules names what may refuse things beside seccomp.
func securityModules() []check {
	var checks []check
	if list, err := os.ReadFile("/sys/kernel/security/lsm"); err == nil {
		checks = append(checks, note("security modules", strings.TrimSpace(string(list))))
	}
	label, err := os.ReadFile("/proc/self/attr/current")
	text := strings.Trim(string(label), "\x00\n ")
	if err == nil && text != "" && text != "unconfined" {
		checks = append(checks, note("security label of this process", audit.Quote(text)))
	}
	return checks
}

// container names the container this seems to be, "" if none. It is a hint.
func container() string {
	for _, mark := range [][2]string{
		{"/run/.containerenv", "Podman"}, {"/.dockerenv", "Docker"}, {"/run/systemd/container", "a systemd container"},
	} {
		if _, err := os.Stat(mark[0]); err == nil {
			return mark[1]
		}
	}
	if os.Getenv("KUBERNETES_SERVICE_HOST") != "" {
		return "Kubernetes"
	}
	if kind := os.Getenv("container"); kind != "" {
		return audit.Quote(kind)
	}
	return ""
}
