/*
 * The supervisor may do what the program may not, and does it in its place.
 * What the program cannot do by itself it must not be able to do through
 * it: beyond its limit of file sizes, out of its own Landlock domain, past
 * its own filter, with an identity that it has put off.
 */
#include "common.h"
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { NOBODY = 65534, LIMIT = 4096 };

static volatile sig_atomic_t exceeded;

static void handle(int sig)
{
	(void)sig;
	exceeded++;
}

static void size_of(const char *path)
{
	struct stat st;

	dprintf(1, "  %lld bytes, SIGXFSZ %d times\n", stat(path, &st) < 0 ? -1LL : (long long)st.st_size, (int)exceeded);
}

static void sizes(void)
{
	struct rlimit limit = { LIMIT, LIMIT };
	char *path = in(data, "sized");
	static const long lengths[] = { LIMIT - 1, LIMIT, LIMIT + 1, 1 << 20, 100, -1, 1L << 62 };

	write_file(path, "text", 0644);
	signal(SIGXFSZ, handle);
	if (truncate(path, 2 * LIMIT) < 0 || setrlimit(RLIMIT_FSIZE, &limit) < 0)
		setup_failed("limit");
	met("truncate a longer one", truncate(path, LIMIT + 2));
	size_of(path);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		met("truncate", truncate(path, lengths[i]));
		size_of(path);
	}
	signal(SIGXFSZ, SIG_IGN);
	met("truncate, signal ignored", truncate(path, 1 << 20));
	met("truncate a missing one", truncate(in(data, "missing"), 1 << 20));
	met("truncate a directory", truncate(data, 1 << 20));
	size_of(path);
}

static int try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600), err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return fd;
}

/* domain: a program that shuts itself in with Landlock must be shut in, or be
 * told that it cannot be. */
static void domain(void)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE };
	int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	int shut = rules >= 0 && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
	int opened = try_open(twin, O_RDONLY) >= 0;
	attempts++;
	dprintf(1, "opened in spite of its own domain: %s\n", shut && opened ? "yes" : "no");
}

/* filter: the kernel takes the strictest of all filters. */
static void filter(void)
{
	struct sock_filter code[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, 0 },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_openat },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EXDEV },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW },
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	met("filter", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
	met("openat", try_open(twin, O_RDONLY));
}

static void look(const char *who)
{
	dprintf(1, "%s\n", who);
	met("read the owner's", try_open(in(data, "private"), O_RDONLY));
	met("write the owner's", try_open(in(data, "private"), O_WRONLY));
	met("read the group's", try_open(in(data, "group"), O_RDONLY));
	met("create", try_open(in(data, "new"), O_CREAT | O_EXCL | O_WRONLY));
	met("unlink", unlink(in(data, "private")));
	met("chmod", chmod(in(data, "private"), 0600));
	met("chown", chown(in(data, "group"), NOBODY, NOBODY));
	met("truncate", truncate(in(data, "private"), 1));
	met("rename", rename(in(data, "private"), in(data, "private")));
	met("device", mknod(in(data, "disk"), S_IFBLK | 0600, 0x700));
	unlink(in(data, "disk"));
	met("kernel memory", try_open("/dev/mem", O_RDONLY));
}

static int as_nobody(void *unused)
{
	(void)unused;
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		setup_failed("becoming nobody");
	look("nobody");
	return 0;
}

static int in_group(void *unused)
{
	gid_t group = 4711;

	(void)unused;
	if (setgroups(1, &group) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		setup_failed("becoming a member");
	look("a member of the group");
	return 0;
}

static int with_fsuid(void *unused)
{
	(void)unused;
	setfsuid(NOBODY);
	look("with another fsuid");
	return 0;
}

static int effective(void *unused)
{
	(void)unused;
	if (seteuid(NOBODY) < 0)
		setup_failed("seteuid");
	look("for a while");
	if (seteuid(0) < 0)
		setup_failed("seteuid back");
	met("back again", try_open(in(data, "private"), O_RDONLY));
	return 0;
}

static int without_capabilities(void *unused)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { 0 };

	(void)unused;
	chown(data, NOBODY, NOBODY);
	chown(in(data, "private"), NOBODY, NOBODY);
	if (syscall(SYS_capset, &head, none) < 0)
		setup_failed("capset");
	look("root without capabilities");
	return 0;
}

/* identity: what nobody in particular owns, and whoever root becomes. */
static void identity(void)
{
	static int (*const others[])(void *) = { as_nobody, in_group, with_fsuid, effective, without_capabilities };
	int *counted = counters(sizeof *counted);

	if (getuid() != 0) {
		met("kernel memory", try_open("/dev/mem", O_RDONLY));
		met("to another owner", chown(twin, 0, 0));
		met("to another group", chown(twin, -1u, 0));
		met("another's file", try_open("/etc/shadow", O_RDONLY));
		return;
	}
	write_file(in(data, "private"), "private", 0600);
	write_file(in(data, "group"), "group", 0640);
	if (chmod(data, 0755) < 0 || chown(in(data, "group"), 0, 4711) < 0)
		setup_failed("owners");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		spawn(others[i], NULL);
		attempts++;
	}
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (is("sizes"))
		sizes();
	else if (is("landlock"))
		domain();
	else if (is("filter"))
		filter();
	else if (is("identity"))
		identity();
	else
		setup_failed("no subcase %s", subcase);
	done();
}
