package filter

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// renamed gives the table's name for an entry point that the kernel calls
// otherwise.
var renamed = map[string]string{
	"newstat": "stat", "newfstat": "fstat", "newlstat": "lstat", "newuname": "uname",
	"umount": "umount2", "sendfile64": "sendfile",
}

// foreign are entry points built for x86-64 that its table does not reach:
// those of 32-bit programs, leftovers of old library interfaces, and stubs for
// the calls of other architectures.
var foreign = strings.Fields(`chown16 fchown16 getegid16 geteuid16 getgid16 getgroups16
	getresgid16 getresuid16 getuid16 lchown16 setfsgid16 setfsuid16 setgid16 setgroups16
	setregid16 setresgid16 setresuid16 setreuid16 setuid16 fadvise64_64 fstatfs64 statfs64
	gethostname ipc llseek mmap_pgoff nice old_getrlimit old_msgctl old_readdir old_semctl
	old_shmctl oldumount olduname recv send sgetmask signal sigpending sigprocmask sigsuspend
	socketcall ssetmask stime sync_file_range2 vm86 vm86old waitpid
	ni_syscall pciconfig_iobase pciconfig_read pciconfig_write rtas s390_ipc
	s390_pci_mmio_read s390_pci_mmio_write spu_create spu_run subpage_prot`)

// Every call that the running kernel has an entry for has a row. One without is
// refused with ENOSYS all the same, but should get a row, and this test tells.
func TestRunningKernelHasNoUnlistedCall(t *testing.T) {
	skip := map[string]bool{}
	for _, name := range foreign {
		skip[name] = true
	}
	for _, name := range kernelCalls(t) {
		if strings.HasSuffix(name, "32") || strings.HasPrefix(name, "ia32_") || skip[name] {
			continue
		}
		if other, ok := renamed[name]; ok {
			name = other
		}
		if _, ok := ByName(name); !ok {
			t.Errorf("the kernel knows %s, which the table does not list (it is refused with ENOSYS)", name)
		}
	}
}

// kernelCalls lists the kernel's entry points by name, which every user may
// read. Entry points that are not configured have a stub and are listed too.
func kernelCalls(t *testing.T) []string {
	f, err := os.Open("/proc/kallsyms")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("missing: CONFIG_KALLSYMS")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var names []string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 || strings.Contains(fields[2], ".") {
			continue
		}
		if name, ok := strings.CutPrefix(fields[2], "__x64_sys_"); ok {
			names = append(names, name)
		}
	}
	if err := lines.Err(); err != nil || len(names) < 300 {
		t.Fatalf("only %d calls in /proc/kallsyms, %v", len(names), err)
	}
	return names
}
