/*
 * dirfd ignored, open_how misread.
 *
 * Before the attempts stands a table of what the kernel answers for the file
 * that may be read; any other answer means that the structure was not read
 * as the kernel reads it.
 */
#include "common.h"
#include "calls.h"

enum { PAGE = 4096 };

static int data_fd, root_fd, link_fd;
static char *name; /* the secret's path, relative to / */

/* openat2 with a structure of any size, its tail filled with tail. */
static int openat2_sized(int dirfd, const char *path, struct open_how how, size_t size, int tail)
{
	static char space[PAGE + sizeof how];

	memset(space, tail, sizeof space);
	memcpy(space, &how, sizeof how);
	return (int)syscall(NR_openat2, dirfd, path, space, size);
}

struct expectation {
	const char *name;
	int *dirfd; /* NULL: the working directory */
	const char *path;
	struct open_how how;
	size_t size; /* 0: the size of the structure */
	int tail, answer;
};

#define HOW(f, m, r) { .flags = (f), .mode = (m), .resolve = (r) }
#define READ HOW(O_RDONLY, 0, 0)

static void expect(const struct expectation *e)
{
	int fd = openat2_sized(e->dirfd ? *e->dirfd : AT_FDCWD, e->path, e->how,
			       e->size ? e->size : sizeof e->how, e->tail);
	int err = fd < 0 ? errno : 0;

	if (err != e->answer)
		setup_failed("%s: answered %s, the kernel says %s", e->name,
			     err ? strerrorname_np(err) : "0", e->answer ? strerrorname_np(e->answer) : "0");
	if (fd >= 0 && !starts(fd, "allowed") && e->how.flags == O_RDONLY && strcmp(e->path, "/proc/self/stat") != 0)
		setup_failed("%s: opened another file", e->name);
	if (fd >= 0)
		close(fd);
}

static void expect_all(void)
{
	static char magic[64];

	snprintf(magic, sizeof magic, "/proc/self/fd/%d", link_fd);
	const struct expectation list[] = {
		{ "size 1", NULL, twin, READ, 1, 0, EINVAL },
		{ "size 16", NULL, twin, READ, 16, 0, EINVAL },
		{ "size 23", NULL, twin, READ, 23, 0, EINVAL },
		{ "size 24", NULL, twin, READ, 24, 0, 0 },
		{ "size 25, zero tail", NULL, twin, READ, 25, 0, 0 },
		{ "size 25", NULL, twin, READ, 25, 1, E2BIG },
		{ "size 32", NULL, twin, READ, 32, 1, E2BIG },
		{ "size 4096, zero tail", NULL, twin, READ, PAGE, 0, 0 },
		{ "size 4096", NULL, twin, READ, PAGE, 1, E2BIG },
		{ "size 4097, zero tail", NULL, twin, READ, PAGE + 1, 0, E2BIG },
		{ "unknown flag", NULL, twin, HOW(0x40000000, 0, 0), 0, 0, EINVAL },
		{ "unknown high flag", NULL, twin, HOW(1UL << 40, 0, 0), 0, 0, EINVAL },
		{ "unknown resolve flag", NULL, twin, HOW(0, 0, 0x40), 0, 0, EINVAL },
		{ "unknown high resolve flag", NULL, twin, HOW(0, 0, 1UL << 40), 0, 0, EINVAL },
		{ "mode without O_CREAT", NULL, twin, HOW(0, 0644, 0), 0, 0, EINVAL },
		{ "mode too large", NULL, twin, HOW(O_CREAT, 010000, 0), 0, 0, EINVAL },
		{ "O_PATH|O_RDWR", NULL, twin, HOW(O_PATH | O_RDWR, 0, 0), 0, 0, EINVAL },
		{ "BENEATH|IN_ROOT", NULL, twin, HOW(0, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT), 0, 0, EINVAL },
		{ "BENEATH", &data_fd, "target", HOW(0, 0, RESOLVE_BENEATH), 0, 0, 0 },
		{ "BENEATH ..", &data_fd, "../data/target", HOW(0, 0, RESOLVE_BENEATH), 0, 0, EXDEV },
		{ "BENEATH absolute", &data_fd, twin, HOW(0, 0, RESOLVE_BENEATH), 0, 0, EXDEV },
		{ "BENEATH symlink out", &data_fd, "out", HOW(0, 0, RESOLVE_BENEATH), 0, 0, EXDEV },
		{ "IN_ROOT", &data_fd, "/../../target", HOW(0, 0, RESOLVE_IN_ROOT), 0, 0, 0 },
		{ "IN_ROOT absolute symlink", &data_fd, "rooted", HOW(0, 0, RESOLVE_IN_ROOT), 0, 0, 0 },
		{ "IN_ROOT symlink out", &data_fd, "out", HOW(0, 0, RESOLVE_IN_ROOT), 0, 0, ENOENT },
		{ "NO_SYMLINKS", NULL, twin, HOW(0, 0, RESOLVE_NO_SYMLINKS), 0, 0, 0 },
		{ "NO_SYMLINKS symlink", &data_fd, "near", HOW(0, 0, RESOLVE_NO_SYMLINKS), 0, 0, ELOOP },
		{ "symlink", &data_fd, "near", READ, 0, 0, 0 },
		{ "NO_MAGICLINKS magic link", NULL, magic, HOW(0, 0, RESOLVE_NO_MAGICLINKS), 0, 0, ELOOP },
		{ "NO_MAGICLINKS symlink", NULL, "/proc/self/stat", HOW(0, 0, RESOLVE_NO_MAGICLINKS), 0, 0, 0 },
		{ "NO_XDEV", &data_fd, "target", HOW(0, 0, RESOLVE_NO_XDEV), 0, 0, 0 },
		{ "NO_XDEV into /proc", &root_fd, "proc/self/stat", HOW(0, 0, RESOLVE_NO_XDEV), 0, 0, EXDEV },
		{ "CACHED with O_TRUNC", NULL, twin, HOW(O_RDWR | O_TRUNC, 0, RESOLVE_CACHED), 0, 0, EAGAIN },
	};

	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		expect(&list[i]);
	/* RESOLVE_CACHED may fail with EAGAIN at the kernel's whim. */
	int fd = openat2_sized(AT_FDCWD, twin, (struct open_how)HOW(0, 0, RESOLVE_CACHED), sizeof(struct open_how), 0);
	if (fd < 0 && errno != EAGAIN)
		setup_failed("CACHED");
	close(fd);
	fd = (int)syscall(NR_openat2, AT_FDCWD, twin, NULL, sizeof(struct open_how));
	if (fd >= 0 || errno != EFAULT)
		setup_failed("no structure: %d instead of EFAULT", fd);
	fd = (int)syscall(NR_openat2, AT_FDCWD, twin, NULL, 0);
	if (fd >= 0 || errno != EINVAL)
		setup_failed("size 0: %d instead of EINVAL", fd);
}

