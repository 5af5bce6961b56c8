/*
 * The same calls under other numbers. int 0x80 enters the i386 table
 * from a 64-bit program; numbers with bit 30 set are the x32 table. Each try
 * is a child, because the answer to a foreign table is death.
 */
#include "common.h"

enum { I386_OPEN = 5, I386_CREAT = 8, I386_OPENAT = 295, X32_BIT = 0x40000000 };

static char *low; /* a copy of a path below 4 GiB, where i386 pointers reach */

static char *low_copy(const char *path)
{
	char *page = mmap(NULL, PATH_MAX, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (page == MAP_FAILED)
		setup_failed("mmap below 4 GiB");
	return strcpy(page, path);
}

static long int80(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static int result(long ret)
{
	if (ret < 0)
		return (int)-ret;
	return leaks((int)ret) ? 200 : 201;
}

static int i386_open(void *unused)
{
	(void)unused;
	return result(int80(I386_OPEN, (long)low, O_RDONLY, 0));
}

static int i386_openat(void *unused)
{
	(void)unused;
	return result(int80(I386_OPENAT, AT_FDCWD, (long)low, O_RDONLY));
}

static int i386_creat(void *unused)
{
	char *path = in(hide, "created");

	(void)unused;
	low = low_copy(path);
	return int80(I386_CREAT, (long)low, 0644, 0) >= 0 && exists(path) ? 200 : EACCES;
}

static int x32_open(void *unused)
{
	(void)unused;
	long fd = syscall(X32_BIT | SYS_open, secret, O_RDONLY);

	return fd < 0 ? errno : result(fd);
}

static int x32_openat(void *unused)
{
	(void)unused;
	long fd = syscall(X32_BIT | SYS_openat, AT_FDCWD, secret, O_RDONLY);

	return fd < 0 ? errno : result(fd);
}

static const struct {
	const char *subcase, *name;
	int (*attempt)(void *);
} calls[] = {
	{ "i386", "int80 open", i386_open },
	{ "i386", "int80 openat", i386_openat },
	{ "i386", "int80 creat", i386_creat },
	{ "x32", "x32 open", x32_open },
	{ "x32", "x32 openat", x32_openat },
};

int main(int argc, char **argv)
{
	begin(argc, argv);
	low = low_copy(secret);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		if (!is(calls[i].subcase))
			continue;
		int status = spawn(calls[i].attempt, NULL);

		if (WIFSIGNALED(status))
			dprintf(1, "%s: killed by SIG%s\n", calls[i].name, sigabbrev_np(WTERMSIG(status)));
		errno = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
		note(calls[i].name, WIFEXITED(status) && errno == 200);
	}
	finish();
}
