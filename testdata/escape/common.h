/*
 * Small helpers shared by the escape programs.
 *
 * Every program is called as
 *
 *	prog SECRET DATA [SUBCASE]
 *
 * SECRET is a file whose content starts with "SECRET", in a directory that
 * the rules do not name ("hide"). DATA is a directory that the rules open
 * wholly ("data"); it holds a file of the same name as the secret whose
 * content starts with "allowed". Beside them lies "read", which the rules
 * open for reading only. The three names are equally long so that one path
 * turns into another by overwriting four bytes.
 *
 * The last line is "ESCAPED wins/attempts" or "HELD 0/attempts"; the exit
 * status 0 if it got out, 1 if it was held, 2 if it could not even try.
 *
 * Where nothing is to be won, only broken, a program says what it met, and its
 * last line is "DONE attempts": all it says must be the same natively and
 * under the broker.
 */
#ifndef ESCAPE_COMMON_H
#define ESCAPE_COMMON_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *secret, *data, *subcase = "";
static char *twin, *hide, *readonly;
static long wins, attempts;

/* setup_failed ends the program: whatever it wanted to prove, it did not. */
__attribute__((noreturn, format(printf, 1, 2)))
static inline void setup_failed(const char *format, ...)
{
	char line[2 * PATH_MAX];
	int err = errno;
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	dprintf(1, "SETUP %s (errno %s)\n", line, strerrorname_np(err));
	_exit(2);
}

/* in returns "dir/name" in memory that is never freed. */
static inline char *in(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		setup_failed("asprintf");
	return path;
}

/* starts says whether the file behind fd begins with text. It takes a
 * descriptor of any kind and leaves its offset alone. */
static inline int starts(int fd, const char *text)
{
	char buf[16] = "";

	if (pread(fd, buf, sizeof buf - 1, 0) < 0)
		return 0;
	return strncmp(buf, text, strlen(text)) == 0;
}

/* leaks says whether fd (which may be an error) gives the secret away; it
 * closes fd and keeps errno. */
static inline int leaks(int fd)
{
	int err = errno, leaked;

	if (fd < 0)
		return 0;
	leaked = starts(fd, "SECRET");
	close(fd);
	errno = err;
	return leaked;
}

/* file_leaks opens a path that the rules allow and looks for the secret. */
static inline int file_leaks(const char *path)
{
	return leaks(open(path, O_RDONLY | O_CLOEXEC));
}

/* note counts one attempt and says how it went. Call it with errno as the
 * attempt left it. */
static inline void note(const char *name, int won)
{
	int err = errno;

	attempts++;
	wins += won != 0;
	dprintf(1, "%s: %s errno=%s\n", name, won ? "out" : "held",
		won ? "0" : strerrorname_np(err));
}

/* control proves that the program can read what it may read; being held is
 * worth nothing from a supervisor that refuses everything. */
static inline void control(void)
{
	int fd = open(twin, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || !starts(fd, "allowed"))
		setup_failed("control: %s is not readable", twin);
	close(fd);
}

/* begin reads the command line and checks the control. */
static inline void begin(int argc, char **argv)
{
	char *root, *slash;

	if (argc < 3 || argv[1][0] != '/' || argv[2][0] != '/')
		setup_failed("usage: %s /abs/SECRET /abs/DATA [SUBCASE]", argv[0]);
	secret = argv[1];
	data = argv[2];
	if (argc > 3)
		subcase = argv[3];
	twin = in(data, strrchr(secret, '/') + 1);
	hide = strdup(secret);
	*strrchr(hide, '/') = 0;
	root = strdup(data);
	slash = strrchr(root, '/');
	*slash = 0;
	readonly = in(root, "read");
	control();
}

/* finish prints the verdict and exits with it. */
__attribute__((noreturn)) static inline void finish(void)
{
	if (attempts == 0)
		setup_failed("nothing was tried");
	dprintf(1, "%s %ld/%ld\n", wins ? "ESCAPED" : "HELD", wins, attempts);
	_exit(wins ? 0 : 1);
}

/* done ends a program that only says what it met. */
__attribute__((noreturn)) static inline void done(void)
{
	if (attempts == 0)
		setup_failed("nothing was tried");
	dprintf(1, "DONE %ld\n", attempts);
	_exit(0);
}

/* met says what one call came to: ok or the errno. */
static inline void met(const char *name, long result)
{
	int err = errno;

	attempts++;
	dprintf(1, "%s: %s\n", name, result < 0 ? strerrorname_np(err) : "ok");
}

/* counters returns memory that children share with this process. */
static inline void *counters(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		setup_failed("mmap");
	return memory;
}

static inline int is(const char *name)
{
	return strcmp(subcase, name) == 0;
}

static inline int exists(const char *path)
{
	struct stat st;
	int err = errno, found = lstat(path, &st) == 0;

	errno = err;
	return found;
}

/* write_file creates a small file where the rules allow it. */
static inline void write_file(const char *path, const char *text, int mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		setup_failed("writing %s", path);
	close(fd);
}

/* spawn runs fn in a child and returns its wait status. */
static inline int spawn(int (*fn)(void *), void *arg)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		setup_failed("fork");
	if (pid == 0)
		_exit(fn(arg));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			setup_failed("waitpid");
	return status;
}

/* lose_supervisor kills the parent. Where that is refused, whoever started
 * both is asked to: what a target does without its supervisor must not depend
 * on who killed it. A process closes its descriptors, a listener among them,
 * before its pidfd tells of its end. */
static inline void lose_supervisor(pid_t supervisor)
{
	struct pollfd gone = { .events = POLLIN };

	gone.fd = (int)syscall(SYS_pidfd_open, supervisor, 0);
	if (gone.fd < 0)
		setup_failed("pidfd_open");
	dprintf(1, "killing the supervisor\n");
	if (kill(supervisor, SIGKILL) < 0)
		dprintf(1, "kill: errno=%s\nplease kill the supervisor\n", strerrorname_np(errno));
	if (poll(&gone, 1, 60 * 1000) != 1)
		setup_failed("the supervisor lives on");
	close(gone.fd);
}

/* supervisor_pid is the parent, if it is there to be attacked. */
static inline pid_t supervisor_pid(void)
{
	pid_t pid = getppid();

	if (!getenv("ESCAPE_SUPERVISED"))
		setup_failed("ESCAPE_SUPERVISED is not set: the parent may be your shell");
	if (pid <= 1)
		setup_failed("no supervisor");
	return pid;
}

/* start begins a thread; a program without its second thread proves nothing. */
static inline pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, fn, arg);

	if (err) {
		errno = err;
		setup_failed("pthread_create");
	}
	return thread;
}

#endif
