/*
 * storm: starts N short-lived processes, a few at a time. Waits for a line on
 * standard input after the first tenth and after the last, so that somebody
 * can look at the supervisor meanwhile.
 *
 * usage: storm N PROGRAM
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int failed;

static void reap(void)
{
	int status;

	if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		failed++;
}

static void start(char *program)
{
	pid_t pid = fork();

	if (pid == 0) {
		char *argv[] = { program, NULL };

		execv(program, argv);
		_exit(errno);
	}
	if (pid < 0)
		failed++;
}

static void pause_here(int started)
{
	char line[8];

	printf("%d started, %d failed\n", started, failed);
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL)
		exit(2);
}

int main(int argc, char **argv)
{
	enum { AT_ONCE = 6 };

	if (argc != 3)
		return 64;
	int n = atoi(argv[1]);

	for (int i = 1; i <= n; i++) {
		start(argv[2]);
		if (i >= AT_ONCE)
			reap();
		if (i == n / 10) {
			for (int j = 1; j < AT_ONCE; j++)
				reap();
			pause_here(i);
			for (int j = 1; j < AT_ONCE; j++, i++)
				start(argv[2]);
		}
	}
	while (wait(NULL) > 0)
		;
	pause_here(n);
	return failed != 0;
}
