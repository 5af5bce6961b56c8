/*
 * One file, many names. Every spelling is first tried for the file
 * that may be read, which must work; then, with the same words, for the one
 * that may not. The table is walked twice: by the first thread, and by
 * another one, whose /proc/thread-self is a different directory.
 */
#include "common.h"

static int data_fd, root_fd;
static char *data_name, *hide_name, *file;

/* A spelling opens dir/file, where name is dir's last component; other is
 * the sibling to come through. */
struct where {
	const char *dir, *name, *other, *other_dir;
};

static char path[4 * PATH_MAX];

#define SPELL(...) (snprintf(path, sizeof path, __VA_ARGS__), path)

static int plain(const char *p)
{
	return open(p, O_RDONLY | O_CLOEXEC);
}

/* inflated opens "/a/b" as "//a//b", text being what stands for a slash. */
static int inflated(const struct where *w, const char *text)
{
	char *full = in(w->dir, file), *to = path;

	for (const char *from = full; *from; from++)
		to += *from == '/' ? sprintf(to, "%s", text) : sprintf(to, "%c", *from);
	free(full);
	return plain(path);
}

static int slashes(const struct where *w) { return inflated(w, "//"); }
static int many_slashes(const struct where *w) { return inflated(w, "////////"); }
static int dots(const struct where *w) { return inflated(w, "/./"); }
static int dotdot(const struct where *w) { return plain(SPELL("%s/../%s/%s", w->other_dir, w->name, file)); }
static int root_dotdot(const struct where *w) { return plain(SPELL("/../../..%s/%s", w->dir, file)); }
static int dotdot_twice(const struct where *w) { return plain(SPELL("%s/./../%s/../%s//%s", w->other_dir, w->other, w->name, file)); }
static int by_dirfd(const struct where *w) { return openat(data_fd, SPELL("../%s/%s", w->name, file), O_RDONLY | O_CLOEXEC); }
static int by_root_dirfd(const struct where *w) { return openat(root_fd, SPELL("%s/%s", w->dir + 1, file), O_RDONLY | O_CLOEXEC); }
static int by_bad_dirfd(const struct where *w) { return openat(-77, SPELL("%s/%s", w->dir, file), O_RDONLY | O_CLOEXEC); }
static int by_fd_link(const struct where *w) { return plain(SPELL("/proc/self/fd/%d/../%s/%s", data_fd, w->name, file)); }
static int by_dev_fd(const struct where *w) { return plain(SPELL("/dev/fd/%d/../%s/%s", data_fd, w->name, file)); }
static int by_root_fd(const struct where *w) { return plain(SPELL("/proc/self/fd/%d%s/%s", root_fd, w->dir, file)); }
static int by_self_root(const struct where *w) { return plain(SPELL("/proc/self/root%s/%s", w->dir, file)); }
static int by_thread_root(const struct where *w) { return plain(SPELL("/proc/thread-self/root%s/%s", w->dir, file)); }
static int by_pid_root(const struct where *w) { return plain(SPELL("/proc/%d/root%s/%s", getpid(), w->dir, file)); }
static int by_tid_root(const struct where *w) { return plain(SPELL("/proc/%d/root%s/%s", gettid(), w->dir, file)); }
static int by_task_root(const struct where *w) { return plain(SPELL("/proc/self/task/%d/root%s/%s", gettid(), w->dir, file)); }
static int by_root_root(const struct where *w) { return plain(SPELL("/proc/self/root/proc/self/root%s/%s", w->dir, file)); }
static int by_thread_fd(const struct where *w) { return plain(SPELL("/proc/thread-self/fd/%d/../%s/%s", data_fd, w->name, file)); }

static int from_cwd(const char *cwd, const char *relative)
{
	if (chdir(cwd) < 0)
		setup_failed("chdir %s", cwd);
	int fd = plain(relative), err = errno;
	if (chdir("/") < 0)
		setup_failed("chdir /");
	errno = err;
	return fd;
}

static int by_cwd(const struct where *w) { return from_cwd(w->dir, SPELL("%s", file)); }
static int by_cwd_dot(const struct where *w) { return from_cwd(w->dir, SPELL("./%s", file)); }
static int by_cwd_dotdot(const struct where *w) { return from_cwd(data, SPELL("../%s/%s", w->name, file)); }
static int by_self_cwd(const struct where *w) { return from_cwd(w->dir, SPELL("/proc/self/cwd/%s", file)); }
static int by_thread_cwd(const struct where *w) { return from_cwd(w->dir, SPELL("/proc/thread-self/cwd/%s", file)); }
static int by_cwd_cwd(const struct where *w) { return from_cwd(data, SPELL("/proc/self/cwd/../%s/%s", w->name, file)); }

/* through makes a symlink in the open directory, opens by, removes it. */
static int through(const char *target, const char *by)
{
	static char *link;

	if (!link)
		link = in(data, "link");
	unlink(link);
	if (symlink(target, link) < 0)
		setup_failed("symlink %s", link);
	return plain(by);
}

static char target[2 * PATH_MAX];

#define TARGET(...) (snprintf(target, sizeof target, __VA_ARGS__), target)

