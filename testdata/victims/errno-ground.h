/*
 * The ground that errnos.c walks on: one of everything, what there is of it
 * now, and how it is put back after a call that has changed it.
 */
#include "facts.h"
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/xattr.h>

enum { FIXED = 1000000000, NAMES = 64, SIGNATURE = 160, LINKS = 42 };

static char long_name[256], long_missing[256];
static const char bytes_name[] = "\xff\xfe", bytes_missing[] = "\xc0\x80";

/* An item, and the top-level name that is renewed when it has changed. NULL
 * kinds are names that calls may give birth to. */
static struct item { const char *name, *group; char kind; unsigned mode; const char *text; } items[] = {
	{ "file", "file", 'f', 0644, "file\n" },
	{ "other", "other", 'f', 0640, "another\n" },
	{ "empty", "empty", 'd', 0755, NULL },
	{ "full", "full", 'd', 0755, NULL },
	{ "full/inner", "full", 'f', 0644, "inner file\n" },
	{ "full/missing", "full", 0, 0, NULL },
	{ "empty/missing", "empty", 0, 0, NULL },
	{ "to-file", "to-file", 'l', 0, "file" },
	{ "to-dir", "to-dir", 'l', 0, "full" },
	{ "dangling", "dangling", 'l', 0, "nowhere" },
	{ "loop", "loop", 'l', 0, "loop" },
	{ "nowhere", "nowhere", 0, 0, NULL },
	{ "missing", "missing", 0, 0, NULL },
	{ "fifo", "fifo", 'p', 0644, NULL },
	{ "socket", "socket", 's', 0644, NULL },
	{ "unreadable", "unreadable", 'f', 0, "x" },
	{ "readonly", "readonly", 'f', 0444, "xy" },
	{ "writeonly", "writeonly", 'f', 0222, "xyz" },
	{ "prog", "prog", 'f', 0755, "#!/bin/true\n" },
	{ "script", "script", 'f', 0755, "#!missing interpreter\n" },
	{ "garbage", "garbage", 'f', 0755, "no program\n" },
	{ "to-prog", "to-prog", 'l', 0, "prog" },
	{ "sticky", "sticky", 'd', 01777, NULL },
	{ "sticky/inner", "sticky", 'f', 0644, "x" },
	{ "sticky/missing", "sticky", 0, 0, NULL },
	{ "locked", "locked", 'd', 0555, NULL },
	{ "locked/inner", "locked", 'f', 0644, "locked\n" },
	{ "locked/missing", "locked", 0, 0, NULL },
	{ "closed", "closed", 'd', 0, NULL },
	{ "closed/inner", "closed", 'f', 0644, "closed\n" },
	{ "closed/missing", "closed", 0, 0, NULL },
	{ long_name, long_name, 'f', 0644, "long\n" },
	{ long_missing, long_missing, 0, 0, NULL },
	{ bytes_name, bytes_name, 'f', 0644, "bytes\n" },
	{ bytes_missing, bytes_missing, 0, 0, NULL },
	{ "link40", "link40", 'l', 0, "link39" },
	{ "link41", "link41", 'l', 0, "link40" },
};
static char baseline[NAMES][SIGNATURE];
static bool attributes; /* look at extended attributes too */

/* make_socket makes the node alone: a policy may refuse to bind. */
static void make_socket(const char *name)
{
	must(mknod(name, S_IFSOCK | 0644, 0), name);
	must(chmod(name, 0644), name);
}

static void make(const struct item *it)
{
	switch (it->kind) {
	case 'f':
		put(it->name, it->text);
		must(chmod(it->name, it->mode), it->name);
		break;
	case 'd':
		must(mkdir(it->name, 0700), it->name);
		break;
	case 'l':
		must(symlink(it->text, it->name), it->name);
		break;
	case 'p':
		must(mkfifo(it->name, it->mode), it->name);
		break;
	case 's':
		make_socket(it->name);
		break;
	}
}

/* A directory gets its mode when it is filled. */
static void finish(const struct item *it)
{
	if (it->kind == 'd')
		must(chmod(it->name, it->mode), it->name);
}

static int open_up(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)where;
	if (type == FTW_D || type == FTW_DNR)
		chmod(path, st->st_mode | 0700);
	return 0;
}

static void drop_tree(const char *name)
{
	struct stat st;

	if (lstat(name, &st) != 0)
		return;
	if (S_ISDIR(st.st_mode)) {
		must(chmod(name, 0700), name);
		nftw(name, open_up, 16, FTW_PHYS);
	}
	must(nftw(name, drop, 16, FTW_DEPTH | FTW_PHYS), name);
}

static void sign(const char *name, char *out)
{
	struct stat st;
	char text[32] = "";

	if (lstat(name, &st) != 0) {
		snprintf(out, SIGNATURE, "%s", errno == ENOENT ? "-" : strerrorname_np(errno));
		return;
	}
	int n = snprintf(out, SIGNATURE, "%o %d:%d", st.st_mode, (int)st.st_uid, (int)st.st_gid);

	if (S_ISLNK(st.st_mode) && readlink(name, text, sizeof(text) - 1) >= 0)
		n += snprintf(out + n, (size_t)(SIGNATURE - n), " to %s", text);
	if (!S_ISDIR(st.st_mode))
		n += snprintf(out + n, (size_t)(SIGNATURE - n), " links %d size %lld", (int)st.st_nlink, (long long)st.st_size);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		n += snprintf(out + n, (size_t)(SIGNATURE - n), " device %lx", (long)st.st_rdev);
	if (st.st_mtime == FIXED || st.st_atime == FIXED)
		n += snprintf(out + n, (size_t)(SIGNATURE - n), " times %d%d", st.st_atime == FIXED, st.st_mtime == FIXED);
	if (attributes)
		snprintf(out + n, (size_t)(SIGNATURE - n), " attributes %zd", llistxattr(name, NULL, 0));
}

