/*
 * tty: what /dev/tty is, with and without a controlling terminal, and in a
 * session of its own on another terminal.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void look(const char *who)
{
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_NONBLOCK | O_CLOEXEC, O_PATH, O_RDWR | O_CREAT };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		int fd = open("/dev/tty", flags[i], 0600);

		printf("%s: /dev/tty %o: ", who, flags[i]);
		if (fd < 0) {
			printf("%s\n", strerrorname_np(errno));
			continue;
		}
		printf("flags %o, terminal %d, session %d, group %d\n", fcntl(fd, F_GETFL), isatty(fd),
		       tcgetsid(fd) == getsid(0), tcgetpgrp(fd) == getpgrp());
		close(fd);
	}
	for (int i = 0; i < 2; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", i);
		int fd = open(path, O_RDWR);

		printf("%s: descriptor %d again: %s\n", who, i, fd < 0 ? strerrorname_np(errno) : "ok");
		close(fd);
	}
	fflush(stdout);
}

static void in_child(void (*run)(void))
{
	fflush(stdout);
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		run();
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	printf("child: %x\n", (unsigned)status);
}

static void new_session(void)
{
	printf("setsid: %d\n", setsid() == getpid());
	look("new session");
}

/* A session on a pseudo-terminal that it made itself. */
static void own_terminal(void)
{
	char text[16] = "";
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
		printf("no pseudo-terminal: %s\n", strerrorname_np(errno));
		return;
	}
	setsid();
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY);

	printf("other end: %s\n", slave < 0 ? strerrorname_np(errno) : "ok");
	look("before TIOCSCTTY");
	printf("TIOCSCTTY: %d\n", ioctl(slave, TIOCSCTTY, 0));
	look("own terminal");
	int fd = open("/dev/tty", O_RDWR);

	printf("write: %zd\n", write(fd, "through", 7));
	ssize_t n = read(master, text, sizeof(text) - 1);

	printf("other end reads %zd: %s\n", n, text);
	printf("TIOCNOTTY: %d\n", ioctl(fd, TIOCNOTTY));
	look("given up");
}

static void opened_for_reading(void)
{
	int fd = open("/dev/tty", O_RDWR);
	struct termios t;
	struct winsize w;

	printf("tcgetattr: %d, TIOCGWINSZ: %d\n", tcgetattr(fd, &t), ioctl(fd, TIOCGWINSZ, &w));
}

int main(void)
{
	signal(SIGHUP, SIG_IGN);
	look("as started");
	in_child(opened_for_reading);
	in_child(new_session);
	in_child(own_terminal);
	look("at the end");
	return 0;
}
