/*
 * The child of the prober: a constructor, so that it runs before Go's
 * runtime. Its openat(2) and getppid(2) are notified; it makes the one as a
 * program would, and reports by means of the other.
 */
#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile sig_atomic_t handled;

static void handle(int sig)
{
	(void)sig;
	handled++;
}

static long report(long step, long outcome)
{
	return syscall(SYS_getppid, step, outcome, 0L, 0L, 0L, 0L);
}

/* open_and_read opens a path that leads nowhere: what it reads can only have
 * been injected. */
static long open_and_read(void)
{
	char buf[sizeof(PROBE_TEXT)] = { 0 };
	long fd = syscall(SYS_openat, AT_FDCWD, PROBE_PATH, O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	if (read((int)fd, buf, sizeof(buf)) < 0)
		return errno;
	close((int)fd);
	return strcmp(buf, PROBE_TEXT) == 0 ? 0 : EBADMSG;
}

static long be_signalled(void)
{
	struct sigaction act = { .sa_handler = handle };

	if (sigaction(SIGUSR1, &act, NULL) != 0)
		return errno;
	if (report(PROBE_SIGNALLED, 0) != PROBE_ANSWER)
		return EINTR;
	return handled == 1 ? 0 : EBADMSG;
}

static void run_child(pid_t prober)
{
	static const char text[] = PROBE_TEXT;

	report(PROBE_MEMORY, (long)text);
	report(PROBE_ADDFD, open_and_read());
	report(PROBE_ADDFD_SEND, open_and_read());
	report(PROBE_SIGNAL, be_signalled());
	report(PROBE_SCOPE, kill(prober, 0) == 0 ? 0 : errno);
	_exit(0);
}

__attribute__((constructor)) static void probe_constructor(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[0], PROBE_ARGV0) == 0)
		run_child(atoi(argv[1]));
}
