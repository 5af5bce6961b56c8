/*
 * What the victims share that print facts about the file system: every line
 * of theirs must be the same with and without a broker.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static inline const char *result(long r)
{
	return r < 0 ? strerrorname_np(errno) : "ok";
}

/* must ends the program if a preparation fails: then nothing is proved. */
static inline long must(long r, const char *what)
{
	if (r < 0) {
		printf("set up %s: %s\n", what, strerror(errno));
		exit(1);
	}
	return r;
}

/* put makes a file with a content. */
static inline void put(const char *name, const char *text)
{
	int fd = (int)must(open(name, O_CREAT | O_TRUNC | O_WRONLY, 0644), name);

	must(write(fd, text, strlen(text)), name);
	close(fd);
}

/* describe prints what a name is now. */
static inline void describe(const char *name)
{
	struct stat st;

	if (lstat(name, &st) != 0)
		printf("  %s: %s\n", name, strerrorname_np(errno));
	else
		printf("  %s: %o %d:%d links %d size %lld\n", name, st.st_mode, (int)st.st_uid, (int)st.st_gid,
		       S_ISDIR(st.st_mode) ? 0 : (int)st.st_nlink, S_ISDIR(st.st_mode) ? 0LL : (long long)st.st_size);
}

/* The ground for tables of names: one of each kind. */
static const char *const ground[] = {
	"missing", "file", "other", "empty", "full", "to-file", "to-dir", "dangling", "loop",
};


static inline void build(void)
{
	must(mkdir("ground", 0755), "ground");
	must(chdir("ground"), "ground");
	put("file", "file\n");
	put("other", "other\n");
	must(mkdir("empty", 0755), "empty");
	must(mkdir("full", 0755), "full");
	put("full/inner", "inner\n");
	must(symlink("file", "to-file"), "to-file");
	must(symlink("full", "to-dir"), "to-dir");
	must(symlink("nowhere", "dangling"), "dangling");
	must(symlink("loop", "loop"), "loop");
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

/* wipe removes the ground, whatever the calls have made of it. */
static inline void wipe(void)
{
	must(chdir(".."), "..");
	must(nftw("ground", drop, 16, FTW_DEPTH | FTW_PHYS), "remove the ground");
}
