package learn

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStrace reads logs as strace 6.1 writes them with -f, with and without -y.
func TestStrace(t *testing.T) {
	for _, tc := range []struct {
		name, log string
		want      []string
		account   string
	}{
		{"plain", `
100 execve("/usr/bin/app", ["app"], 0x7ffd /* 20 vars */) = 0
100 openat(AT_FDCWD, "in.txt", O_RDONLY|O_CLOEXEC) = 3
100 openat(AT_FDCWD, "none", O_RDONLY) = -1 ENOENT (No such file or directory)
100 open("/out", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 4
100 +++ exited with 0 +++
`, []string{" exec /usr/bin/app", "/usr/bin/app read /w/in.txt", "/usr/bin/app write, create /out"}, ""},
		{"where it goes", `
[pid   100] 12:00:01.5 chdir("sub") = 0
[pid   100] openat(AT_FDCWD, "a", O_RDONLY) = 3
[pid   100] mkdir("/new", 0777) = 0
[pid   100] openat(AT_FDCWD, "/new", O_RDONLY|O_DIRECTORY) = 5
[pid   100] fchdir(5) = 0
[pid   100] unlink("b") = 0
[pid   100] openat(5, "c", O_RDWR) = 6
[pid   100] dup2(5, 9) = 9
[pid   100] unlinkat(9, "d", 0) = 0
[pid   100] clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD) = 101
[pid   101] open("e", O_RDONLY) = 3
`, []string{" read, create /new", " read /new/e", " read /w/sub/a", " read, write /new/c", " remove /new/b", " remove /new/d"}, ""},
		{"-y", `
100 openat(AT_FDCWD</srv/a, b)>, "x", O_RDONLY) = 3</srv/a, b)/x>
100 fchmod(3</srv/it's \"q\">, 0644) = 0
100 renameat2(AT_FDCWD</srv>, "old", 7</srv/dir>, "new", RENAME_NOREPLACE) = 0
`, []string{" attr /srv/it's \"q\"", " read /srv/a, b)/x", " read, remove /srv/old", " write, create /srv/dir/new"}, ""},
		{"unfinished", `
100 openat(AT_FDCWD, "/fifo", O_RDONLY <unfinished ...>
101 openat(AT_FDCWD, "/other", O_WRONLY) = 3
100 <... openat resumed>) = 3
100 --- SIGCHLD {si_signo=SIGCHLD} ---
`, []string{" read /fifo", " write /other"}, ""},
		{"sockets", `
100 socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 3
100 bind(3, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 0
100 connect(4, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.7")}, 16) = -1 EINPROGRESS (Operation now in progress)
100 connect(4, {sa_family=AF_INET6, sin6_port=htons(53), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}, 28) = 0
100 connect(4, {sa_family=AF_UNIX, sun_path="/run/x\40y"}, 110) = 0
100 connect(4, {sa_family=AF_UNIX, sun_path=@"name"}, 110) = 0
100 connect(4, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT (No such file or directory)
100 bind(5, {sa_family=AF_UNIX, sun_path="s"}, 110) = 0
100 sendto(6, "x", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")}, 16) = 1
`, []string{" bind netlink:route", " bind unix:/w/s", " connect 127.0.0.53:53", " connect 192.0.2.7:443", " connect [::1]:53",
			" connect unix:/run/x y", " connect unix:@name", " create /w/s"}, ""},
		{"own entry", "100 open(\"/proc/self/maps\", O_RDONLY) = 3\n100 open(\"/proc/100/stat\", O_RDONLY) = 3\n",
			[]string{" read /proc/self/maps", " read /proc/self/stat"}, ""},
		{"not strace", "hello\n100 ptrace(PTRACE_ATTACH, 99) = -1 EPERM (Operation not permitted)\n100 open(\"/a\", O_RDONLY) = 3\n100 open(\"/b",
			[]string{" read /a"}, "lines that are no calls as strace writes them, and do not count: 1; the last line is cut; these calls stay refused unless syscalls { allow = […] } lifts them: ptrace"},
	} {
		c := NewCollector("")
		account, err := ReadStrace(strings.NewReader(strings.TrimPrefix(tc.log, "\n")), c, Host{Cwd: "/w"})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, u := range c.Uses() {
			got = append(got, fmt.Sprintf("%s %s %s", u.Exe, u.Access, u.Subject()))
		}
		if diff := cmp.Diff(asSet(tc.want), asSet(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		if account.String() != tc.account {
			t.Errorf("%s: %q, want %q", tc.name, account, tc.account)
		}
	}
}

func asSet(list []string) map[string]bool {
	all := map[string]bool{}
	for _, s := range list {
		all[s] = true
	}
	return all
}

// FuzzStrace: whatever a trace holds, what comes of it is paths and addresses that
// rules can be written for.
func FuzzStrace(f *testing.F) {
	for _, s := range []string{
		`1 openat(AT_FDCWD</x>, "a\"b\\\101", O_RDONLY|O_CREAT, 0666) = 3</x/a>` + "\n",
		"1 open(\"a\", O_RDONLY <unfinished ...>\n1 <... open resumed>) = 3\n", "[pid 7] 1.5 chdir(\"..\") = 0\n7 unlink(\"x\") = 0\n",
		"1 connect(3, {sa_family=AF_UNIX, sun_path=@\"\\0\"}, 110) = 0\n", "1 rename(\"a\", \"b\") = 0\n1 clone() = 2\n2 execve(\"b\", [\"b\"]) = 0\n",
		"1 openat2(3, \"a\", {flags=O_RDWR|O_CREAT, mode=0666, resolve=0}, 24) = 4\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, log string) {
		c := NewCollector("")
		if _, err := ReadStrace(strings.NewReader(log), c, Host{Cwd: "/w"}); err != nil {
			t.Fatal(err)
		}
		for _, u := range c.Uses() {
			if u.Address == "" && (!strings.HasPrefix(u.Path, "/") || u.Access == 0) {
				t.Fatalf("%+v", u)
			}
		}
		if len(log) > 1000 {
			return
		}
		r, err := newLearner().Learn(c, "app.hcl", nil, nil)
		if err != nil {
			t.Fatalf("%q: %v", log, err)
		}
		if len(r.Text) == 0 {
			t.Fatal("nothing was written")
		}
	})
}
