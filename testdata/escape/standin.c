/*
 * Stands where the supervisor stands when a program is run natively: its
 * parent, of the same user, holding the secret in its memory, its
 * environment and at descriptor 5. Called as "standin PROG SECRET DATA …";
 * it exits as the program does, 128+n for a signal.
 */
#include "common.h"

static char token[64];

int main(int argc, char **argv)
{
	char address[32];
	int fd, status;
	pid_t pid;

	if (argc < 3)
		setup_failed("usage: %s PROG SECRET DATA [SUBCASE]", argv[0]);
	fd = open(argv[2], O_RDONLY);
	if (fd < 0 || read(fd, token, sizeof token - 1) <= 0 || dup2(fd, 5) < 0)
		setup_failed("reading %s", argv[2]);
	if (fd != 5)
		close(fd);
	snprintf(address, sizeof address, "%p", (void *)token);
	setenv("ESCAPE_ADDRESS", address, 1);
	pid = fork();
	if (pid < 0)
		setup_failed("fork");
	if (pid == 0) {
		close(5);
		execv(argv[1], argv + 1);
		setup_failed("execv %s", argv[1]);
	}
	if (waitpid(pid, &status, 0) < 0)
		setup_failed("waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
