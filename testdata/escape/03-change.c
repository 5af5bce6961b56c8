/*
 * Calls that change what the rules do not let it change: names in the
 * hidden directory, and the attributes of files — by path, and through a
 * descriptor that was opened only for reading. One subcase each; a win is
 * seen in the file system, not taken from the return value.
 */
#include "common.h"
#include "calls.h"
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <utime.h>

static char *fresh;    /* a name in the hidden directory that is not there yet */
static char *readable; /* a file that may be read, not changed */

static struct stat stat_of(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		setup_failed("lstat %s", path);
	return st;
}

static int mode_changed(const char *path)
{
	return (stat_of(path).st_mode & 07777) == 0600;
}

static int time_changed(const char *path)
{
	return stat_of(path).st_mtim.tv_sec == 12345;
}

static int has_xattr(const char *path)
{
	int err = errno, has = getxattr(path, "user.escape", NULL, 0) >= 0;

	errno = err;
	return has;
}

static int open_readable(void)
{
	int fd = open(readable, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		setup_failed("open %s", readable);
	return fd;
}

static const struct timespec times[2] = { { 12345, 0 }, { 12345, 0 } };
static const struct timeval timevals[2] = { { 12345, 0 }, { 12345, 0 } };

/* Names. */
static int by_mkdir(void) { syscall(SYS_mkdir, fresh, 0755); return exists(fresh); }
static int by_mkdirat(void) { syscall(SYS_mkdirat, AT_FDCWD, fresh, 0755); return exists(fresh); }
static int by_mknod(void) { syscall(SYS_mknod, fresh, S_IFIFO | 0644, 0); return exists(fresh); }
static int by_mknodat(void) { syscall(SYS_mknodat, AT_FDCWD, fresh, S_IFREG | 0644, 0); return exists(fresh); }
static int by_symlink(void) { syscall(SYS_symlink, "x", fresh); return exists(fresh); }
static int by_symlinkat(void) { syscall(SYS_symlinkat, "x", AT_FDCWD, fresh); return exists(fresh); }
static int by_link_into(void) { syscall(SYS_link, twin, fresh); return exists(fresh); }
static int by_rename_into(void) { syscall(SYS_rename, twin, fresh); return exists(fresh); }
static int by_unlink(void) { syscall(SYS_unlink, secret); return !exists(secret); }
static int by_unlinkat(void) { syscall(SYS_unlinkat, AT_FDCWD, secret, 0); return !exists(secret); }
static int by_rmdir(void) { char *d = in(hide, "empty"); syscall(SYS_rmdir, d); return !exists(d); }

static int by_bind(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* sun_path is short: reach the directory through the working directory. */
	if (chdir(hide) < 0)
		setup_failed("chdir %s", hide);
	strcpy(at.sun_path, "fresh");
	if (fd >= 0)
		bind(fd, (struct sockaddr *)&at, sizeof at);
	return exists(fresh);
}

/* Content and attributes by path. */
static int by_truncate(void) { syscall(SYS_truncate, secret, 0L); return stat_of(secret).st_size == 0; }
static int by_chmod(void) { syscall(SYS_chmod, secret, 0600); return mode_changed(secret); }
static int by_fchmodat(void) { syscall(SYS_fchmodat, AT_FDCWD, secret, 0600); return mode_changed(secret); }
static int by_fchmodat2(void) { syscall(NR_fchmodat2, AT_FDCWD, secret, 0600, 0); return mode_changed(secret); }
static int by_utime(void) { struct utimbuf t = { 12345, 12345 }; syscall(SYS_utime, secret, &t); return time_changed(secret); }
static int by_utimes(void) { syscall(SYS_utimes, secret, timevals); return time_changed(secret); }
static int by_futimesat(void) { syscall(SYS_futimesat, AT_FDCWD, secret, timevals); return time_changed(secret); }
static int by_utimensat(void) { syscall(SYS_utimensat, AT_FDCWD, secret, times, 0); return time_changed(secret); }
static int by_setxattr(void) { syscall(SYS_setxattr, secret, "user.escape", "x", 1, 0); return has_xattr(secret); }
static int by_lsetxattr(void) { syscall(SYS_lsetxattr, secret, "user.escape", "x", 1, 0); return has_xattr(secret); }

/* A chown to oneself is permitted to everybody and clears the set-user-ID bit. */
static int setuid_lost(const char *path) { return !(stat_of(path).st_mode & S_ISUID); }
static int by_chown(void) { char *f = in(hide, "setuid"); syscall(SYS_chown, f, getuid(), getgid()); return setuid_lost(f); }
static int by_lchown(void) { char *f = in(hide, "setuid"); syscall(SYS_lchown, f, getuid(), getgid()); return setuid_lost(f); }
static int by_fchownat(void) { char *f = in(hide, "setuid"); syscall(SYS_fchownat, AT_FDCWD, f, getuid(), getgid(), 0); return setuid_lost(f); }

static int by_setxattrat(void)
{
	struct xattr_args_v0 args = { .value = (uintptr_t)"x", .size = 1 };

	syscall(NR_setxattrat, AT_FDCWD, secret, 0, "user.escape", &args, sizeof args);
	return has_xattr(secret);
}

/* The hidden file "tagged" comes with the attribute. */
static int tag_lost(long unused) { (void)unused; return !has_xattr(in(hide, "tagged")); }
static int by_removexattr(void) { return tag_lost(syscall(SYS_removexattr, in(hide, "tagged"), "user.escape")); }
static int by_lremovexattr(void) { return tag_lost(syscall(SYS_lremovexattr, in(hide, "tagged"), "user.escape")); }
static int by_removexattrat(void) { return tag_lost(syscall(NR_removexattrat, AT_FDCWD, in(hide, "tagged"), 0, "user.escape")); }

static int nodump_set(const char *path)
{
	struct statx stx;

	if (statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &stx) < 0)
		setup_failed("statx %s", path);
	return (stx.stx_attributes & STATX_ATTR_NODUMP) != 0;
}

