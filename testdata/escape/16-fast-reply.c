/*
 * A signal comes at the moment of the answer. Some kernels then lose the
 * answer, and the program gets another errno, a descriptor that is none, or
 * nothing at all. Whatever comes, it must be the answer to this call.
 */
#include "common.h"

enum { ROUNDS = 15000 };

static struct {
	_Atomic int over;
} *shared;
static volatile sig_atomic_t signals;

static void handle(int sig)
{
	(void)sig;
	signals++;
}

static pid_t bombard(void)
{
	pid_t here = getpid(), pid = fork();

	if (pid < 0)
		setup_failed("fork");
	if (pid == 0) {
		while (!shared->over && getppid() == here)
			kill(here, SIGUSR1);
		_exit(0);
	}
	return pid;
}

/* wrong says whether an allowed open yields anything but its file. */
static int wrong_file(void)
{
	int fd = open(twin, O_RDONLY | O_CLOEXEC), right;

	if (fd < 0)
		return 1;
	right = fd > 2 && starts(fd, "allowed");
	close(fd);
	return !right;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };
	long files = 0, errnos = 0, secrets = 0, other = 0;
	char *missing;
	pid_t pid;

	begin(argc, argv);
	missing = in(data, "missing");
	shared = counters(sizeof *shared);
	sigaction(SIGUSR1, &action, NULL);
	pid = bombard();
	for (int i = 0; i < ROUNDS; i++) {
		int fd;

		files += wrong_file();
		errnos += open(missing, O_RDONLY) != -1 || errno != ENOENT;
		fd = open(secret, O_RDONLY | O_CLOEXEC);
		other += fd < 0 && errno != EACCES;
		secrets += leaks(fd);
		attempts++;
	}
	shared->over = 1;
	waitpid(pid, NULL, 0);
	if (signals == 0)
		setup_failed("no signal came");
	dprintf(1, "wrong files %ld, wrong errnos %ld, other refusals %ld\n", files, errnos, other);
	wins = secrets + files + errnos + other;
	finish();
}
