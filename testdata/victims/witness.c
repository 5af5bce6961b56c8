/*
 * witness: runs a command and traces the program "walk witness" in it. Calls
 * that no filter stops come here; they are counted as having reached the
 * kernel and not carried out.
 *
 * usage: witness COMMAND ARGUMENT...
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define HANDED_OVER (-4000L)

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* start runs the command and returns the process of walk, which waits. */
static pid_t start(char **argv, pid_t *command, int *go)
{
	char line[256];
	int in[2], err[2], pid = 0;
	FILE *words;

	if (pipe(in) || pipe(err))
		die("pipe");
	*command = fork();
	if (*command == 0) {
		dup2(in[0], 0), dup2(err[1], 2);
		close(in[0]), close(in[1]), close(err[0]), close(err[1]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(in[0]), close(err[1]);
	words = fdopen(err[0], "r");
	while (pid == 0 && fgets(line, sizeof line, words) != NULL)
		if (sscanf(line, "pid %d", &pid) != 1)
			fprintf(stderr, "%s", line);
	if (pid == 0)
		die("the command says no pid");
	*go = in[1];
	return pid;
}

/* take answers a call instead of the kernel. */
static void take(pid_t pid)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs))
		die("PTRACE_GETREGS");
	regs.orig_rax = -1UL;
	regs.rax = (unsigned long)HANDED_OVER;
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs))
		die("PTRACE_SETREGS");
}

int main(int argc, char **argv)
{
	pid_t command, traced, pid;
	int go, status;

	if (argc < 2)
		return 2;
	traced = start(argv + 1, &command, &go);
	if (ptrace(PTRACE_SEIZE, traced, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL))
		die("PTRACE_SEIZE");
	if (write(go, "\n", 1) != 1)
		die("write");
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		int event = status >> 16, signal = WSTOPSIG(status);

		if (pid == command && !WIFSTOPPED(status))
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (!WIFSTOPPED(status))
			continue;
		if (event == PTRACE_EVENT_SECCOMP)
			take(pid);
		if (ptrace(PTRACE_CONT, pid, 0, event ? 0 : signal) && errno != ESRCH)
			die("PTRACE_CONT");
	}
	die("waitpid");
}