static int by_file_setattr(void)
{
	struct file_attr_v0 attr = { .xflags = FS_XFLAG_NODUMP };

	syscall(NR_file_setattr, AT_FDCWD, secret, &attr, sizeof attr, 0);
	return nodump_set(secret);
}

/* Attributes through a descriptor: none of these asks for write access. */
static int by_fchmod(void) { syscall(SYS_fchmod, open_readable(), 0600); return mode_changed(readable); }
static int by_futimens(void) { syscall(SYS_utimensat, open_readable(), NULL, times, 0); return time_changed(readable); }
static int by_fsetxattr(void) { syscall(SYS_fsetxattr, open_readable(), "user.escape", "x", 1, 0); return has_xattr(readable); }

static int by_fchown(void)
{
	char *file = in(readonly, "setuid");
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		setup_failed("open %s", file);
	syscall(SYS_fchown, fd, getuid(), getgid());
	return setuid_lost(file);
}

static int by_fremovexattr(void)
{
	char *file = in(readonly, "tagged");
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		setup_failed("open %s", file);
	syscall(SYS_fremovexattr, fd, "user.escape");
	return !has_xattr(file);
}

static int by_setflags(void)
{
	int fd = open_readable(), flags = FS_NODUMP_FL;

	syscall(SYS_ioctl, fd, FS_IOC_SETFLAGS, &flags);
	return nodump_set(readable);
}

/* The command is an unsigned int to the kernel. */
static int by_setflags_high(void)
{
	int fd = open_readable(), flags = FS_NODUMP_FL;

	syscall(SYS_ioctl, fd, 0xdeadbeef00000000 | FS_IOC_SETFLAGS, &flags);
	return nodump_set(readable);
}

static int by_fssetxattr(void)
{
	struct fsxattr attr = { .fsx_xflags = FS_XFLAG_NODUMP };

	syscall(SYS_ioctl, open_readable(), FS_IOC_FSSETXATTR, &attr);
	return nodump_set(readable);
}

static const struct {
	const char *name;
	int (*attempt)(void);
} calls[] = {
	{ "mkdir", by_mkdir }, { "mkdirat", by_mkdirat },
	{ "mknod", by_mknod }, { "mknodat", by_mknodat },
	{ "symlink", by_symlink }, { "symlinkat", by_symlinkat },
	{ "link-into", by_link_into }, { "rename-into", by_rename_into },
	{ "unlink", by_unlink }, { "unlinkat", by_unlinkat }, { "rmdir", by_rmdir },
	{ "bind", by_bind }, { "truncate", by_truncate },
	{ "chmod", by_chmod }, { "fchmodat", by_fchmodat }, { "fchmodat2", by_fchmodat2 },
	{ "chown", by_chown }, { "lchown", by_lchown }, { "fchownat", by_fchownat },
	{ "utime", by_utime }, { "utimes", by_utimes },
	{ "futimesat", by_futimesat }, { "utimensat", by_utimensat },
	{ "setxattr", by_setxattr }, { "lsetxattr", by_lsetxattr }, { "setxattrat", by_setxattrat },
	{ "removexattr", by_removexattr }, { "lremovexattr", by_lremovexattr },
	{ "removexattrat", by_removexattrat }, { "file_setattr", by_file_setattr },
	{ "fchmod", by_fchmod }, { "fchown", by_fchown }, { "futimens", by_futimens },
	{ "fsetxattr", by_fsetxattr }, { "fremovexattr", by_fremovexattr },
	{ "ioctl-setflags", by_setflags }, { "ioctl-setflags-high-bits", by_setflags_high },
	{ "ioctl-fssetxattr", by_fssetxattr },
};

int main(int argc, char **argv)
{
	begin(argc, argv);
	fresh = in(hide, "fresh");
	readable = in(readonly, "target");
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		if (!is(calls[i].name))
			continue;
		errno = 0;
		note(calls[i].name, calls[i].attempt());
		finish();
	}
	setup_failed("no subcase %s", subcase);
}
