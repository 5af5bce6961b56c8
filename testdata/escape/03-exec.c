/*
 * Ways to run a program that the rules do not let it run. A win is the
 * exit status 42 of hide/prog. One subcase each.
 */
#include "common.h"

static char *evil, *good;

static char *no_env[] = { NULL };

static int by_execve(void *unused)
{
	char *args[] = { evil, NULL };

	(void)unused;
	syscall(SYS_execve, evil, args, no_env);
	return errno;
}

static int by_execveat(void *unused)
{
	char *args[] = { evil, NULL };

	(void)unused;
	syscall(SYS_execveat, AT_FDCWD, evil, args, no_env, 0);
	return errno;
}

/* by_dirfd reaches it from a directory that may be opened. */
static int by_dirfd(void *unused)
{
	char *args[] = { evil, NULL };
	int dir = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)unused;
	syscall(SYS_execveat, dir, "../hide/prog", args, no_env, 0);
	return errno;
}

static int by_fd(void *unused)
{
	char *args[] = { evil, NULL };
	int fd = open(evil, O_PATH | O_CLOEXEC);

	(void)unused;
	if (fd < 0)
		return errno;
	syscall(SYS_execveat, fd, "", args, no_env, AT_EMPTY_PATH);
	return errno;
}

/* The next three run what may be read, but not executed. */
static int open_readable(void)
{
	int fd = open(in(readonly, "prog"), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		setup_failed("open %s/prog", readonly);
	return fd;
}

static int by_readable(void *unused)
{
	char *args[] = { evil, NULL };

	(void)unused;
	syscall(SYS_execve, in(readonly, "prog"), args, no_env);
	return errno;
}

static int by_readable_fd(void *unused)
{
	char *args[] = { evil, NULL };

	(void)unused;
	syscall(SYS_execveat, open_readable(), "", args, no_env, AT_EMPTY_PATH);
	return errno;
}

static int by_readable_proc(void *unused)
{
	char *args[] = { evil, NULL }, path[64];

	(void)unused;
	snprintf(path, sizeof path, "/proc/self/fd/%d", open_readable());
	syscall(SYS_execve, path, args, no_env);
	return errno;
}

static int by_symlink(void *unused)
{
	char *args[] = { evil, NULL }, *link = in(data, "link");

	(void)unused;
	if (symlink(evil, link) < 0)
		setup_failed("symlink %s", link);
	syscall(SYS_execve, link, args, no_env);
	return errno;
}

/* by_shebang starts a script that may be run; its interpreter may not. */
static int by_shebang(void *unused)
{
	char *script = in(data, "script"), *args[] = { script, NULL }, *text;

	(void)unused;
	if (asprintf(&text, "#! %s\n", evil) < 0)
		setup_failed("asprintf");
	write_file(script, text, 0755);
	syscall(SYS_execve, script, args, no_env);
	return errno;
}

/* by_shebang_twice puts a permitted script between. */
static int by_shebang_twice(void *unused)
{
	char *inner = in(data, "inner"), *outer = in(data, "outer"), *args[] = { outer, NULL }, *text;

	(void)unused;
	if (asprintf(&text, "#!%s\n", evil) < 0)
		setup_failed("asprintf");
	write_file(inner, text, 0755);
	if (asprintf(&text, "#!%s x\n", inner) < 0)
		setup_failed("asprintf");
	write_file(outer, text, 0755);
	syscall(SYS_execve, outer, args, no_env);
	return errno;
}

/* by_loader has the dynamic loader, which may be run, map it: no exec call
 * ever names it. */
static int by_loader(void *unused)
{
	char *loader = "/lib64/ld-linux-x86-64.so.2", *args[] = { loader, evil, NULL };

	(void)unused;
	syscall(SYS_execve, loader, args, no_env);
	return errno;
}

/* by_memfd runs an image that no path names: our own, which then answers to
 * the subcase "image". */
static int by_memfd(void *unused)
{
	char *args[] = { "image", (char *)secret, (char *)data, "image", NULL };
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), fd = memfd_create("image", MFD_CLOEXEC);
	char buf[65536];
	ssize_t n;

	(void)unused;
	if (self < 0)
		setup_failed("open /proc/self/exe");
	if (fd < 0)
		return errno;
	while ((n = read(self, buf, sizeof buf)) > 0)
		if (write(fd, buf, n) != n)
			setup_failed("writing the image");
	syscall(SYS_execveat, fd, "", args, no_env, AT_EMPTY_PATH);
	return errno;
}

static const struct {
	const char *name;
	int (*attempt)(void *);
} calls[] = {
	{ "execve", by_execve },
	{ "execveat", by_execveat },
	{ "execveat-dirfd", by_dirfd },
	{ "execveat-fd", by_fd },
	{ "execve-readable", by_readable },
	{ "execveat-readable-fd", by_readable_fd },
	{ "execve-readable-proc", by_readable_proc },
	{ "execve-symlink", by_symlink },
	{ "shebang", by_shebang },
	{ "shebang-twice", by_shebang_twice },
	{ "ld-so", by_loader },
	{ "memfd", by_memfd },
};

static int run_good(void *unused)
{
	char *args[] = { good, NULL };

	(void)unused;
	execve(good, args, no_env);
	return errno;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[3], "image") == 0)
		return 42;
	begin(argc, argv);
	evil = in(hide, "prog");
	good = in(data, "prog");
	if (spawn(run_good, NULL) != 0)
		setup_failed("control: %s does not run", good);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		if (!is(calls[i].name))
			continue;
		int status = spawn(calls[i].attempt, NULL);
		int code = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;

		errno = code;
		note(calls[i].name, WIFEXITED(status) && code == 42);
		finish();
	}
	setup_failed("no subcase %s", subcase);
}
