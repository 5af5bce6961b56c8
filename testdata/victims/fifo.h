/* What the cases of fifo.c are made of: a child that opens a FIFO, signals with
 * a handler, and an end that is told of. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What parent and children tell each other; children count at the same time. */
static struct { atomic_int opening, caught; } *shared;

static void die(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static void nap(void)
{
	struct timespec t = { 0, 1000000 };

	nanosleep(&t, NULL);
}

static void on_signal(int sig)
{
	(void)sig;
	atomic_fetch_add(&shared->caught, 1);
}

static void handle(int sig, int flags)
{
	struct sigaction a = { .sa_handler = on_signal, .sa_flags = flags };

	sigaction(sig, &a, NULL);
}

/* reader opens the FIFO for reading in a child, which ends with the number of
 * bytes it read, or 100 plus the errno of the open. */
static pid_t reader(const char *name, int sig, int flags)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (sig != 0)
		handle(sig, flags);
	atomic_fetch_add(&shared->opening, 1);
	int fd = open(name, O_RDONLY);

	if (fd < 0)
		_exit(100 + errno);
	char text[64];
	int n = 0, got;

	while ((got = (int)read(fd, text + n, sizeof(text) - (size_t)n)) > 0)
		n += got;
	_exit(n);
}

static void started(int n)
{
	while (shared->opening < n)
		nap();
}

static void say_end(const char *who, pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	if (WIFSIGNALED(status))
		printf("%s killed by signal %d\n", who, WTERMSIG(status));
	else if (WEXITSTATUS(status) > 100)
		printf("%s failed: %s\n", who, strerror(WEXITSTATUS(status) - 100));
	else
		printf("%s read %d bytes\n", who, WEXITSTATUS(status));
}

static void feed(const char *name)
{
	int fd = open(name, O_WRONLY);

	if (fd < 0)
		die("open for writing");
	if (write(fd, "hello", 5) != 5)
		die("write");
	close(fd);
}