/* Descriptors have fixed numbers, and refer to what is there now. */
enum { FD_GROUND = 100, FD_FULL, FD_FILE, FD_WRITE, FD_PATH, FD_LINK, FD_DIRPATH, FD_PIPE, FD_GONE, FD_UNLINKED, FD_FIFO, FD_SOCKET, FD_PIPE_END, FD_BELOW, FD_PROG };

static void put_at(int number, int fd)
{
	must(dup2((int)must(fd, "descriptor"), number), "dup2");
	close(fd);
}

static void open_all(void)
{
	put_at(FD_GROUND, open(".", O_RDONLY | O_DIRECTORY));
	put_at(FD_FULL, open("full", O_RDONLY | O_DIRECTORY));
	put_at(FD_FILE, open("file", O_RDONLY));
	put_at(FD_WRITE, open("file", O_WRONLY));
	put_at(FD_PATH, open("file", O_PATH));
	put_at(FD_LINK, open("to-file", O_PATH | O_NOFOLLOW));
	put_at(FD_DIRPATH, open(".", O_PATH | O_DIRECTORY));
	put_at(FD_PROG, open("prog", O_RDONLY));
	put_at(FD_FIFO, open("fifo", O_RDWR)); /* so that no open of it sleeps */
}

static void open_once(void)
{
	int ends[2];

	must(pipe(ends), "pipe");
	put_at(FD_PIPE, ends[0]);
	put_at(FD_PIPE_END, ends[1]);
	must(mkdir("gone", 0700), "gone");
	put_at(FD_GONE, open("gone", O_RDONLY | O_DIRECTORY));
	must(rmdir("gone"), "gone");
	put("unlinked", "unlinked\n");
	put_at(FD_UNLINKED, open("unlinked", O_RDWR));
	must(unlink("unlinked"), "unlinked");
	put_at(FD_BELOW, open("..", O_RDONLY | O_DIRECTORY));
	put_at(FD_SOCKET, socket(AF_UNIX, SOCK_STREAM, 0));
}

static void build_ground(void)
{
	char name[16] = "link0", to[16] = "file";

	memset(long_name, 'n', 255);
	memset(long_missing, 'm', 255);
	must(mkdir("below", 0755), "below");
	must(chdir("below"), "below"); /* so that ".." stays within the workspace */
	must(mkdir("ground", 0755), "ground");
	must(chdir("ground"), "ground");
	for (int i = 0; i < 40; i++) {
		must(symlink(to, name), name);
		strcpy(to, name);
		snprintf(name, sizeof(name), "link%d", i + 1);
	}
	for (size_t i = 0; i < COUNT(items); i++)
		make(&items[i]);
	for (size_t i = 0; i < COUNT(items); i++)
		finish(&items[i]);
	open_once();
	open_all();
	for (size_t i = 0; i < COUNT(items); i++)
		sign(items[i].name, baseline[i]);
}

/* Directories that stay, and get back their mode and owner only. */
static void renew_place(const char *name, int fd)
{
	struct stat st;

	must(fstat(fd, &st), name);
	if (st.st_mode == (S_IFDIR | 0755) && st.st_uid == geteuid() && st.st_gid == getegid() && st.st_mtime != FIXED)
		return;
	printf(" [%s: %o %d:%d%s]", name, st.st_mode, (int)st.st_uid, (int)st.st_gid, st.st_mtime == FIXED ? " times" : "");
	must(fchown(fd, geteuid(), getegid()), name);
	must(fchmod(fd, 0755), name);
	must(futimens(fd, NULL), name);
}

/* renew prints what a call has changed and puts it back. */
static void renew(void)
{
	static bool stale[COUNT(items)];
	char now[SIGNATURE];
	bool any = false;

	renew_place(".", FD_GROUND);
	renew_place("..", FD_BELOW);
	must(fchdir(FD_GROUND), "the ground");
	for (size_t i = 0; i < COUNT(items); i++) {
		sign(items[i].name, now);
		stale[i] = strcmp(now, baseline[i]) != 0;
		if (!stale[i])
			continue;
		any = true;
		printf(" [%.20s: %s]", items[i].name, now);
	}
	if (!any)
		return;
	for (size_t i = 0; i < COUNT(items); i++)
		for (size_t j = 0; stale[i] && j < COUNT(items); j++)
			if (strcmp(items[j].group, items[i].group) == 0)
				stale[j] = true;
	for (size_t i = 0; i < COUNT(items); i++)
		if (stale[i])
			drop_tree(items[i].group);
	for (size_t i = 0; i < COUNT(items); i++)
		if (stale[i])
			make(&items[i]);
	for (size_t i = 0; i < COUNT(items); i++)
		if (stale[i])
			finish(&items[i]);
	open_all();
}
