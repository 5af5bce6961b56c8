/*
 * Processes whose parents are gone belong to whoever adopts them. A
 * supervisor that may only look into its descendants (Yama, ptrace_scope 1)
 * would lose them: they must go on working, and go on being held.
 */
#include "common.h"

static struct {
	_Atomic long wins, attempts;
} *shared;

static void *in_thread(void *result)
{
	*(int *)result = leaks(open(secret, O_RDONLY | O_CLOEXEC));
	return NULL;
}

static void ask(int got)
{
	shared->attempts++;
	shared->wins += got;
}

/* orphan asks once its parent is another one than the process that made it. */
static void orphan(pid_t parent, int said)
{
	int by_thread = 0;

	while (getppid() == parent)
		sched_yield();
	control();
	ask(leaks(open(secret, O_RDONLY | O_CLOEXEC)));
	ask(chdir(hide) == 0 && leaks(open("target", O_RDONLY | O_CLOEXEC)));
	pthread_join(start(in_thread, &by_thread), NULL);
	ask(by_thread);
	if (write(said, "x", 1) != 1)
		setup_failed("write");
}

/* generations forks so often; all but the last end at once. */
static void generations(int depth, int session, int said)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		setup_failed("fork");
	if (pid > 0)
		return;
	if (session)
		setsid();
	if (depth > 1) {
		generations(depth - 1, session, said);
		_exit(0);
	}
	orphan(parent, said);
	_exit(0);
}

static int family(void *arg)
{
	int *args = arg;

	generations(args[0], args[1], args[2]);
	return 0;
}

int main(int argc, char **argv)
{
	int said[2];
	char byte;

	begin(argc, argv);
	shared = counters(sizeof *shared);
	if (pipe(said) < 0)
		setup_failed("pipe");
	for (int depth = 1; depth <= 3; depth++)
		for (int session = 0; session < 2; session++) {
			int args[] = { depth, session, said[1] };

			spawn(family, args);
			if (read(said[0], &byte, 1) != 1)
				setup_failed("no orphan answers");
		}
	wins = shared->wins;
	attempts = shared->attempts;
	finish();
}
