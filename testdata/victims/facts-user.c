/*
 * facts-user: a process that gives up being root, for good or for a while. What
 * it may do afterwards, and who owns what it makes, is up to its new self.
 *
 * usage: facts-user CASE, as root
 */
#include "facts.h"
#include <grp.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>

enum { NOBODY = 65534 };

static void look(const char *who)
{
	static int round;
	char name[32];

	snprintf(name, sizeof(name), "open/made-%d", round++);
	printf("%s: secret %s", who, result(open("secret", O_RDONLY)));
	printf(", write root's %s", result(open("plain", O_WRONLY)));
	printf(", in a closed folder %s", result(open("closed/inner", O_RDONLY)));
	printf(", create in root's %s", result(open("new", O_CREAT | O_EXCL | O_WRONLY, 0600)));
	printf(", truncate %s", result(truncate("plain", 1)));
	printf(", chmod %s", result(chmod("plain", 0644)));
	printf(", rename %s", result(rename("plain", "open/plain")));
	printf(", unlink %s", result(unlink("plain")));
	printf(", link %s", result(link("secret", "open/secret")));
	printf(", for group %s", result(open("for-group", O_RDONLY)));
	printf(", create %s", result(open(name, O_CREAT | O_EXCL | O_WRONLY, 0666)));
	printf(", mkdir %s", result(mkdir("open/dir", 0777)));
	printf(", device %s\n", result(mknod("open/device", S_IFCHR | 0600, makedev(1, 3))));
	describe(name);
	describe("open/dir");
	rmdir("open/dir");
	unlink("open/device");
	unlink("open/secret");
	unlink("new");
	if (access("plain", F_OK) != 0)
		put("plain", "plain");
}

static void ground_for_root(void)
{
	put("secret", "secret");
	must(chmod("secret", 0600), "secret");
	put("plain", "plain");
	put("for-group", "x");
	must(chown("for-group", 0, 777), "for-group");
	must(chmod("for-group", 0640), "for-group");
	must(mkdir("closed", 0700), "closed");
	put("closed/inner", "inner");
	must(mkdir("open", 0777), "open");
	must(chmod("open", 01777), "open");
}

static void case_setuid(void)
{
	look("root");
	must(setgroups(0, NULL), "setgroups");
	must(setgid(NOBODY), "setgid");
	must(setuid(NOBODY), "setuid");
	look("nobody");
	printf("back: %s\n", result(setuid(0)));
	look("still nobody");
}

static void case_seteuid(void)
{
	must(seteuid(NOBODY), "seteuid");
	look("nobody for now");
	must(seteuid(0), "seteuid");
	look("root again");
}

static void case_groups(void)
{
	const gid_t groups[] = { 5, 777, 99 };

	must(setgroups(3, groups), "setgroups");
	must(setgid(NOBODY), "setgid");
	must(setuid(NOBODY), "setuid");
	look("nobody in the group");
}

static void case_fsuid(void)
{
	setfsuid(NOBODY);
	setfsgid(777);
	look("root with nobody's fsuid");
	setfsuid(0);
	setfsgid(0);
	look("root again");
}

/* One thread alone changes: the system call, not the library's. */
static void *thread(void *unused)
{
	(void)unused;
	must(syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY), "setresgid");
	must(syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY), "setresuid");
	look("a thread as nobody");
	return NULL;
}

static void case_thread(void)
{
	pthread_t t;

	must(-pthread_create(&t, NULL, thread, NULL), "thread");
	pthread_join(t, NULL);
	look("the main thread");
}

/* A file that root can use only by a capability. */
static void ground_of_nobody(void)
{
	must(chown("plain", NOBODY, NOBODY), "chown");
	must(chmod("plain", 0600), "chmod");
}

/* uid 0 without capabilities: the owner's bits count again. */
static void case_capless(void)
{
	struct { unsigned version; int pid; } head = { 0x20080522, 0 };
	struct { unsigned effective, permitted, inheritable; } data[2];

	memset(data, 0, sizeof(data));
	ground_of_nobody();
	must(syscall(SYS_capset, &head, data), "capset");
	look("root without capabilities");
}

