/*
 * Open flags that do more than the access mode says. "read" may only
 * be read, "hide" not even that, and in "rewrite" files may be written but
 * none created; a win is seen in the file system.
 *
 * The subcase "o_path" is about descriptors that are only a place, and what
 * can be made of them; "open" about all the others.
 */
#include "common.h"
#include "calls.h"

static long size_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		setup_failed("stat %s", path);
	return st.st_size;
}

static int opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644), err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return fd >= 0;
}

/* by_o_path opens without reading, then reads through the descriptor's name. */
static int by_o_path(const char *path, int flags, const char *format)
{
	char name[64];
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return 0;
	snprintf(name, sizeof name, format, fd);
	int again = open(name, flags | O_CLOEXEC), err = errno;
	close(fd);
	if (flags == O_RDONLY) {
		errno = err;
		return leaks(again);
	}
	if (again >= 0)
		close(again);
	errno = err;
	return again >= 0;
}

/* by_o_path_high hides nothing: flags are an int, the high half is dropped. */
static int by_o_path_high(void)
{
	char name[64];
	int fd = (int)syscall(SYS_openat, AT_FDCWD, secret, 0x7fffffff00000000 | O_PATH | O_CLOEXEC);

	if (fd < 0)
		return 0;
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	return leaks(open(name, O_RDONLY | O_CLOEXEC));
}

static int by_o_path_dir(void)
{
	int dir = open(hide, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return 0;
	return leaks(openat(dir, strrchr(secret, '/') + 1, O_RDONLY | O_CLOEXEC));
}

/* control_flags: what must go on working, with the kernel's own answers. */
static void control_flags(void)
{
	static const struct {
		const char *name;
		int flags;
	} works[] = {
		{ "O_RDWR", O_RDWR }, { "O_RDWR|O_CREAT", O_RDWR | O_CREAT },
		{ "O_WRONLY|O_APPEND", O_WRONLY | O_APPEND }, { "access mode 3", O_ACCMODE },
		{ "O_NOFOLLOW", O_NOFOLLOW }, { "O_NOCTTY|O_NONBLOCK", O_NOCTTY | O_NONBLOCK },
		{ "unknown bit 30", 0x40000000 }, { "unknown bit 31", (int)0x80000000 },
	};

	for (size_t i = 0; i < sizeof works / sizeof *works; i++)
		if (!opens(twin, works[i].flags))
			setup_failed("control: %s", works[i].name);
	if (opens(twin, O_CREAT | O_EXCL) || errno != EEXIST)
		setup_failed("control: O_CREAT|O_EXCL on a file that is there");
	if (!opens(data, O_TMPFILE | O_RDWR))
		setup_failed("control: O_TMPFILE");
	if (!opens(in(readonly, "target"), O_RDONLY))
		setup_failed("control: %s is not readable", readonly);
}

/* by_dangling creates through a symlink in the open directory. */
static int by_dangling(int flags)
{
	static char *link, *end;

	if (!link) {
		link = in(data, "dangling");
		end = in(hide, "dangled");
		if (symlink(end, link) < 0)
			setup_failed("symlink %s", link);
	}
	opens(link, flags);
	return exists(end);
}

static int by_openat2_create(const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_CREAT, .mode = 0644 };
	int fd = (int)syscall(NR_openat2, AT_FDCWD, path, &how, sizeof how), err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return exists(path);
}

/* by_tmpfile_link makes a nameless file and gives it a name. */
static int by_tmpfile_link(void)
{
	char name[64], *path = in(readonly, "named");
	int fd = open(readonly, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);

	if (fd < 0)
		return 0;
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	int linked = linkat(AT_FDCWD, name, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
	close(fd);
	return linked || exists(path);
}

static void try_o_path(void)
{
	char *file = in(readonly, "target");

	if (!opens(twin, O_PATH) || !opens(twin, O_PATH | O_RDWR) || !opens(data, O_PATH | O_DIRECTORY))
		setup_failed("control: O_PATH");
	note("O_PATH, then /proc/self/fd", by_o_path(secret, O_RDONLY, "/proc/self/fd/%d"));
	note("O_PATH, then /dev/fd", by_o_path(secret, O_RDONLY, "/dev/fd/%d"));
	note("O_PATH, then /proc/thread-self/fd", by_o_path(secret, O_RDONLY, "/proc/thread-self/fd/%d"));
	note("O_PATH, then O_WRONLY", by_o_path(file, O_WRONLY, "/proc/self/fd/%d"));
	note("O_PATH, then O_RDWR", by_o_path(file, O_RDWR, "/dev/fd/%d"));
	note("O_PATH with high bits", by_o_path_high());
	note("O_PATH of the directory", by_o_path_dir());
}

static void try_open(void)
{
	char *file = in(readonly, "target"), *fresh = in(readonly, "fresh");
	char *rewrite = in(data, "../rewrite");

	control_flags();
	if (!opens(in(rewrite, "target"), O_RDWR | O_CREAT))
		setup_failed("control: O_CREAT on a file that is there and may be written");
	note("unknown bit 30", leaks(open(secret, 0x40000000)));
	note("unknown bit 31", leaks(open(secret, (int)0x80000000)));
	note("high bits", leaks((int)syscall(SYS_openat, AT_FDCWD, secret, 0x7fffffff00000000)));
	note("high bits of the mode", leaks((int)syscall(SYS_openat, AT_FDCWD, secret, O_RDONLY, -1L)));
	note("O_NOATIME", leaks(open(secret, O_NOATIME)));
	note("O_NOFOLLOW", leaks(open(secret, O_NOFOLLOW)));
	note("O_DIRECT off, O_SYNC", leaks(open(secret, O_SYNC | O_LARGEFILE)));
	note("access mode 3 on what may be read", opens(file, O_ACCMODE));
	note("O_WRONLY on what may be read", opens(file, O_WRONLY));
	note("O_RDWR on what may be read", opens(file, O_RDWR));
	note("O_APPEND|O_WRONLY on what may be read", opens(file, O_WRONLY | O_APPEND));
	note("O_RDONLY|O_CREAT", (opens(fresh, O_RDONLY | O_CREAT), exists(fresh)));
	note("O_RDONLY|O_CREAT|O_EXCL", (opens(in(readonly, "excl"), O_RDONLY | O_CREAT | O_EXCL), exists(in(readonly, "excl"))));
	note("O_RDONLY|O_CREAT by openat2", by_openat2_create(in(readonly, "openat2")));
	note("O_TMPFILE", opens(readonly, O_TMPFILE | O_WRONLY));
	note("O_TMPFILE|O_EXCL", opens(readonly, O_TMPFILE | O_RDWR | O_EXCL));
	note("O_TMPFILE, then linkat", by_tmpfile_link());
	note("O_TMPFILE where nothing may be created", opens(rewrite, O_TMPFILE | O_RDWR));
	note("O_CREAT where nothing may be created", (opens(in(rewrite, "fresh"), O_RDWR | O_CREAT), exists(in(rewrite, "fresh"))));
	note("O_CREAT through a dangling symlink", by_dangling(O_WRONLY | O_CREAT));
	note("O_RDONLY|O_TRUNC", (opens(file, O_RDONLY | O_TRUNC), size_of(file) == 0));
	note("access mode 3 with O_TRUNC", (opens(in(readonly, "tagged"), O_ACCMODE | O_TRUNC), size_of(in(readonly, "tagged")) == 0));
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	errno = 0;
	if (is("o_path"))
		try_o_path();
	else if (is("open"))
		try_open();
	else
		setup_failed("no subcase %s", subcase);
	finish();
}
