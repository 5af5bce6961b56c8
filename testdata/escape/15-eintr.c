/*
 * Signals arrive before the supervisor has taken the call up. What is
 * interrupted there starts anew, and must in the end be done: children are
 * started while a timer runs ("children"), and shells do their loops while
 * they get signals that they trap ("shells").
 */
#include "common.h"
#include <sys/time.h>

enum { CHILDREN = 300, SHELLS = 12, OPENS = 20 };

static volatile sig_atomic_t signals;

static void handle(int sig)
{
	(void)sig;
	signals++;
}

static void every(long microseconds)
{
	struct itimerval timer = { { 0, microseconds }, { 0, microseconds } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

static int run(char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid == 0) {
		execv(argv[0], argv);
		_exit(errno);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void children(void)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };
	char *argv[] = { in(data, "prog"), NULL };
	int well = 0, right = 0;

	sigaction(SIGALRM, &action, NULL);
	every(2000);
	for (int i = 0; i < CHILDREN; i++) {
		well += run(argv) == 0;
		for (int j = 0; j < OPENS; j++) {
			int fd = open(twin, O_RDONLY | O_CLOEXEC);

			right += fd >= 0 && starts(fd, "allowed");
			close(fd);
		}
		attempts++;
	}
	every(0);
	if (signals == 0)
		setup_failed("no signal came");
	dprintf(1, "%d of %d children, %d of %d opens\n", well, CHILDREN, right, CHILDREN * OPENS);
}

/* The shell's handlers interrupt calls for good, and an open that is
 * interrupted before it is taken up cannot be told from another: seccomp(2).
 * So it is made again; everything else must succeed at once. */
static const char script[] =
	"n=0; trap 'n=$((n+1))' USR1; echo ready; i=0\n"
	"while [ $i -lt 15 ]; do\n"
	"  (exit 3); [ $? = 3 ] || echo subshell\n"
	"  x=$(echo text); [ \"$x\" = text ] || echo substitution\n"
	"  line=; until [ \"$line\" = allowed ]; do read line < \"$1\"; done 2>&-\n"
	"  \"$2\" & wait $! ; i=$((i+1))\n"
	"done\n"
	"[ $n -gt 0 ] || echo no signal\n"
	"echo did $i\n";

/* shell runs the script and says whether it did what it should, and no more. */
static int shell(void)
{
	const struct timespec pause = { .tv_nsec = 300 * 1000 };
	char *const argv[] = { "/bin/sh", "-c", (char *)script, "sh", twin, in(data, "prog"), NULL };
	char text[512] = "";
	size_t length = 0;
	int out[2], status;

	if (pipe2(out, O_CLOEXEC) < 0)
		setup_failed("pipe");
	pid_t pid = fork();
	if (pid < 0)
		setup_failed("fork");
	if (pid == 0) {
		dup2(out[1], 1);
		dup2(out[1], 2);
		execv(argv[0], argv);
		_exit(127);
	}
	close(out[1]);
	while (length < 6) {
		ssize_t n = read(out[0], text + length, sizeof text - 1 - length);
		if (n <= 0)
			setup_failed("the shell does not start: %s", text);
		length += (size_t)n;
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		kill(pid, SIGUSR1);
		nanosleep(&pause, NULL);
	}
	while (length < sizeof text - 1) {
		ssize_t n = read(out[0], text + length, sizeof text - 1 - length);
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	close(out[0]);
	if (status == 0 && strcmp(text, "ready\ndid 15\n") == 0)
		return 1;
	dprintf(1, "status %x: %s\n", status, text);
	return 0;
}

int main(int argc, char **argv)
{
	int well = 0;

	begin(argc, argv);
	if (is("children"))
		children();
	else if (is("shells")) {
		for (; attempts < SHELLS; attempts++)
			well += shell();
		dprintf(1, "%d of %d shells\n", well, SHELLS);
	} else
		setup_failed("no subcase %s", subcase);
	done();
}
