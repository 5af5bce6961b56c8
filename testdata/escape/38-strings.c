/*
 * Strings where memory ends: at the last byte of a page, across two pages, in
 * pages that are not there, of every length around PATH_MAX. Read too far and
 * the supervisor fails; read too little and it judges another path.
 * "reach" goes to the secret by such strings; "answers" says what bad ones get.
 */
#include "common.h"
#include <sys/uio.h>

static long page;

/* room returns pages with nothing behind them. */
static char *room(long pages)
{
	char *at = mmap(NULL, (size_t)((pages + 1) * page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || munmap(at + pages * page, (size_t)page) < 0)
		setup_failed("mmap");
	return at;
}

static int opened(const char *path)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0), err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return fd;
}

static void reach(void)
{
	size_t n = strlen(secret) + 1;
	char *edge = room(1) + page - n, *two = room(2), *padded = room(2);

	memcpy(edge, secret, n);
	note("at the edge", leaks(open(edge, O_RDONLY | O_CLOEXEC)));
	for (size_t split = 1; split < n; split++) {
		memcpy(two + page - split, secret, n);
		note("across", leaks(open(two + page - split, O_RDONLY | O_CLOEXEC)));
	}
	/* As long as can be: slashes before the path do not count. */
	memset(padded, '/', PATH_MAX);
	memcpy(padded + PATH_MAX - n, secret, n);
	note("of PATH_MAX", leaks(open(padded, O_RDONLY | O_CLOEXEC)));
	/* What follows the terminator does not either. */
	memcpy(two, secret, n);
	memcpy(two + n, twin, strlen(twin) + 1);
	note("with a tail", leaks(open(two, O_RDONLY | O_CLOEXEC)));
	/* The first page of the string may only be read. */
	memcpy(two + page - 8, secret, n);
	if (mprotect(two, (size_t)page, PROT_READ) < 0)
		setup_failed("mprotect");
	note("read-only", leaks(open(two + page - 8, O_RDONLY | O_CLOEXEC)));
}

static void lengths(void)
{
	size_t n = strlen(twin) + 1;

	for (long length = PATH_MAX - 2; length <= PATH_MAX + 2; length++) {
		char *at = room(2);

		memset(at, '/', (size_t)length);
		memcpy(at + length - n, twin, n);
		met("length", opened(at));
	}
}

static void answers(void)
{
	static char *const wild[] = { NULL, (char *)1, (char *)-1, (char *)-4096, (char *)0x7fffffffffff,
		(char *)0x800000000000, (char *)0xffff888000000000, (char *)0xffffffff81000000 };
	char *unended = room(1), *none = room(1), *written = room(1), *two = room(2);

	lengths();
	for (size_t i = 0; i < sizeof wild / sizeof *wild; i++)
		met("wild", opened(wild[i]));
	memset(unended, '/', (size_t)page);
	met("without an end, a page", opened(unended));
	met("without an end, a byte", opened(unended + page - 1));
	memcpy(unended + page - 4, "/etc", 4);
	met("without an end, a name", opened(unended + page - 4));
	met("behind the end", opened(unended + page));
	memset(two, 'n', (size_t)(2 * page));
	met("without an end, too long", opened(two));
	strcpy(none, twin);
	mprotect(none, (size_t)page, PROT_NONE);
	met("no access", opened(none));
	memcpy(two + page - 1, twin, strlen(twin) + 1);
	mprotect(two + page, (size_t)page, PROT_NONE);
	met("no access to its tail", opened(two + page - 1));
	written[0] = 0;
	met("empty", opened(written));
	met("rename to nowhere", syscall(SYS_rename, twin, wild[1]));
	met("rename from nowhere", syscall(SYS_rename, wild[1], in(data, "x")));
	met("link to nowhere", link(twin, unended + page - 1));
	met("symlink of nothing", syscall(SYS_symlink, wild[2], in(data, "x")));
	met("symlink, empty", symlink("", in(data, "x")));
	met("execve", syscall(SYS_execve, wild[1], NULL, NULL));
	met("execve, arguments", syscall(SYS_execve, in(data, "prog"), wild[2], NULL));
	met("chmod", syscall(SYS_chmod, wild[4], 0644));
	met("utimensat", syscall(SYS_utimensat, AT_FDCWD, twin, wild[1], 0));
	met("mkdir", syscall(SYS_mkdir, wild[6], 0700));
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	page = sysconf(_SC_PAGESIZE);
	if (is("answers")) {
		answers();
		done();
	}
	if (!is("reach"))
		setup_failed("no subcase %s", subcase);
	reach();
	finish();
}
