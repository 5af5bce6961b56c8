/* Prints what calls answer that rules may answer in place of the kernel. */
#include "facts.h"
#include <sched.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

/* calls are those that no path and no address decides. */
static void calls(void)
{
	struct sched_param p = { .sched_priority = 1 };

	for (long policy = 0; policy <= 3; policy++) {
		p.sched_priority = policy == SCHED_FIFO || policy == SCHED_RR;
		long r = syscall(SYS_sched_setscheduler, 0L, policy, &p);
		printf("policy %ld: %s, now %d\n", policy, result(r), sched_getscheduler(0));
	}
	/* The kernel looks at the lower half of an int. */
	p.sched_priority = 1;
	printf("policy 2 with an upper half: %s\n", result(syscall(SYS_sched_setscheduler, 0L, 2L | 1L << 40, &p)));
	printf("personality: %ld\n", syscall(SYS_personality, 0xffffffffL));
	printf("socket: %s\n", result(socket(AF_NETLINK, SOCK_RAW, 15)));
	printf("getpriority: %ld\n", syscall(SYS_getpriority, 0L, 0L));
	printf("kill 0: %s\n", result(kill(getpid(), 0)));
	printf("umask: %ld\n", syscall(SYS_umask, 022L));
	printf("umask: %ld\n", syscall(SYS_umask, 022L));
}

/* answers are structures: all but the given fields are the real ones. */
static void answers(void)
{
	struct {
		struct utsname u;
		char behind[16];
	} u;
	struct {
		struct sysinfo s;
		char behind[16];
	} s;

	memset(&u, 'x', sizeof u);
	memset(&s, 'x', sizeof s);
	printf("uname: %s\n", result(uname(&u.u)));
	printf("%s|%s|%s|%s|%c\n", u.u.sysname, u.u.nodename, u.u.release, u.u.machine, u.behind[0]);
	printf("version and domain: %zu %zu\n", strlen(u.u.version), strlen(u.u.domainname));
	printf("sysinfo: %s\n", result(sysinfo(&s.s)));
	printf("total %lu free %lu swap %lu uptime %ld procs %d unit %u behind %c\n", s.s.totalram, s.s.freeram, s.s.totalswap,
	       s.s.uptime, s.s.procs, s.s.mem_unit, s.behind[0]);
	printf("bad pointers: %s", result(syscall(SYS_uname, 8L)));
	printf(" %s\n", result(syscall(SYS_sysinfo, 8L)));
	printf("cannot be written: %s\n", result(syscall(SYS_uname, "constant")));
}

/* owners are changed without being changed. */
static void owners(void)
{
	build();
	printf("chown: %s\n", result(chown("file", 12, 34)));
	printf("fchownat: %s\n", result(fchownat(AT_FDCWD, "to-file", 12, 34, AT_SYMLINK_NOFOLLOW)));
	printf("missing: %s\n", result(chown("missing", 12, 34)));
	int fd = (int)must(open("file", O_RDONLY), "open");
	printf("fchown: %s\n", result(fchown(fd, 12, 34)));
	printf("fchmod: %s\n", result(fchmod(fd, 0600)));
	printf("chmod: %s\n", result(chmod("full", 0700)));
	printf("mkdir: %s\n", result(mkdir("made", 0700)));
	printf("mkdir again: %s\n", result(mkdir("full", 0700)));
	describe("file");
	describe("full");
	describe("made");
	wipe();
}

static void opened(const char *what, int fd)
{
	struct stat st;

	printf("%s: %s", what, result(fd));
	if (fd >= 0) {
		must(fstat(fd, &st), "fstat");
		printf(" mode %o size %lld flags %#x written %s", st.st_mode, (long long)st.st_size, fcntl(fd, F_GETFL),
		       result(write(fd, what, strlen(what))));
		close(fd);
	}
	printf("\n");
}

