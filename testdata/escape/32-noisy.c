/*
 * Many processes make calls that are refused, as fast as they can. One among
 * them works on quietly, and asks for one thing that it may not have: its work
 * gets done, and its refusal is not lost among the others.
 */
#include "common.h"

enum { NOISY = 8, WORK = 300, SHARE = 20 };

static struct {
	_Atomic int over;
	_Atomic long calls, leaked;
} *shared;

static int noise(void *unused)
{
	char *born = in(hide, "born");

	(void)unused;
	while (!shared->over) {
		shared->leaked += leaks(open(secret, O_RDONLY | O_CLOEXEC));
		shared->leaked += close(open(born, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0;
		shared->calls += 2;
	}
	return 0;
}

int main(int argc, char **argv)
{
	pid_t pids[NOISY];
	char *victim;
	long before;

	begin(argc, argv);
	victim = in(hide, "victim");
	shared = counters(sizeof *shared);
	for (int i = 0; i < NOISY; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			setup_failed("fork");
		if (pids[i] == 0)
			_exit(noise(NULL));
	}
	while (shared->calls < NOISY)
		sched_yield();
	before = shared->calls;
	for (int i = 0; i < WORK; i++)
		control();
	long noise_made = shared->calls - before;
	note("the quiet one", unlink(victim) == 0);
	if (!exists(victim))
		write_file(victim, "victim", 0644);
	shared->over = 1;
	for (int i = 0; i < NOISY; i++)
		waitpid(pids[i], NULL, 0);
	unlink(in(hide, "born"));
	dprintf(1, "%ld calls of the others in the time of %d\n", noise_made, WORK);
	/* Everybody's share would be WORK; the kernel's own scheduler is not
	 * exactly fair either. */
	if (noise_made > (long)SHARE * NOISY * WORK)
		setup_failed("the quiet one starved");
	wins += shared->leaked;
	attempts += shared->calls;
	finish();
}
