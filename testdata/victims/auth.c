/*
 * auth: makes a tour of places where the kernel says no for a reason of its
 * own, as different users, and says what every call answers and leaves.
 *
 * usage: auth CASE, where auth-ground has been
 */
#include "facts.h"
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

enum { NOBODY = 65534, OTHER = 12345, GROUP = 54321 };

static int opened(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd;
}

static long executed(const char *name)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl(name, name, (char *)NULL);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

#define SAY(what, r) printf("  %s: %s\n", what, result(r))

static void reads(void)
{
	struct stat st;
	char text[64];

	SAY("read", opened(open("file", O_RDONLY)));
	SAY("read through a link", opened(open("link", O_RDONLY)));
	SAY("list", opened(open(".", O_RDONLY | O_DIRECTORY)));
	SAY("read below", opened(open("dir/inner", O_RDONLY)));
	SAY("read nothing", opened(open("nothing", O_RDONLY)));
	SAY("O_NOATIME", opened(open("file", O_RDONLY | O_NOATIME)));
	SAY("O_PATH", opened(open("file", O_PATH)));
	SAY("stat", stat("file", &st));
	SAY("lstat", lstat("link", &st));
	SAY("readlink", readlink("link", text, sizeof(text)));
	for (int how = 0; how < 8; how++)
		printf("  access %d: %s, %s\n", how, result(access("file", how)), result(faccessat(AT_FDCWD, "file", how, AT_EACCESS)));
	SAY("access dir", access("dir", W_OK | X_OK));
	SAY("getxattr", getxattr("file", "user.test", text, sizeof(text)));
	SAY("execute", executed("./tool"));
	SAY("execute no program", executed("./file"));
	SAY("chdir", chdir("dir"));
	SAY("chdir back", chdir(".."));
	int fd = inotify_init1(0);

	SAY("watch", inotify_add_watch(fd, "file", IN_MODIFY));
	close(fd);
}

static void writes(void)
{
	SAY("write", opened(open("file", O_WRONLY)));
	SAY("append", opened(open("victim", O_WRONLY | O_APPEND)));
	SAY("append to the file", opened(open("file", O_WRONLY | O_APPEND)));
	SAY("both", opened(open("file", O_RDWR)));
	SAY("create there", opened(open("file", O_RDONLY | O_CREAT, 0600)));
	SAY("create there exclusively", opened(open("file", O_RDWR | O_CREAT | O_EXCL, 0600)));
	SAY("truncate there", opened(open("victim", O_WRONLY | O_TRUNC)));
	SAY("truncate to read", opened(open("victim", O_RDONLY | O_TRUNC)));
	SAY("truncate", truncate("file", 3));
	SAY("truncate a directory", truncate("dir", 3));
	SAY("longer", truncate("file", 1 << 20));
	SAY("chmod", chmod("file", 0664));
	SAY("chmod with set-group-ID", chmod("tool", 02755));
	SAY("chmod dir", chmod("dir", 01755));
	SAY("chown to myself", chown("file", geteuid(), (gid_t)-1));
	SAY("chown to another", chown("file", OTHER, (gid_t)-1));
	SAY("to my group", chown("tool", (uid_t)-1, GROUP));
	SAY("to another group", chown("tool", (uid_t)-1, 777));
	SAY("lchown", lchown("link", geteuid(), (gid_t)-1));
	SAY("now", utimensat(AT_FDCWD, "file", NULL, 0));
	const struct timespec fixed[2] = { { 1000000000, 0 }, { 1000000000, 0 } };

	SAY("then", utimensat(AT_FDCWD, "file", fixed, 0));
	SAY("setxattr", setxattr("file", "user.test", "text", 4, 0));
	SAY("trusted", setxattr("file", "trusted.test", "text", 4, 0));
	SAY("security", setxattr("file", "security.test", "text", 4, 0));
	SAY("removexattr", removexattr("file", "user.test"));
}