/* writes opens a file in all ways, and one that is not there. */
static void writes(const char *file)
{
	char sub[PATH_MAX + 8];
	struct stat st;

	umask(027);
	opened("read", open(file, O_RDONLY));
	opened("write", open(file, O_WRONLY));
	opened("create", open(file, O_WRONLY | O_CREAT, 0666));
	opened("again", open(file, O_RDWR | O_CREAT, 0600));
	opened("exclusive", open(file, O_RDWR | O_CREAT | O_EXCL, 0600));
	opened("append", open(file, O_WRONLY | O_APPEND));
	opened("nofollow", open(file, O_RDWR | O_NOFOLLOW));
	opened("directory", open(file, O_RDONLY | O_DIRECTORY));
	opened("truncate", open(file, O_RDWR | O_TRUNC));
	opened("creat", creat(file, 0600));
	opened("noatime", open(file, O_RDONLY | O_NOATIME | O_CLOEXEC));
	printf("stat: %s", result(stat(file, &st)));
	printf(" mode %o size %lld\n", st.st_mode, (long long)st.st_size);
	printf("truncate to 2: %s\n", result(truncate(file, 2)));
	printf("stat: %s", result(stat(file, &st)));
	printf(" size %lld\n", (long long)st.st_size);
	printf("access: %s\n", result(access(file, W_OK)));
	snprintf(sub, sizeof sub, "%s/below", file);
	opened("below", open(sub, O_RDONLY));
}

/* one opens a file once, as the word says, and prints what is in it. */
static void one(const char *how, const char *file)
{
	int flags = strcmp(how, "read") == 0 || strchr(how, ' ') ? O_RDONLY : strcmp(how, "both") == 0 ? O_RDWR : O_WRONLY;
	char text[64] = "";

	if (strcmp(how, "create") == 0)
		flags |= O_CREAT;
	int fd = open(file, flags, 0644);
	printf("%s: %s\n", how, result(fd));
	if (fd < 0)
		return;
	if (flags & O_ACCMODE)
		must(write(fd, "written\n", 8), "write");
	else if (read(fd, text, sizeof text - 1) > 0)
		printf("  %s", text);
}

/* planted puts symlinks where a rule has the files that it serves. */
static void planted(void)
{
	put("secret", "secret\n");
	must(symlink("secret", "served"), "served");
	one("read", "asked-once");
	one("read", "asked");
	one("write", "asked");
	one("create", "asked");
	must(unlink("served"), "unlink");
	put("served", "served\n");
	one("read", "asked-once");
	one("both", "asked");
	must(mkdir("elsewhere", 0755), "elsewhere");
	put("elsewhere/inner", "secret\n");
	must(mkdir("holds", 0755), "holds");
	put("holds/inner", "inner\n");
	one("read", "asked-inner");
	must(rename("holds", "held"), "rename");
	must(symlink("elsewhere", "holds"), "holds");
	one("read", "asked-inner");
	must(unlink("holds"), "unlink");
	must(rename("held", "holds"), "rename");
}

static void nothing(int signal)
{
	(void)signal;
}

/* spoiled tries to take what a rule serves away from whoever opens it next. */
static void spoiled(void)
{
	const struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
	int fd = (int)must(open("asked", O_RDONLY), "asked");

	printf("fchmod: %s\n", result(fchmod(fd, 0)));
	printf("chmod: %s\n", result(chmod("/proc/self/fd/3", 0)));
	printf("fchown: %s\n", result(fchown(fd, getuid(), getgid())));
	printf("futimens: %s\n", result(futimens(fd, times)));
	int both = open("/proc/self/fd/3", O_RDWR);

	printf("write: %s\n", both >= 0 && write(both, "x", 1) == 1 ? "ok" : "refused");
	close(both);
	signal(SIGIO, SIG_IGN);
	must(fcntl(fd, F_SETLEASE, F_WRLCK), "lease");
	pid_t pid = fork();

	if (pid == 0) {
		const struct sigaction ends = { .sa_handler = nothing };

		must(sigaction(SIGALRM, &ends, NULL), "sigaction");
		alarm(1);
		one("while a lease lasts, a signal comes", "asked");
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	must(fcntl(fd, F_SETLEASE, F_UNLCK), "lease");
	one("read", "asked");
}

int main(int argc, char **argv)
{
	setlinebuf(stdout);
	if (argc == 2 && strcmp(argv[1], "calls") == 0)
		calls();
	else if (argc == 2 && strcmp(argv[1], "answers") == 0)
		answers();
	else if (argc == 2 && strcmp(argv[1], "owners") == 0)
		owners();
	else if (argc == 2 && strcmp(argv[1], "planted") == 0)
		planted();
	else if (argc == 2 && strcmp(argv[1], "spoiled") == 0)
		spoiled();
	else if (argc == 3 && strcmp(argv[1], "writes") == 0)
		writes(argv[2]);
	else if (argc == 3)
		one(argv[1], argv[2]);
	else
		return 2;
	return 0;
}
