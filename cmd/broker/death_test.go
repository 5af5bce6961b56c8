package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// orphan tries every family of mediated calls, in itself and in a child, when
// it is told to on standard input, and prints each with its errno, 0 for
// success. At the end it tries to become a supervisor itself: seccomp(2) with
// SECCOMP_FILTER_FLAG_NEW_LISTENER and a filter that allows everything.
const orphan = `
$| = 1;
sub try { my ($name, $ok) = @_; my $e = $ok ? 0 : $!+0; print "$who $name $e\n" }
sub all {
	($who) = @_;
	try("open", open(my $f, "<", "file"));
	try("create", open(my $g, ">", "new-$who"));
	try("mkdir", mkdir("dir-$who"));
	try("rename", rename("file-$who", "renamed-$who"));
	try("link", link("file", "link-$who"));
	try("symlink", symlink("file", "symlink-$who"));
	try("chmod", chmod(0600, "file"));
	try("utime", utime(1, 1, "file"));
	try("truncate", truncate("file", 1));
	try("unlink", unlink("gone-$who"));
	try("rmdir", rmdir("empty-$who"));
	try("readdir", opendir(my $d, "."));
	{ no warnings; try("exec", exec({"/usr/bin/true"} "true")) if $who eq "child-exec" }
	syscall(157, 38, 1, 0, 0, 0);
	my $program = pack("SCCL", 6, 0, 0, 0x7fff0000);
	my $fd = syscall(317, 1, 8, pack("S x6 P", 1, $program));
	try("listener", $fd >= 0);
	syscall(3, $fd) if $fd >= 0; # or it would keep the next one out
}
open(my $warm, "<", "file") or die "no file: $!";
print "ready $$\n";
<STDIN>;
all("parent");
foreach my $name ("child", "child-exec") {
	my $pid = fork();
	if (!defined $pid) { print "fork failed\n"; last }
	if ($pid == 0) { all($name); exit 0 }
	waitpid($pid, 0);
}
print "done\n";
`

// TestDeathOfTheBroker kills it: what it mediated fails from then on with
// ENOSYS, as seccomp_unotify(2) promises, and nobody can take its place.
func TestDeathOfTheBroker(t *testing.T) {
	for _, who := range identities() {
		t.Run(who.name, func(t *testing.T) {
			t.Run("native", func(t *testing.T) {
				for line, errno := range runOrphan(t, who, false) {
					if errno != 0 {
						t.Errorf("%s fails natively with %v: it would prove nothing", line, errno)
					}
				}
			})
			t.Run("broker", func(t *testing.T) {
				lines := runOrphan(t, who, true)
				for line, errno := range lines {
					switch {
					case strings.HasSuffix(line, " listener"):
						if errno == 0 {
							t.Errorf("%s succeeded", line)
						}
					case errno != unix.ENOSYS:
						t.Errorf("%s: %v, want %v", line, errno, unix.ENOSYS)
					}
				}
				if want := 3*13 + 1; len(lines) != want {
					t.Errorf("%d calls were tried, want %d", len(lines), want)
				}
			})
		})
	}
}

// runOrphan runs the program, kills the broker when it is ready, and returns
// the errno of each call by "who call".
func runOrphan(t *testing.T, who identity, supervised bool) map[string]syscall.Errno {
	t.Helper()
	dir := jobDir(t)
	prepareOrphan(t, dir, who)
	args := []string{"perl", "-e", orphan}
	if supervised {
		args = append([]string{brokerBinary(t), "--"}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, []string{"PATH=/usr/bin:/bin", "HOME=" + dir, "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if who.switched {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(who.uid), Gid: uint32(who.gid)}
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r := startRun(t, cmd)
	pid, _ := strconv.Atoi(r.expect(`^ready (\d+)$`)[1])
	if supervised {
		parentOf(t, pid) // it is the broker that dies
		r.signal(unix.SIGKILL)
		await(t, "the death of the broker", func() bool {
			p, ok := lookAt(pid)
			return ok && p.parent != cmd.Process.Pid
		})
	}
	if _, err := stdin.Write([]byte("\n")); err != nil {
		t.Fatal(err)
	}
	results := map[string]syscall.Errno{}
	for {
		m := r.expect(`^(?:(\S+ \S+) (\d+)|done)$`)
		if m[1] == "" {
			return results
		}
		errno, _ := strconv.Atoi(m[2])
		results[m[1]] = syscall.Errno(errno)
	}
}

func prepareOrphan(t *testing.T, dir string, who identity) {
	t.Helper()
	names := []string{"file"}
	for _, name := range []string{"parent", "child", "child-exec"} {
		names = append(names, "file-"+name, "gone-"+name)
		if err := os.Mkdir(filepath.Join(dir, "empty-"+name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(filepath.Join(dir, "empty-"+name), who.uid, who.gid); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("text"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, who.uid, who.gid); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(dir, who.uid, who.gid); err != nil {
		t.Fatal(err)
	}
}
