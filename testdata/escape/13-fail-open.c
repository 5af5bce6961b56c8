/*
 * Errors on the supervisor's side that must not turn into a yes.
 *
 * Each subcase makes the supervisor's work fail — the path cannot be read,
 * the descriptor has no place — at a moment when the kernel, left to itself,
 * would succeed a little later. "answers" checks the plain errors, which must
 * be what the kernel says.
 */
#include "race.h"
#include "calls.h"
#include <sys/resource.h>

enum { PAGE = 4096, MANY = 20000 };

static char *page;
static rlim_t full, roomy;

static char *map_pages(size_t n)
{
	char *at = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		setup_failed("mmap");
	return at;
}

static void *protect(void *unused)
{
	(void)unused;
	do
		if (mprotect(page, PAGE, PROT_NONE) < 0 || mprotect(page, PAGE, PROT_READ) < 0)
			setup_failed("mprotect");
	while (race_turn());
	return NULL;
}

/* unmap moves the page away and back, so that for a while there is none. */
static void *unmap(void *unused)
{
	char *away = map_pages(1);

	(void)unused;
	do
		if (mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, away) == MAP_FAILED ||
		    mremap(away, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page) == MAP_FAILED)
			setup_failed("mremap");
	while (race_turn());
	return NULL;
}

/* fill takes the room in the descriptor table away and gives it back. */
static void *fill(void *unused)
{
	struct rlimit limit;

	(void)unused;
	getrlimit(RLIMIT_NOFILE, &limit);
	do {
		limit.rlim_cur = full;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
			setup_failed("setrlimit");
		limit.rlim_cur = roomy;
		setrlimit(RLIMIT_NOFILE, &limit);
	} while (race_turn());
	return NULL;
}

static int ask(void)
{
	int fd = openat(AT_FDCWD, page, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : leaks(fd);
}

/* by_secretmem keeps the path in memory that no other process, however
 * privileged, can read; the kernel itself reads it for its own calls. */
static void by_secretmem(void)
{
	int fd = (int)syscall(NR_memfd_secret, O_CLOEXEC);

	if (fd < 0) {
		note("memfd_secret", 0);
		return;
	}
	if (ftruncate(fd, PAGE) < 0)
		setup_failed("ftruncate");
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		setup_failed("mapping secret memory");
	strcpy(page, secret);
	note("path in secret memory", leaks(openat(AT_FDCWD, page, O_RDONLY | O_CLOEXEC)));
}

static void answer(const char *what, const char *path, int want)
{
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC), err = fd < 0 ? errno : 0;

	if (err != want)
		setup_failed("%s: answered %s, the kernel says %s", what,
			     err ? strerrorname_np(err) : "0", want ? strerrorname_np(want) : "0");
	if (fd >= 0)
		close(fd);
}

/* answers walks the unreadable and the barely readable. */
static void answers(void)
{
	char *two = map_pages(3), *end = two + 2 * PAGE, *edge;
	char *long_path = malloc(2 * PATH_MAX);
	struct rlimit limit, none;

	if (munmap(end, PAGE) < 0)
		setup_failed("munmap");
	answer("NULL", NULL, EFAULT);
	answer("unmapped", end, EFAULT);
	answer("kernel address", (char *)0xffffffff81000000, EFAULT);
	answer("non-canonical address", (char *)0x8000000000000000, EFAULT);
	answer("empty", "", ENOENT);
	edge = strcpy(end - strlen(twin) - 1, twin);
	answer("ends with its page", edge, 0);
	memmove(edge + 1, twin, strlen(twin));
	answer("unterminated at the end of its page", edge + 1, EFAULT);
	edge = strcpy(two + PAGE - 3, twin);
	answer("across two pages", edge, 0);
	if (mprotect(two + PAGE, PAGE, PROT_NONE) < 0)
		setup_failed("mprotect");
	answer("across into PROT_NONE", edge, EFAULT);
	answer("PROT_NONE", two + PAGE, EFAULT);
	memset(long_path, '/', 2 * PATH_MAX);
	strcpy(long_path + PATH_MAX - 1 - strlen(twin), twin);
	answer("PATH_MAX-1 bytes", long_path, 0);
	memset(long_path, '/', 2 * PATH_MAX);
	strcpy(long_path + PATH_MAX - strlen(twin), twin);
	answer("PATH_MAX bytes", long_path, ENAMETOOLONG);
	memset(long_path, 'x', 2 * PATH_MAX);
	memcpy(long_path, data, strlen(data));
	long_path[strlen(data)] = '/';
	long_path[strlen(data) + 1 + 256] = 0;
	answer("a component of 256 bytes", long_path, ENAMETOOLONG);

	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = full;
	if (setrlimit(RLIMIT_NOFILE, &none) < 0)
		setup_failed("setrlimit");
	answer("full table", twin, EMFILE);
	errno = 0;
	note("secret with a full table", leaks(openat(AT_FDCWD, secret, O_RDONLY | O_CLOEXEC)));
	setrlimit(RLIMIT_NOFILE, &limit);
	answer("table with room again", twin, 0);
	errno = 0;
	note("secret with room", leaks(openat(AT_FDCWD, secret, O_RDONLY | O_CLOEXEC)));
}

int main(int argc, char **argv)
{
	struct rlimit limit;

	begin(argc, argv);
	getrlimit(RLIMIT_NOFILE, &limit);
	roomy = limit.rlim_cur;
	full = (rlim_t)dup(1); /* the lowest free number */
	close((int)full);
	page = strcpy(map_pages(1), secret);
	if (is("protect"))
		race(protect, ask, MANY);
	else if (is("unmap"))
		race(unmap, ask, MANY);
	else if (is("full-table"))
		race(fill, ask, MANY);
	else if (is("secretmem"))
		by_secretmem();
	else if (is("answers"))
		answers();
	else
		setup_failed("no subcase %s", subcase);
	finish();
}
