/*
 * A refusal must read as one. In a reply, error = +13 arrives in the
 * target as the return value 13: a success, and for openat a descriptor that
 * may happen to be open. The calls are made in assembly, so that no library
 * stands between the register and the check.
 */
#include "common.h"
#include "calls.h"

static long raw(long nr, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = 0;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* check counts everything that is not -errno as a win. */
static void check(const char *name, long ret)
{
	dprintf(1, "%s: %ld %s\n", name, ret,
		ret < 0 && ret >= -4095 ? strerrorname_np((int)-ret) : "success");
	attempts++;
	wins += ret >= 0 || ret < -4095;
}

static int exec_evil(void *path)
{
	char *args[] = { path, NULL };

	check("execve", raw(SYS_execve, (long)path, (long)args, 0, 0, 0));
	check("execveat", raw(SYS_execveat, AT_FDCWD, (long)path, (long)args, 0, 0));
	return wins != 0;
}

int main(int argc, char **argv)
{
	struct open_how how = { .flags = O_RDONLY };
	char params[120] = { 0 };
	long path, empty, fresh, victim, mine;

	begin(argc, argv);
	path = (long)secret;
	empty = (long)in(hide, "empty");
	fresh = (long)in(hide, "fresh");
	victim = (long)in(hide, "victim");
	mine = (long)in(data, "mine");
	check("named", raw(SYS_openat, AT_FDCWD, (long)in(hide, "named"), O_RDONLY, 0, 0));
	check("open", raw(SYS_open, path, O_RDONLY, 0, 0, 0));
	check("openat", raw(SYS_openat, AT_FDCWD, path, O_RDONLY, 0, 0));
	check("openat O_RDWR", raw(SYS_openat, AT_FDCWD, path, O_RDWR, 0, 0));
	check("openat2", raw(NR_openat2, AT_FDCWD, path, (long)&how, sizeof how, 0));
	check("creat", raw(SYS_creat, (long)in(hide, "created"), 0644, 0, 0, 0));
	check("openat O_TMPFILE", raw(SYS_openat, AT_FDCWD, (long)hide, O_TMPFILE | O_WRONLY, 0600, 0));
	check("mkdir", raw(SYS_mkdir, fresh, 0755, 0, 0, 0));
	raw(SYS_rmdir, fresh, 0, 0, 0, 0); /* natively, make room for the next */
	check("mkdirat", raw(SYS_mkdirat, AT_FDCWD, fresh, 0755, 0, 0));
	check("rmdir", raw(SYS_rmdir, empty, 0, 0, 0, 0));
	check("symlink", raw(SYS_symlink, path, (long)in(hide, "symlink"), 0, 0, 0));
	check("symlinkat", raw(SYS_symlinkat, path, AT_FDCWD, (long)in(hide, "symlinkat"), 0, 0));
	check("link", raw(SYS_link, path, mine, 0, 0, 0));
	check("linkat", raw(SYS_linkat, AT_FDCWD, path, AT_FDCWD, (long)in(data, "linkat"), 0));
	check("chmod", raw(SYS_chmod, path, 0644, 0, 0, 0));
	check("fchmodat", raw(SYS_fchmodat, AT_FDCWD, path, 0644, 0, 0));
	check("utimensat", raw(SYS_utimensat, AT_FDCWD, path, 0, 0, 0));
	check("setxattr", raw(SYS_setxattr, path, (long)"user.escape", (long)"x", 1, 0));
	check("truncate", raw(SYS_truncate, victim, 0, 0, 0, 0));
	check("rename", raw(SYS_rename, victim, (long)in(data, "moved"), 0, 0, 0));
	check("unlink", raw(SYS_unlink, (long)in(hide, "tagged"), 0, 0, 0, 0));
	check("unlinkat", raw(SYS_unlinkat, AT_FDCWD, (long)in(hide, "setuid"), 0, 0, 0));
	check("io_uring_setup", raw(SYS_io_uring_setup, 4, (long)params, 0, 0, 0));
	check("pidfd_getfd", raw(SYS_pidfd_getfd, raw(SYS_pidfd_open, getpid(), 0, 0, 0, 0), 1, 0, 0, 0));
	int status = spawn(exec_evil, in(hide, "prog"));
	note("execve in a child", !WIFEXITED(status) || WEXITSTATUS(status) != 0);
	finish();
}
