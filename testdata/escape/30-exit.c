/*
 * Ends of processes that look like the end of everything, or do not look like
 * one: children that die in the middle of their calls ("killed"), and a leader
 * that ends before its threads ("leader").
 */
#include "common.h"

enum { ROUNDS = 300, STATUS = 7 };

static pthread_t leader;

static int opens(void)
{
	int fd = open(twin, O_RDONLY | O_CLOEXEC), right;

	if (fd < 0)
		return 0;
	right = starts(fd, "allowed");
	close(fd);
	return right;
}

static void *open_forever(void *unused)
{
	for (;;)
		opens();
	return unused;
}

static void killed(void)
{
	int right = 0, dead = 0;

	for (int i = 0; i < ROUNDS; i++) {
		int ready[2], status;
		char byte;

		if (pipe(ready) < 0)
			setup_failed("pipe");
		pid_t pid = fork();
		if (pid < 0)
			setup_failed("fork");
		if (pid == 0) {
			start(open_forever, NULL);
			opens();
			if (write(ready[1], "r", 1) != 1)
				_exit(1);
			open_forever(NULL);
		}
		if (read(ready[0], &byte, 1) != 1)
			setup_failed("the child does not open");
		for (int j = 0; j < i % 8; j++)
			sched_yield();
		kill(pid, SIGKILL);
		right += opens();
		waitpid(pid, &status, 0);
		dead += WIFSIGNALED(status);
		right += opens();
		close(ready[0]);
		close(ready[1]);
		attempts++;
	}
	dprintf(1, "%d of %d killed, %d of %d opens\n", dead, ROUNDS, right, 2 * ROUNDS);
}

static void *survivor(void *unused)
{
	int right = 0;

	(void)unused;
	pthread_join(leader, NULL);
	for (int i = 0; i < ROUNDS; i++)
		right += opens();
	dprintf(1, "%d of %d opens without a leader\nDONE %d\n", right, ROUNDS, ROUNDS);
	_exit(STATUS);
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (is("killed")) {
		killed();
		done();
	}
	if (!is("leader"))
		setup_failed("no subcase %s", subcase);
	leader = pthread_self();
	start(survivor, NULL);
	pthread_exit(NULL);
}