/* A new program run as nobody. */
static void case_exec(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		must(setgid(NOBODY), "setgid");
		must(setuid(NOBODY), "setuid");
		execl("/proc/self/exe", "facts-user", "look", (char *)NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	look("the parent");
}

/* A new program that has fewer capabilities although no call takes any away:
 * the exec does. */
static void lesser_program(int option, unsigned long first, unsigned long last)
{
	ground_of_nobody();

	pid_t pid = fork();
	int status;

	if (pid == 0) {
		for (unsigned long value = first; value <= last; value++)
			if (prctl(option, value, 0, 0, 0) < 0 && value == first)
				_exit(1);
		execl("/proc/self/exe", "facts-user", "look", (char *)NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	printf("the child's status: %d\n", status);
	look("the parent");
}

static void case_bounding(void)
{
	lesser_program(PR_CAPBSET_DROP, 0, 40);
}

static void case_securebits(void)
{
	lesser_program(PR_SET_SECUREBITS, SECBIT_NOROOT, SECBIT_NOROOT);
}

/* Root in a user namespace of its own is nobody outside of it. */
static void case_namespace(void)
{
	ground_of_nobody();
	must(unshare(CLONE_NEWUSER), "unshare");
	look("root of a namespace");
}

static void case_readonly(void)
{
	printf("read %s", result(open("readonly/file", O_RDONLY)));
	printf(", write %s", result(open("readonly/file", O_WRONLY)));
	printf(", truncate %s", result(open("readonly/file", O_RDONLY | O_TRUNC)));
	printf(", O_CREAT there %s", result(open("readonly/file", O_RDONLY | O_CREAT, 0600)));
	printf(", O_CREAT %s", result(open("readonly/new", O_RDWR | O_CREAT, 0600)));
	printf(", O_EXCL %s", result(open("readonly/file", O_RDWR | O_CREAT | O_EXCL, 0600)));
	printf(", O_TMPFILE %s", result(open("readonly", O_RDWR | O_TMPFILE, 0600)));
	printf(", mkdir %s", result(mkdir("readonly/dir", 0700)));
	printf(", mkdir there %s", result(mkdir("readonly/file", 0700)));
	printf(", unlink %s", result(unlink("readonly/file")));
	printf(", unlink nothing %s", result(unlink("readonly/none")));
	printf(", rename %s", result(rename("readonly/file", "readonly/other")));
	printf(", out %s", result(rename("readonly/file", "plain")));
	printf(", link out %s", result(link("readonly/file", "hard")));
	printf(", chmod %s", result(chmod("readonly/file", 0600)));
	printf(", chown %s", result(chown("readonly/file", 0, 0)));
	printf(", times %s", result(utimensat(AT_FDCWD, "readonly/file", NULL, 0)));
	printf(", mount point: rmdir %s", result(rmdir("readonly")));
	printf(", rename %s\n", result(rename("readonly", "moved")));
	printf("RESOLVE_NO_XDEV: ");
	struct { unsigned long long flags, mode, resolve; } how = { O_RDONLY, 0, 1 };

	printf("%s\n", result(syscall(SYS_openat2, AT_FDCWD, "readonly/file", &how, sizeof(how))));
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } cases[] = {
		{ "setuid", case_setuid }, { "seteuid", case_seteuid }, { "groups", case_groups },
		{ "fsuid", case_fsuid }, { "thread", case_thread }, { "capless", case_capless },
		{ "exec", case_exec }, { "readonly", case_readonly }, { "bounding", case_bounding },
		{ "securebits", case_securebits }, { "namespace", case_namespace },
	};

	setvbuf(stdout, NULL, _IOLBF, 1 << 16);
	umask(022);
	if (argc == 2 && strcmp(argv[1], "look") == 0) {
		look("a new program");
		return 0;
	}
	ground_for_root();
	for (size_t i = 0; i < COUNT(cases); i++)
		if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			return 0;
		}
	return 64;
}
