/*
 * facts-attr: modes, owners, times and extended attributes, set in every way
 * there is.
 */
#include "facts.h"
#include <sys/time.h>
#include <sys/xattr.h>
#include <utime.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static void times(const char *name, const char *what, long r)
{
	struct stat st;

	lstat(name, &st);
	printf("%s: %s; %lld.%09ld %lld.%09ld\n", what, result(r), (long long)st.st_atim.tv_sec, st.st_atim.tv_nsec,
	       (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void case_times(void)
{
	const struct timespec set[] = { { 1000000000, 123456789 }, { 1100000000, 987654321 } };
	const struct timespec partly[] = { { 0, UTIME_OMIT }, { 1200000000, 1 } };
	const struct timespec omit[] = { { 0, UTIME_OMIT }, { 0, UTIME_OMIT } };
	const struct timespec bad[] = { { 1, 2000000000 }, { 1, 0 } };
	const struct timespec before[] = { { -1000, 5 }, { -2000, 6 } };
	const struct timeval micros[] = { { 1300000000, 7 }, { 1300000001, 999999 } };
	const struct timeval bad_micros[] = { { 1, 1000000 }, { 1, 0 } };
	const struct utimbuf seconds = { 1400000000, 1400000001 };
	int fd = open("file", O_RDONLY), dir = open(".", O_RDONLY), place = open("file", O_PATH);

	times("file", "utimensat", utimensat(AT_FDCWD, "file", set, 0));
	times("file", "through a link", utimensat(AT_FDCWD, "to-file", partly, 0));
	times("to-file", "the link itself", utimensat(AT_FDCWD, "to-file", set, AT_SYMLINK_NOFOLLOW));
	times("file", "unchanged", utimensat(AT_FDCWD, "file", omit, 0));
	times("file", "omit on nothing", utimensat(AT_FDCWD, "missing", omit, 0));
	times("file", "bad nanoseconds", utimensat(AT_FDCWD, "file", bad, 0));
	times("file", "before 1970", utimensat(AT_FDCWD, "file", before, 0));
	times("file", "futimens", futimens(fd, set));
	times("file", "futimens of O_PATH", futimens(place, partly));
	times("file", "futimens of a closed one", futimens(99, partly));
	times("file", "AT_EMPTY_PATH", utimensat(fd, "", partly, AT_EMPTY_PATH));
	times("file", "empty without the flag", utimensat(fd, "", set, 0));
	times("file", "relative to a directory", utimensat(dir, "file", set, 0));
	times("file", "unknown flag", utimensat(AT_FDCWD, "file", set, 0x4000));
	times("file", "NULL and a flag", syscall(SYS_utimensat, fd, NULL, set, AT_SYMLINK_NOFOLLOW));
	times("file", "NULL and no descriptor", syscall(SYS_utimensat, AT_FDCWD, NULL, set, 0));
	times("file", "utimes", utimes("file", micros));
	times("file", "utimes, bad", utimes("file", bad_micros));
	times("to-file", "lutimes", lutimes("to-file", micros));
	times("file", "futimesat", syscall(SYS_futimesat, dir, "file", micros));
	times("file", "futimesat NULL", syscall(SYS_futimesat, fd, NULL, micros));
	times("file", "utime", syscall(SYS_utime, "file", &seconds));
	times("full", "of a directory", utimensat(AT_FDCWD, "full", set, 0));
	must(utimensat(AT_FDCWD, "file", NULL, 0), "now");
	struct stat st;

	must(stat("file", &st), "stat");
	printf("now: %s\n", st.st_mtim.tv_sec > 1400000001 ? "later" : "not set");
	printf("dangling: %s\n", result(utimensat(AT_FDCWD, "dangling", set, 0)));
}

static void mode(const char *what, long r)
{
	printf("%s: %s\n", what, result(r));
	describe("file");
	describe("full");
	describe("to-file");
}

static void case_mode(void)
{
	int fd = open("file", O_RDWR), place = open("file", O_PATH), dir = open(".", O_RDONLY | O_DIRECTORY);
	int link = open("to-file", O_PATH | O_NOFOLLOW);

	mode("chmod", chmod("file", 0604));
	mode("chmod of a link", chmod("to-file", 0640));
	mode("chmod set-ID bits", chmod("file", 06755));
	mode("fchmod", fchmod(fd, 0600));
	mode("fchmod of O_PATH", fchmod(place, 0666));
	mode("fchmod of a closed one", fchmod(99, 0666));
	mode("fchmodat", fchmodat(dir, "file", 0611, 0));
	mode("fchmodat of a directory", fchmodat(dir, "full/", 02711, 0));
	mode("fchmodat2 nofollow", syscall(SYS_fchmodat2, AT_FDCWD, "file", 0622, AT_SYMLINK_NOFOLLOW));
	mode("fchmodat2 nofollow of a link", syscall(SYS_fchmodat2, AT_FDCWD, "to-file", 0600, AT_SYMLINK_NOFOLLOW));
	mode("fchmodat2 empty", syscall(SYS_fchmodat2, fd, "", 0633, AT_EMPTY_PATH));
	mode("fchmodat2 empty of O_PATH", syscall(SYS_fchmodat2, place, "", 0644, AT_EMPTY_PATH));
	mode("fchmodat2 empty of a link", syscall(SYS_fchmodat2, link, "", 0644, AT_EMPTY_PATH));
	mode("fchmodat2 unknown flag", syscall(SYS_fchmodat2, AT_FDCWD, "file", 0644, 0x8000));
	mode("chmod by /proc", chmod("/proc/self/fd/3", 0655));
	mode("high bits", syscall(SYS_chmod, "file", 0170644));
}

static void case_owner(void)
{
	unsigned uid = getuid(), gid = getgid(), other = uid == 0 ? 4321 : 0;
	int fd = open("file", O_RDWR), place = open("file", O_PATH);

	must(chmod("file", 06755), "chmod");
	mode("chown to oneself", chown("file", uid, gid));
	must(chmod("file", 06755), "chmod");
	mode("chown to another", chown("file", other, other));
	mode("chown of nothing", chown("file", ~0U, ~0U));
	mode("lchown of a link", lchown("to-file", uid == 0 ? 99 : uid, gid));
	mode("chown through a link", chown("to-file", uid == 0 ? 98 : uid, gid));
	mode("fchown", fchown(fd, uid, ~0U));
	mode("fchown of O_PATH", fchown(place, uid, gid));
	mode("fchownat empty", fchownat(fd, "", uid, gid, AT_EMPTY_PATH));
	mode("fchownat empty of O_PATH", fchownat(place, "", uid, gid, AT_EMPTY_PATH));
	mode("fchownat nofollow", fchownat(AT_FDCWD, "to-file", uid, gid, AT_SYMLINK_NOFOLLOW));
	mode("fchownat unknown flag", fchownat(AT_FDCWD, "file", uid, gid, 0x8000));
	mode("chown with a slash", chown("full/", uid, gid));
	mode("chown of a file with a slash", chown("file/", uid, gid));
}

static void attribute(const char *what, long r)
{
	char list[1024] = "", value[64] = "";
	ssize_t n = listxattr("file", list, sizeof(list)), v = getxattr("file", "user.a", value, sizeof(value) - 1);

	printf("%s: %s; %zd bytes of names, user.a %zd %s\n", what, result(r), n, v, value);
}

static void case_xattr(void)
{
	static char big[70000];
	int fd = open("file", O_RDWR), place = open("file", O_PATH);

	attribute("set", setxattr("file", "user.a", "one", 3, 0));
	attribute("create again", setxattr("file", "user.a", "two", 3, XATTR_CREATE));
	attribute("replace", setxattr("file", "user.a", "two", 3, XATTR_REPLACE));
	attribute("replace nothing", setxattr("file", "user.b", "two", 3, XATTR_REPLACE));
	attribute("through a link", setxattr("to-file", "user.a", "three", 5, 0));
	attribute("the link itself", lsetxattr("to-file", "user.a", "four", 4, 0));
	attribute("by descriptor", fsetxattr(fd, "user.a", "five", 4, 0));
	attribute("by O_PATH", fsetxattr(place, "user.a", "six", 3, 0));
	attribute("empty value", setxattr("file", "user.empty", "", 0, 0));
	attribute("null value", setxattr("file", "user.null", NULL, 0, 0));
	attribute("bad flags", setxattr("file", "user.a", "x", 1, 7));
	attribute("no name", setxattr("file", "", "x", 1, 0));
	attribute("no prefix", setxattr("file", "name", "x", 1, 0));
	attribute("trusted", setxattr("file", "trusted.a", "x", 1, 0));
	memset(big, 'n', sizeof(big) - 1);
	attribute("too long a name", setxattr("file", big, "x", 1, 0));
	attribute("too big", setxattr("file", "user.big", big, sizeof(big), 0));
	attribute("missing file", setxattr("missing", "user.a", "x", 1, 0));
	attribute("remove", removexattr("file", "user.a"));
	attribute("remove again", removexattr("file", "user.a"));
	attribute("remove through a link", removexattr("to-file", "user.empty"));
	attribute("remove of the link", lremovexattr("to-file", "user.null"));
	attribute("remove by descriptor", fremovexattr(fd, "user.null"));
	if (geteuid() == 0)
		attribute("remove trusted", removexattr("file", "trusted.a"));
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } cases[] = {
		{ "times", case_times }, { "mode", case_mode }, { "owner", case_owner }, { "xattr", case_xattr },
	};

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	umask(022);
	build();
	for (size_t i = 0; i < COUNT(cases); i++)
		if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			return 0;
		}
	return 64;
}
