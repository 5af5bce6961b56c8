/*
 * The target dies in mid-call, or becomes another program.
 *
 * Children ask, from a second thread and without pause, for one file and for
 * the secret; they are killed in the middle of it, or their first thread
 * executes this program anew — same process, other memory, other question.
 * Nobody may ever hold a descriptor that was not asked for. Pids are not
 * made to wrap around: an exec gives the stale-memory case without it.
 */
#include "common.h"

enum { ROUNDS = 400, YIELDS = 8, REBORN_OPENS = 20 };

static struct {
	_Atomic long opened, leaked, crossed;
} *shared;

static char *even, *odd;

/* ask opens path, which must hold text, and counts what came. */
static int ask(const char *path, const char *text)
{
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC), right;

	if (fd < 0)
		return 0;
	right = starts(fd, text);
	close(fd);
	return right ? 1 : -1;
}

static void *ask_forever(void *unused)
{
	static char buffer[PATH_MAX];

	(void)unused;
	for (;;) {
		strcpy(buffer, even);
		int got = ask(buffer, "even");
		shared->opened += got > 0;
		shared->crossed += got < 0;
		strcpy(buffer, secret);
		shared->leaked += ask(buffer, "SECRET") > 0;
	}
	return NULL;
}

/* reborn is the program after the exec: exit status 0 for what it asked for
 * and nothing else, 50 for another's descriptor. */
static int reborn(void)
{
	static char buffer[PATH_MAX];

	for (int fd = 3; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return 50;
	for (int i = 0; i < REBORN_OPENS; i++) {
		strcpy(buffer, odd);
		int got = ask(buffer, "odd");
		if (got < 0)
			return 50;
		if (got == 0)
			return 51;
	}
	return 0;
}

static int child(void *round)
{
	char *args[] = { "reborn", (char *)secret, (char *)data, "reborn", NULL };
	long started = shared->opened;

	start(ask_forever, NULL);
	while (shared->opened == started)
		sched_yield();
	if (*(int *)round % 2 == 0)
		for (;;)
			pause();
	execv("/proc/self/exe", args);
	return 51;
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	even = in(data, "even");
	odd = in(data, "odd");
	if (is("reborn"))
		return reborn();
	write_file(even, "even", 0644);
	write_file(odd, "odd", 0644);
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		setup_failed("mmap");
	for (int round = 0; round < ROUNDS; round++) {
		long started = shared->opened;
		int status;
		pid_t pid = fork();

		if (pid < 0)
			setup_failed("fork");
		if (pid == 0)
			_exit(child(&round));
		if (round % 2 == 0) {
			while (shared->opened == started)
				sched_yield();
			/* A different moment of the call in every round. */
			for (int i = 0; i < round % YIELDS; i++)
				sched_yield();
			kill(pid, SIGKILL);
		}
		if (waitpid(pid, &status, 0) < 0)
			setup_failed("waitpid");
		if (WIFEXITED(status) && WEXITSTATUS(status) == 50)
			shared->crossed++;
		else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
			setup_failed("round %d: the child ended with %d", round, WEXITSTATUS(status));
		attempts++;
	}
	wins = shared->leaked + shared->crossed;
	dprintf(1, "opened %ld, secret %ld, crossed %ld\n", shared->opened, shared->leaked, shared->crossed);
	attempts += shared->opened;
	if (shared->opened == 0)
		setup_failed("no open ever succeeded");
	finish();
}
