/*
 * The last component of a path is a symlink. Calls that follow it ("follow")
 * are made through a link in DATA that leads to the secret; calls that do not
 * ("nofollow") are made on a link beside the secret that leads to DATA: who
 * follows in the wrong place judges the wrong file. "own" says what calls on
 * links do where all of it is allowed.
 */
#include "common.h"
#include <sys/time.h>
#include <sys/xattr.h>
#include <utime.h>

static char *link_path, *dir_link;
static struct stat secret_before;

static void moved(const char *name, const char *to, long result)
{
	int won = result == 0 && file_leaks(to);

	note(name, won);
	if (exists(to) && (!won || exists(secret)))
		unlink(to);
	else if (won && rename(to, secret) < 0)
		setup_failed("moving the secret back");
}

static void follow_attributes(void)
{
	const struct timespec now[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };
	mode_t mode = secret_before.st_mode & 07777;

	note("chmod", chmod(link_path, mode) == 0);
	note("fchmodat", fchmodat(AT_FDCWD, link_path, mode, 0) == 0);
	note("chown", chown(link_path, secret_before.st_uid, secret_before.st_gid) == 0);
	note("fchownat", fchownat(AT_FDCWD, link_path, secret_before.st_uid, secret_before.st_gid, 0) == 0);
	note("utime", syscall(SYS_utime, link_path, NULL) == 0);
	note("utimes", syscall(SYS_utimes, link_path, NULL) == 0);
	note("futimesat", syscall(SYS_futimesat, AT_FDCWD, link_path, NULL) == 0);
	note("utimensat", utimensat(AT_FDCWD, link_path, now, 0) == 0);
	note("setxattr", setxattr(link_path, "user.followed", "x", 1, 0) == 0);
	note("removexattr", removexattr(link_path, "user.followed") == 0);
}

static void follow(void)
{
	char *dangling = in(data, "dangling"), *fresh = in(hide, "fresh"), *to = in(data, "stolen");

	if (symlink(fresh, dangling) < 0)
		setup_failed("symlink");
	note("open", leaks(open(link_path, O_RDONLY | O_CLOEXEC)));
	note("open to write", close(open(link_path, O_WRONLY | O_CLOEXEC)) == 0);
	note("open to create", close(open(dangling, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
	unlink(fresh);
	note("creat", close(creat(dangling, 0600)) == 0);
	unlink(fresh);
	note("truncate", truncate(link_path, secret_before.st_size) == 0);
	follow_attributes();
	moved("linkat", to, linkat(AT_FDCWD, link_path, AT_FDCWD, to, AT_SYMLINK_FOLLOW));
	moved("link through", to, link(in(dir_link, "target"), to));
	moved("rename through", to, rename(in(dir_link, "target"), to));
	note("mkdir through", mkdir(in(dir_link, "fresh"), 0700) == 0);
	note("rmdir through", rmdir(in(dir_link, "empty")) == 0);
	rmdir(fresh);
	if (!exists(in(hide, "empty")))
		mkdir(in(hide, "empty"), 0755);
	note("slash", leaks(open(in(in(dir_link, "/"), "./target"), O_RDONLY | O_CLOEXEC)));
}

/* restore makes the link beside the secret anew, where it went. */
static void restore(const char *alias, const char *to)
{
	if (!exists(alias) && symlink("../data/target", alias) < 0)
		setup_failed("symlink %s", alias);
	unlink(to);
}

static void nofollow(void)
{
	const struct timespec now[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };
	char *alias = in(hide, "alias"), *to = in(data, "moved");

	note("unlink", unlink(alias) == 0);
	restore(alias, to);
	note("unlinkat", unlinkat(AT_FDCWD, alias, 0) == 0);
	restore(alias, to);
	note("rename", rename(alias, to) == 0);
	restore(alias, to);
	write_file(to, "over", 0644);
	note("rename onto", rename(to, alias) == 0);
	unlink(alias);
	restore(alias, to);
	note("link", link(alias, to) == 0);
	restore(alias, to);
	note("linkat", linkat(AT_FDCWD, alias, AT_FDCWD, to, 0) == 0);
	restore(alias, to);
	note("lchown", lchown(alias, secret_before.st_uid, secret_before.st_gid) == 0);
	note("fchownat", fchownat(AT_FDCWD, alias, secret_before.st_uid, secret_before.st_gid, AT_SYMLINK_NOFOLLOW) == 0);
	note("utimensat", utimensat(AT_FDCWD, alias, now, AT_SYMLINK_NOFOLLOW) == 0);
}

/* what says whether link and target are still there, and what they are. */
static void what(const char *name, long result)
{
	struct stat st;

	met(name, result);
	dprintf(1, "  link %s", lstat(link_path, &st) < 0 ? "gone" : S_ISLNK(st.st_mode) ? "there" : "replaced");
	dprintf(1, ", target %s\n", file_leaks(twin) ? "leaks" : exists(twin) ? "there" : "gone");
	unlink(link_path);
	unlink(in(data, "moved"));
	if (symlink("target", link_path) < 0)
		setup_failed("symlink");
}

static int opened(int fd)
{
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return fd;
}

static void own(void)
{
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 2000 } };
	char *to = in(data, "moved"), *slash = in(link_path, "");
	struct stat st;

	unlink(dir_link);
	if (symlink("folder", dir_link) < 0 || mkdir(in(data, "folder"), 0700) < 0)
		setup_failed("folder");
	what("unlink", unlink(link_path));
	what("rename", rename(link_path, to));
	what("link", link(link_path, to));
	what("linkat follow", linkat(AT_FDCWD, link_path, AT_FDCWD, to, AT_SYMLINK_FOLLOW));
	what("open nofollow", opened(open(link_path, O_RDONLY | O_NOFOLLOW)));
	what("open exclusive", opened(open(link_path, O_RDWR | O_CREAT | O_EXCL, 0600)));
	what("open create", opened(open(link_path, O_RDWR | O_CREAT, 0600)));
	what("mkdir", mkdir(link_path, 0700));
	what("mknod", mknod(link_path, S_IFREG | 0600, 0));
	what("symlink", symlink("x", link_path));
	what("rmdir", rmdir(link_path));
	what("open/", opened(open(slash, O_RDONLY)));
	what("unlink/", unlink(slash));
	what("rename/", rename(slash, to));
	met("unlink dir/", unlink(in(dir_link, "")));
	met("rmdir dir/", rmdir(in(dir_link, "")));
	met("rename dir/", rename(in(dir_link, ""), to));
	met("mkdir dir/", mkdir(in(dir_link, ""), 0700));
	met("lchown", lchown(link_path, getuid(), getgid()));
	met("lsetxattr", lsetxattr(link_path, "user.x", "x", 1, 0));
	met("utimensat", utimensat(AT_FDCWD, link_path, old, AT_SYMLINK_NOFOLLOW));
	lstat(link_path, &st);
	dprintf(1, "link's time %lld\n", (long long)st.st_mtime);
	stat(twin, &st);
	dprintf(1, "target's time %s\n", st.st_mtime == 2000 ? "changed" : "kept");
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	link_path = in(data, "link");
	dir_link = in(data, "dir-link");
	if (stat(secret, &secret_before) < 0)
		setup_failed("stat");
	if (symlink(is("own") ? "target" : secret, link_path) < 0 || symlink(hide, dir_link) < 0)
		setup_failed("symlink");
	if (is("own")) {
		own();
		done();
	}
	if (is("follow"))
		follow();
	else if (is("nofollow"))
		nofollow();
	else
		setup_failed("no subcase %s", subcase);
	finish();
}
