/*
 * Stands where the supervisor stands when a program is run natively: its
 * parent, of the same user, holding the secret in its memory, its
 * environment and at descriptor 5, and working in the secret's directory.
 * Called as "standin SECRET PROG …"; it exits as the program does, 128+n for a
 * signal.
 */
#include "common.h"

static char token[64];

int main(int argc, char **argv)
{
	char address[32], self[16], *home;
	int fd, status;
	pid_t pid;

	if (argc < 3)
		setup_failed("usage: %s SECRET PROG …", argv[0]);
	fd = open(argv[1], O_RDONLY);
	if (fd < 0 || read(fd, token, sizeof token - 1) <= 0 || dup2(fd, 5) < 0)
		setup_failed("reading %s", argv[1]);
	if (fd != 5)
		close(fd);
	snprintf(address, sizeof address, "%p", (void *)token);
	setenv("ESCAPE_ADDRESS", address, 1);
	snprintf(self, sizeof self, "%d", getpid());
	setenv("ESCAPE_OUTSIDE", self, 1);
	home = strdup(argv[1]);
	*strrchr(home, '/') = 0;
	if (chdir(home) < 0)
		setup_failed("chdir %s", home);
	pid = fork();
	if (pid < 0)
		setup_failed("fork");
	if (pid == 0) {
		close(5);
		if (chdir("/") < 0)
			setup_failed("chdir /");
		execv(argv[2], argv + 2);
		setup_failed("execv %s", argv[2]);
	}
	if (waitpid(pid, &status, 0) < 0)
		setup_failed("waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