static void entries(void)
{
	char path[64];

	SAY("create", opened(open("new", O_RDWR | O_CREAT, 0666)));
	SAY("create below", opened(open("dir/new", O_RDWR | O_CREAT | O_EXCL, 0666)));
	SAY("unnamed", opened(open(".", O_RDWR | O_TMPFILE, 0666)));
	int fd = open(".", O_RDWR | O_TMPFILE, 0640);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	SAY("name it", linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	SAY("name it by its number", linkat(fd, "", AT_FDCWD, "numbered", AT_EMPTY_PATH));
	close(fd);
	SAY("mkdir", mkdir("made", 0777));
	SAY("mkdir there", mkdir("dir", 0777));
	SAY("mkfifo", mknod("fifo", S_IFIFO | 0666, 0));
	SAY("socket", mknod("socket", S_IFSOCK | 0666, 0));
	SAY("mknod file", mknod("plain", S_IFREG | 0666, 0));
	SAY("device", mknod("device", S_IFCHR | 0666, makedev(1, 3)));
	SAY("block device", mknod("block", S_IFBLK | 0666, makedev(4095, 7)));
	SAY("symlink", symlink("text", "made-link"));
	SAY("link", link("file", "second"));
	SAY("link out", link("file", "../outside/second"));
	SAY("link in", link("../outside/file", "third"));
	SAY("rename", rename("victim", "renamed"));
	SAY("rename over", rename("renamed", "file"));
	SAY("rename nothing", rename("none", "file"));
	SAY("exchange", renameat2(AT_FDCWD, "tool", AT_FDCWD, "link", RENAME_EXCHANGE));
	SAY("whiteout", renameat2(AT_FDCWD, "tool", AT_FDCWD, "moved", RENAME_WHITEOUT));
	SAY("not over", renameat2(AT_FDCWD, "file", AT_FDCWD, "link", RENAME_NOREPLACE));
	SAY("dir out", rename("dir", "../outside/dir"));
	SAY("out", rename("link", "../outside/link"));
	SAY("in", rename("../outside/file", "brought"));
	SAY("unlink", unlink("file"));
	SAY("unlink nothing", unlink("none"));
	SAY("unlink dir", unlink("hollow"));
	SAY("rmdir", rmdir("hollow"));
	SAY("rmdir full", rmdir("dir"));
	SAY("rmdir file", rmdir("file"));
}

static void state(void)
{
	static const char *const all[] = {
		"file", "victim", "tool", "dir", "dir/inner", "dir/new", "hollow", "link", "new", "named", "numbered", "made", "fifo",
		"socket", "plain", "device", "block", "made-link", "second", "third", "renamed", "moved", "brought",
		"../outside/second", "../outside/dir", "../outside/link", "../outside/file", ".",
	};
	char acl[64];

	for (size_t i = 0; i < COUNT(all); i++) {
		describe(all[i]);
		ssize_t n = lgetxattr(all[i], "system.posix_acl_access", acl, sizeof(acl));

		for (ssize_t j = 0; j < n; j++)
			printf("%02x%s", (unsigned char)acl[j], j == n - 1 ? "\n" : "");
	}
}

/* tour looks at one place, from inside. */
static void tour(const char *dir)
{
	printf("%s:\n", dir);
	int fd = open("outside/file", O_CREAT | O_WRONLY, 0666);

	close(fd);
	if (chdir(dir) != 0) {
		SAY("enter", -1);
		return;
	}
	reads();
	writes();
	entries();
	state();
	unlink("../outside/second");
	unlink("../outside/link");
	unlink("../outside/dir/new");
	unlink("../outside/dir/inner");
	rmdir("../outside/dir");
	must(chdir(".."), "back");
}

static void case_mounts(void)
{
	tour("readonly");
	SAY("rmdir of a mount point", rmdir("readonly"));
	SAY("rename of a mount point", rename("readonly", "elsewhere"));
	SAY("rename onto a mount point", rename("outside", "readonly"));
	tour("noexec");
	tour("nodev");
	SAY("a device there", opened(open("nodev/device", O_RDONLY)));
	tour("nosymfollow");
	tour("small");
}

static void case_places(void)
{
	static const char *const places[] = { "mine", "theirs", "open", "sticky", "group", "listed", "write-only", "read-only" };

	for (size_t i = 0; i < COUNT(places); i++)
		tour(places[i]);
}

static void case_flags(void)
{
	tour("immutable");
	tour("appended");
	tour("fixed");
}

static void case_umask(void)
{
	umask(0077);
	tour("mine");
	umask(0);
	tour("open");
	umask(0777);
	tour("listed");
}

static void case_devices(void)
{
	static const char *const nodes[] = { "null", "zero", "full", "tty", "nothing", "block", "whiteout" };

	for (size_t i = 0; i < COUNT(nodes); i++) {
		char path[64], byte = 'x';

		snprintf(path, sizeof(path), "devices/%s", nodes[i]);
		int fd = open(path, O_RDWR);

		printf("%s: %s", nodes[i], result(fd));
		printf(", read %s", fd < 0 ? "" : result(read(fd, &byte, 1)));
		printf(", write %s", fd < 0 ? "" : result(write(fd, &byte, 1)));
		close(fd);
		printf(", O_CREAT %s", result(opened(open(path, O_RDWR | O_CREAT, 0600))));
		printf(", O_TRUNC %s", result(opened(open(path, O_WRONLY | O_TRUNC))));
		printf(", O_PATH %s", result(opened(open(path, O_PATH))));
		printf(", truncate %s", result(truncate(path, 0)));
		printf(", chmod %s", result(chmod(path, 0644)));
		printf(", link %s", result(link(path, "outside/linked")));
		printf(", unlink %s", result(unlink("outside/linked")));
		printf(", execute %s\n", result(executed(path)));
	}
}

static void without(unsigned capability)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	must(syscall(SYS_capget, &head, data), "capget");
	data[capability / 32].effective &= ~(1U << capability % 32);
	must(syscall(SYS_capset, &head, data), "capset");
}

