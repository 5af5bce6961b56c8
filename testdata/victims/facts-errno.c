/*
 * facts-errno: every call that names files, on every kind of name and in every
 * spelling. Says the errno, and after a success what there is now.
 */
#include "facts.h"

static const char *const spellings[] = {
	"missing", "file", "empty", "full", "to-file", "to-dir", "dangling", "loop",
	"missing/", "file/", "empty/", "to-file/", "to-dir/", "dangling/", "loop/",
	".", "./", "..", "empty/.", "empty/..", "full/./", "to-dir/.", "to-dir/..", "",
	"file/inner", "missing/inner", "full/inner", "to-dir/inner", "to-file/inner", "dangling/inner", "loop/inner",
	"full//inner", "./full/../file", "full/missing", "full/inner/",
};
/* The ends of a rename or a link. */
static const char *const ends[] = {
	"missing", "file", "other", "empty", "full", "to-file", "to-dir", "dangling", "loop",
	"missing/", "file/", "empty/", "full/", "to-file/", "to-dir/", "dangling/",
	".", "empty/.", "empty/..", "full/inner", "full/missing", "empty/missing", "to-dir/inner", "file/inner", "",
};

static int opened(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd;
}

static long do_read(const char *n) { return opened(open(n, O_RDONLY)); }
static long do_write(const char *n) { return opened(open(n, O_WRONLY)); }
static long do_directory(const char *n) { return opened(open(n, O_RDONLY | O_DIRECTORY)); }
static long do_nofollow(const char *n) { return opened(open(n, O_RDONLY | O_NOFOLLOW)); }
static long do_path(const char *n) { return opened(open(n, O_PATH)); }
static long do_create(const char *n) { return opened(open(n, O_CREAT | O_WRONLY, 0604)); }
static long do_create_read(const char *n) { return opened(open(n, O_CREAT | O_RDONLY, 0)); }
static long do_exclusive(const char *n) { return opened(open(n, O_CREAT | O_EXCL | O_RDWR, 0600)); }
static long do_create_nofollow(const char *n) { return opened(open(n, O_CREAT | O_NOFOLLOW | O_RDWR, 0600)); }
static long do_trunc(const char *n) { return opened(open(n, O_RDONLY | O_TRUNC)); }
static long do_creat(const char *n) { return opened(creat(n, 0600)); }
static long do_tmpfile(const char *n) { return opened(open(n, O_TMPFILE | O_RDWR, 0600)); }
static long do_mkdir(const char *n) { return mkdir(n, 0750); }
static long do_mkfifo(const char *n) { return mknod(n, S_IFIFO | 0640, 0); }
static long do_mknod(const char *n) { return mknod(n, 0640, 0); }
static long do_mknod_dir(const char *n) { return mknod(n, S_IFDIR | 0640, 0); }
static long do_symlink(const char *n) { return symlink("text", n); }
static long do_unlink(const char *n) { return unlink(n); }
static long do_rmdir(const char *n) { return rmdir(n); }
static long do_chmod(const char *n) { return chmod(n, 0700); }
static long do_lchmod(const char *n) { return fchmodat(AT_FDCWD, n, 0700, AT_SYMLINK_NOFOLLOW); }
static long do_chown(const char *n) { return chown(n, getuid(), getgid()); }
static long do_lchown(const char *n) { return lchown(n, getuid(), getgid()); }
static long do_truncate(const char *n) { return truncate(n, 3); }
static long do_truncate_negative(const char *n) { return truncate(n, -1); }
static long do_utimes(const char *n) { return utimensat(AT_FDCWD, n, NULL, 0); }
static long do_lutimes(const char *n) { return utimensat(AT_FDCWD, n, NULL, AT_SYMLINK_NOFOLLOW); }
static long do_chdir(const char *n) { return chdir(n) == 0 ? opened(open("inner", O_RDONLY)) : -1; }
static long do_unlinkat_flag(const char *n) { return unlinkat(AT_FDCWD, n, 0x1000); }
static long do_unlinkat_dir(const char *n) { return unlinkat(AT_FDCWD, n, AT_REMOVEDIR); }

static long do_exec(const char *n)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl(n, n, (char *)NULL);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

static const struct { const char *name; long (*call)(const char *); } calls[] = {
#define CALL(f) { #f, do_##f }
	CALL(read), CALL(write), CALL(directory), CALL(nofollow), CALL(path), CALL(create), CALL(create_read),
	CALL(exclusive), CALL(create_nofollow), CALL(trunc), CALL(creat), CALL(tmpfile), CALL(mkdir), CALL(mkfifo),
	CALL(mknod), CALL(mknod_dir), CALL(symlink), CALL(unlink), CALL(rmdir), CALL(chmod), CALL(lchmod), CALL(chown),
	CALL(lchown), CALL(truncate), CALL(truncate_negative), CALL(utimes), CALL(lutimes), CALL(chdir),
	CALL(unlinkat_flag), CALL(unlinkat_dir), CALL(exec),
};

static long two(const char *call, const char *from, const char *to)
{
	static const struct { const char *name; unsigned flags; } renames[] = {
		{ "rename", 0 }, { "noreplace", RENAME_NOREPLACE }, { "exchange", RENAME_EXCHANGE },
		{ "both", RENAME_NOREPLACE | RENAME_EXCHANGE }, { "unknown", 0x100 },
	};

	for (size_t i = 0; i < COUNT(renames); i++)
		if (strcmp(call, renames[i].name) == 0)
			return renameat2(AT_FDCWD, from, AT_FDCWD, to, renames[i].flags);
	if (strcmp(call, "link") == 0)
		return link(from, to);
	if (strcmp(call, "link-follow") == 0)
		return linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW);
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0x8000);
}

/* state prints what there is after a call that succeeded. */
static void state(void)
{
	for (size_t i = 0; i < COUNT(ground); i++)
		describe(ground[i]);
	describe("full/inner");
	describe("full/missing");
	describe("empty/missing");
	describe("nowhere");
}

/* renew prints what a call has done and makes new ground. A call that failed
 * has done nothing, or the next ones would show it. */
static void renew(void)
{
	state();
	wipe();
	build();
}

static void one_call(size_t c)
{
	build();
	int home = (int)must(open(".", O_RDONLY | O_DIRECTORY), ".");

	for (size_t i = 0; i < COUNT(spellings); i++) {
		long r = calls[c].call(spellings[i]);

		printf("%s \"%s\": %s\n", calls[c].name, spellings[i], result(r));
		must(fchdir(home), "home");
		if (r < 0)
			continue;
		close(home);
		renew();
		home = (int)must(open(".", O_RDONLY | O_DIRECTORY), ".");
	}
	close(home);
	state();
	wipe();
}

static void two_names(const char *call)
{
	build();
	for (size_t i = 0; i < COUNT(ends); i++)
		for (size_t j = 0; j < COUNT(ends); j++) {
			long r = two(call, ends[i], ends[j]);

			printf("%s \"%s\" \"%s\": %s\n", call, ends[i], ends[j], result(r));
			if (r >= 0)
				renew();
		}
	state();
	wipe();
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	umask(027);
	must(argc == 2 ? 0 : -1, "one argument");
	must(mkdir("below", 0755), "below");
	must(chdir("below"), "below"); /* so that ".." stays within the workspace */
	if (strcmp(argv[1], "calls") == 0)
		for (size_t c = 0; c < COUNT(calls); c++)
			one_call(c);
	else
		two_names(argv[1]);
	return 0;
}