static int link_file(const struct where *w) { return through(TARGET("%s/%s", w->dir, file), SPELL("%s/link", data)); }
static int link_relative(const struct where *w) { return through(TARGET("../%s/%s", w->name, file), SPELL("%s/link", data)); }
static int link_dir(const struct where *w) { return through(w->dir, SPELL("%s/link/%s", data, file)); }
static int link_dir_slash(const struct where *w) { return through(TARGET("%s/", w->dir), SPELL("%s/link//%s", data, file)); }
static int link_dotdot(const struct where *w) { return through(TARGET("%s", w->other_dir), SPELL("%s/link/../%s/%s", data, w->name, file)); }
static int link_to_proc(const struct where *w) { return through(TARGET("/proc/self/root%s", w->dir), SPELL("%s/link/%s", data, file)); }
static int link_dev_fd(const struct where *w) { return through(TARGET("/dev/fd/%d/../%s/%s", data_fd, w->name, file), SPELL("%s/link", data)); }

/* chain lays n symlinks one behind the other, the last one to the file. */
static int chain(const struct where *w, int n)
{
	for (int i = 1; i <= n; i++) {
		unlink(SPELL("%s/chain%d", data, i));
		if (i == 1)
			TARGET("%s/%s", w->dir, file);
		else
			TARGET("chain%d", i - 1);
		if (symlink(target, path) < 0)
			setup_failed("symlink %s", path);
	}
	return plain(path);
}

static int chain_40(const struct where *w) { return chain(w, 40); }

static const struct {
	const char *name;
	int (*open)(const struct where *);
} spellings[] = {
	{ "//", slashes }, { "////////", many_slashes }, { "/./", dots },
	{ "x/../", dotdot }, { "/../..", root_dotdot }, { "x/./../x/../", dotdot_twice },
	{ "dirfd/../", by_dirfd }, { "dirfd of /", by_root_dirfd },
	{ "absolute with a bad dirfd", by_bad_dirfd },
	{ "/proc/self/fd/N/../", by_fd_link }, { "/dev/fd/N/../", by_dev_fd },
	{ "/proc/thread-self/fd/N/../", by_thread_fd }, { "/proc/self/fd/N of /", by_root_fd },
	{ "/proc/self/root", by_self_root }, { "/proc/thread-self/root", by_thread_root },
	{ "/proc/PID/root", by_pid_root }, { "/proc/TID/root", by_tid_root },
	{ "/proc/self/task/TID/root", by_task_root },
	{ "/proc/self/root/proc/self/root", by_root_root },
	{ "relative", by_cwd }, { "./relative", by_cwd_dot }, { "../relative", by_cwd_dotdot },
	{ "/proc/self/cwd", by_self_cwd }, { "/proc/thread-self/cwd", by_thread_cwd },
	{ "/proc/self/cwd/../", by_cwd_cwd },
	{ "symlink to the file", link_file }, { "relative symlink", link_relative },
	{ "symlink to the directory", link_dir }, { "symlink with a trailing slash", link_dir_slash },
	{ "symlink/..", link_dotdot }, { "symlink into /proc", link_to_proc },
	{ "symlink into /dev/fd", link_dev_fd }, { "40 symlinks", chain_40 },
};

/* limits checks what natively leads nowhere, allowed or not. */
static void limits(const struct where *open_dir)
{
	int fd = chain(open_dir, 41);

	if (fd >= 0 || errno != ELOOP)
		setup_failed("41 symlinks: %d instead of ELOOP", fd);
	fd = plain(SPELL("%s/", twin));
	if (fd >= 0 || errno != ENOTDIR)
		setup_failed("a file with a trailing slash: %d instead of ENOTDIR", fd);
	fd = plain(SPELL("%s/", data));
	if (fd < 0)
		setup_failed("a directory with a trailing slash");
	close(fd);
	/* The hidden directory's own names, for its listing. */
	errno = 0;
	fd = plain(SPELL("%s/", hide));
	note("directory with a trailing slash", fd >= 0);
	errno = 0;
	fd = plain(SPELL("%s/.", hide));
	note("directory/.", fd >= 0);
	errno = 0;
	fd = plain(SPELL("%s/empty/..", hide));
	note("directory/x/..", fd >= 0);
}

static void *walk(void *thread)
{
	struct where allowed = { data, data_name, hide_name, hide };
	struct where hidden = { hide, hide_name, data_name, data };

	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		int fd = spellings[i].open(&allowed);

		if (fd < 0 || !starts(fd, "allowed"))
			setup_failed("control: %s thread, \"%s\" does not open the allowed file",
				     (char *)thread, spellings[i].name);
		close(fd);
		fd = spellings[i].open(&hidden);
		dprintf(1, "%s thread: ", (char *)thread);
		note(spellings[i].name, leaks(fd));
	}
	limits(&allowed);
	return NULL;
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	data_name = strrchr(data, '/') + 1;
	hide_name = strrchr(hide, '/') + 1;
	file = strrchr(secret, '/') + 1;
	data_fd = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (data_fd < 0 || root_fd < 0)
		setup_failed("opening the directories to start from");
	walk("first");
	pthread_join(start(walk, "second"), NULL);
	finish();
}