static void case_capabilities(void)
{
	static const unsigned list[] = { CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_CHOWN, CAP_FSETID, CAP_MKNOD,
		CAP_LINUX_IMMUTABLE, CAP_SYS_ADMIN };
	static const char *const places[] = { "mine", "theirs", "open", "sticky", "group", "listed", "write-only", "fixed" };

	for (size_t i = 0; i < COUNT(list); i++) {
		printf("without capability %u, ", list[i]);
		without(list[i]);
		tour(places[i]);
	}
}

static void case_fsuid(void)
{
	setfsuid(NOBODY);
	tour("mine");
	setfsuid(0);
	tour("theirs");
	setfsgid(NOBODY);
	tour("group");
	setfsuid(OTHER);
	tour("sticky");
}

/* One thread alone changes: the system calls, not the library's. */
static void *other_thread(void *unused)
{
	const gid_t groups[] = { GROUP };

	(void)unused;
	must(syscall(SYS_setgroups, 1, groups), "setgroups");
	must(syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY), "setresgid");
	must(syscall(SYS_setresuid, NOBODY, NOBODY, 0), "setresuid");
	tour("sticky");
	tour("group");
	tour("listed");
	return NULL;
}

static void case_thread(void)
{
	pthread_t t;

	must(-pthread_create(&t, NULL, other_thread, NULL), "thread");
	pthread_join(t, NULL);
	tour("theirs");
}

static void case_seteuid(void)
{
	const gid_t groups[] = { GROUP };

	must(setgroups(1, groups), "setgroups");
	must(seteuid(NOBODY), "seteuid");
	tour("group");
	must(seteuid(0), "seteuid");
	tour("sticky");
	must(setegid(NOBODY), "setegid");
	tour("open");
}

/* Another root directory: the tour goes on below it, as everybody. */
static void case_chroot(void)
{
	int out = (int)must(open(".", O_RDONLY | O_DIRECTORY), ".");

	must(symlink("/outside", "open/absolute"), "absolute");
	must(symlink("../../../../outside", "open/relative"), "relative");
	must(chroot("."), "chroot");
	tour("open");
	SAY("an absolute path", opened(open("/mine/file", O_RDONLY)));
	SAY("an absolute link", opened(open("/open/absolute/file", O_RDONLY)));
	SAY("a link over the top", opened(open("/open/relative/file", O_RDONLY)));
	SAY("over the top", opened(open("/../../../mine/file", O_RDONLY)));
	SAY("outside", opened(open("/etc/passwd", O_RDONLY)));
	SAY("make", mkdir("/../made", 0700));
	SAY("rename", rename("/made", "/open/made"));
	SAY("chmod", chmod("/open/absolute", 0700));
	SAY("execute", executed("/mine/tool"));
	must(chdir("/mine"), "mine");
	must(chroot("/mine"), "chroot again");
	SAY("in the second", opened(open("/file", O_RDONLY)));
	SAY("out of the second", opened(open("/../sticky/file", O_RDONLY)));
	SAY("from a descriptor outside", opened(openat(out, "sticky/file", O_RDONLY)));
	SAY("above it", opened(openat(out, "../ground/sticky/file", O_RDONLY)));
	SAY("unlink outside", unlinkat(out, "sticky/victim", 0));
	SAY("link from outside", linkat(out, "sticky/tool", AT_FDCWD, "/tool2", 0));
	must(fchdir(out), "out");
	SAY("outside by the working directory", opened(open("theirs/file", O_RDONLY)));
	SAY("above the working directory", opened(open("../ground/theirs/file", O_RDONLY)));
	must(chroot("."), "and back");
	describe("open/made");
	describe("mine/tool2");
}

/* Another view of the mounts. */
static void case_namespace(void)
{
	must(unshare(CLONE_NEWNS), "unshare");
	must(mount("none", "open", "tmpfs", 0, "mode=777"), "tmpfs");
	put("open/file", "another file\n");
	must(mkdir("open/dir", 0755), "dir");
	must(mount("theirs", "sticky", NULL, MS_BIND, NULL), "bind");
	tour("open");
	tour("sticky");
	SAY("rmdir of a mount point", rmdir("open"));
	SAY("link across", link("open/file", "outside/across"));
	SAY("rename across", rename("open/file", "outside/across"));
	must(umount2("open", MNT_DETACH), "umount");
	tour("open");
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } cases[] = {
		{ "mounts", case_mounts }, { "places", case_places }, { "flags", case_flags }, { "umask", case_umask },
		{ "devices", case_devices }, { "capabilities", case_capabilities }, { "fsuid", case_fsuid },
		{ "thread", case_thread }, { "seteuid", case_seteuid }, { "chroot", case_chroot }, { "namespace", case_namespace },
	};

	setvbuf(stdout, NULL, _IOLBF, 1 << 16);
	umask(022);
	for (size_t i = 0; i < COUNT(cases); i++)
		if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			return 0;
		}
	return 64;
}
