/*
 * facts-mode: what new files get. umask, default ACLs, directories with the
 * set-group-ID and the sticky bit, and files without a name.
 */
#include "facts.h"
#include <sys/xattr.h>

static void print_acl(const char *name)
{
	unsigned char acl[256];
	ssize_t n = lgetxattr(name, "system.posix_acl_access", acl, sizeof(acl));

	printf("  acl of %s:", name);
	for (ssize_t i = 0; i < n; i++)
		printf("%02x", acl[i]);
	printf("%s\n", n < 0 ? strerrorname_np(errno) : "");
}

/* make_all makes one thing of each kind in the current directory, with every
 * call that can. */
static void make_all(unsigned mode)
{
	static const char *const names[] = { "open", "creat", "openat2", "mkdir", "mkfifo", "mknod", "symlink" };
	int fd = open("open", O_CREAT | O_WRONLY, mode);

	printf("open: %s\n", result(fd));
	close(fd);
	fd = creat("creat", mode);
	printf("creat: %s\n", result(fd));
	close(fd);
	struct { unsigned long long flags, mode, resolve; } how = { O_CREAT | O_EXCL | O_WRONLY, mode & 07777, 0 };

	fd = (int)syscall(SYS_openat2, AT_FDCWD, "openat2", &how, sizeof(how));
	printf("openat2: %s\n", result(fd));
	close(fd);
	printf("mkdir: %s\n", result(mkdir("mkdir", mode)));
	printf("mkfifo: %s\n", result(mkfifo("mkfifo", mode)));
	printf("mknod: %s\n", result(mknod("mknod", S_IFREG | mode, 0)));
	printf("symlink: %s\n", result(symlink("target", "symlink")));
	for (size_t i = 0; i < COUNT(names); i++) {
		describe(names[i]);
		if (strcmp(names[i], "mkdir") == 0)
			rmdir("mkdir");
		else
			unlink(names[i]);
	}
}

static void case_umask(void)
{
	static const unsigned masks[] = { 0, 022, 077, 0777, 0137 };
	static const unsigned modes[] = { 0666, 0777, 0600, 0, 04755, 02755, 01777, 07777 };

	for (size_t i = 0; i < COUNT(masks); i++)
		for (size_t j = 0; j < COUNT(modes); j++) {
			umask(masks[i]);
			printf("umask %o mode %o\n", masks[i], modes[j]);
			make_all(modes[j]);
		}
}

/* A child has a umask of its own. */
static void case_umask_child(void)
{
	umask(022);
	for (int i = 0; i < 4; i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			umask((unsigned)i * 011);
			close(open("child", O_CREAT | O_WRONLY, 0666));
			_exit(0);
		}
		waitpid(pid, &status, 0);
		close(open("parent", O_CREAT | O_WRONLY, 0666));
		describe("child");
		describe("parent");
		unlink("child");
		unlink("parent");
	}
}

static void case_acl(void)
{
	/* user::rwx, user:65533:rwx, group::r-x, mask::rwx, other::---: acl(5) */
	static const struct { unsigned version; struct { unsigned short tag, perm; unsigned id; } e[5]; } acl = {
		2, { { 1, 7, ~0U }, { 2, 7, 65533 }, { 4, 5, ~0U }, { 16, 7, ~0U }, { 32, 0, ~0U } },
	};

	must(mkdir("acl", 0777), "acl");
	must(setxattr("acl", "system.posix_acl_default", &acl, sizeof(acl), 0), "default ACL");
	must(chdir("acl"), "acl");
	for (unsigned mask = 0; mask <= 077; mask += 077) {
		umask(mask);
		make_all(0666);
		make_all(0777);
		close(open("kept", O_CREAT | O_WRONLY, 0640));
		print_acl("kept");
		mkdir("below", 0777);
		print_acl("below");
		close(open("below/kept", O_CREAT | O_WRONLY, 0666));
		describe("below/kept");
		print_acl("below/kept");
		unlink("below/kept");
		rmdir("below");
		unlink("kept");
	}
}

static void case_setgid(void)
{
	umask(002);
	must(mkdir("group", 0775), "group");
	if (geteuid() == 0)
		must(chown("group", 0, 12345), "chown");
	must(chmod("group", 02775), "chmod");
	must(chdir("group"), "group");
	make_all(0777);
	make_all(02777);
	must(chdir(".."), "..");
	must(mkdir("sticky", 0777), "sticky");
	printf("sticky: %s\n", result(chmod("sticky", 01777)));
	put("sticky/mine", "x");
	printf("remove mine: %s\n", result(unlink("sticky/mine")));
}

static void case_tmpfile(void)
{
	char path[64];

	umask(027);
	int fd = open(".", O_TMPFILE | O_RDWR, 0666);

	printf("O_TMPFILE: %s flags %o\n", result(fd), fcntl(fd, F_GETFL));
	must(write(fd, "unnamed", 7), "write");
	struct stat st;

	must(fstat(fd, &st), "fstat");
	printf("mode %o links %d size %lld\n", st.st_mode, (int)st.st_nlink, (long long)st.st_size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	printf("link it: %s\n", result(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW)));
	describe("named");
	printf("again: %s\n", result(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW)));
	printf("second name: %s\n", result(linkat(AT_FDCWD, path, AT_FDCWD, "second", AT_SYMLINK_FOLLOW)));
	describe("second");
	close(fd);
	fd = open(".", O_TMPFILE | O_EXCL | O_RDWR, 0600);
	printf("with O_EXCL: %s\n", result(fd));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	printf("link that: %s\n", result(linkat(AT_FDCWD, path, AT_FDCWD, "third", AT_SYMLINK_FOLLOW)));
	close(fd);
	fd = open(".", O_TMPFILE | O_WRONLY, 0600);
	printf("AT_EMPTY_PATH: %s\n", result(linkat(fd, "", AT_FDCWD, "fourth", AT_EMPTY_PATH)));
	describe("fourth");
	close(fd);
	/* Opened again through its link in /proc. */
	fd = open(".", O_TMPFILE | O_RDWR, 0600);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int again = open(path, O_RDONLY);

	printf("opened again: %s flags %o\n", result(again), fcntl(again, F_GETFL));
}

/* O_APPEND and what follows from it. */
static void case_append(void)
{
	int a = open("log", O_CREAT | O_APPEND | O_WRONLY, 0644), b = open("log", O_WRONLY);

	must(write(a, "one\n", 4), "write");
	must(write(b, "two\n", 4), "write");
	must(write(a, "three\n", 6), "write");
	must(pwrite(a, "four\n", 5, 0), "pwrite");
	printf("offset %lld\n", (long long)lseek(a, 0, SEEK_CUR));
	describe("log");
	printf("F_SETFL: %s %o\n", result(fcntl(a, F_SETFL, O_NONBLOCK)), fcntl(a, F_GETFL));
	int c = open("log", O_RDONLY | O_DIRECT);

	printf("O_DIRECT: %s %o\n", result(c), fcntl(c, F_GETFL));
	struct flock lock = { .l_type = F_WRLCK };

	printf("lock: %s\n", result(fcntl(b, F_SETLK, &lock)));
	printf("lease: %s\n", result(fcntl(open("log", O_RDONLY), F_SETLEASE, F_RDLCK)));
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } cases[] = {
		{ "umask", case_umask }, { "umask-child", case_umask_child }, { "acl", case_acl },
		{ "setgid", case_setgid }, { "tmpfile", case_tmpfile }, { "append", case_append },
	};

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	for (size_t i = 0; i < COUNT(cases); i++)
		if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			return 0;
		}
	return 64;
}