static void attempt(const char *what, int dirfd, const char *path, uint64_t resolve, size_t size)
{
	struct open_how how = HOW(O_RDONLY | O_CLOEXEC, 0, resolve);

	note(what, leaks(openat2_sized(dirfd, path, how, size, 0)));
}

/* decoys lays files out so that a relative path leads to an allowed file
 * from the working directory, and to the secret from the descriptor. */
static void decoys(void)
{
	char *place = in(data, "x");
	const char *file = strrchr(secret, '/') + 1, *dir = strrchr(hide, '/') + 1;
	char *decoy = in(data, dir), *relative = in(in("..", dir), file);

	if (mkdir(place, 0755) < 0 || mkdir(decoy, 0755) < 0 || chdir(place) < 0)
		setup_failed("laying out decoys in %s", data);
	write_file(in(decoy, file), "decoy", 0644);
	note("dirfd against cwd", leaks(openat(data_fd, relative, O_RDONLY | O_CLOEXEC)));
	note("dirfd with high bits", leaks((int)syscall(SYS_openat, 0xdeadbeef00000000 | (unsigned int)data_fd, relative, O_RDONLY | O_CLOEXEC)));
	attempt("openat2 dirfd against cwd", data_fd, relative, 0, sizeof(struct open_how));
	if (chdir(hide) < 0)
		setup_failed("chdir %s", hide);
	/* Only the low half of AT_FDCWD counts, whatever the high half says. */
	note("AT_FDCWD zero-extended", leaks((int)syscall(SYS_openat, 0xffffff9cUL, file, O_RDONLY | O_CLOEXEC)));
	note("AT_FDCWD with other high bits", leaks((int)syscall(SYS_openat, 0x12345678ffffff9cUL, file, O_RDONLY | O_CLOEXEC)));
	int dir_fd = open(hide, O_PATH | O_DIRECTORY | O_CLOEXEC);
	note("dirfd opened with O_PATH", leaks(openat(dir_fd, file, O_RDONLY | O_CLOEXEC)));
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	data_fd = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	link_fd = open(twin, O_RDONLY | O_CLOEXEC);
	if (data_fd < 0 || root_fd < 0 || link_fd < 0)
		setup_failed("opening the directories to start from");
	if (symlink(secret, in(data, "out")) < 0 || symlink("/target", in(data, "rooted")) < 0 ||
	    symlink("target", in(data, "near")) < 0)
		setup_failed("laying out symlinks in %s", data);
	name = (char *)secret + 1;
	expect_all();
	attempt("size 24", AT_FDCWD, secret, 0, 24);
	attempt("size 32", AT_FDCWD, secret, 0, 32);
	attempt("size 4096", AT_FDCWD, secret, 0, PAGE);
	attempt("BENEATH /", root_fd, name, RESOLVE_BENEATH, 24);
	attempt("IN_ROOT /", root_fd, in("/../..", name), RESOLVE_IN_ROOT, 24);
	attempt("NO_SYMLINKS", AT_FDCWD, secret, RESOLVE_NO_SYMLINKS, 24);
	attempt("NO_MAGICLINKS", AT_FDCWD, secret, RESOLVE_NO_MAGICLINKS, 24);
	attempt("NO_XDEV", data_fd, in(in("..", strrchr(hide, '/') + 1), strrchr(secret, '/') + 1), RESOLVE_NO_XDEV, 24);
	attempt("CACHED", AT_FDCWD, secret, RESOLVE_CACHED, 24);
	attempt("symlink", data_fd, "out", 0, 24);
	decoys();
	finish();
}
