/* Installs the BPF program that it reads from standard input, if there is one,
 * and makes the calls that its arguments name. For each it prints the result
 * and the errno. A call is NUMBER[:ARG...], "int80", or
 * "name:TYPE:PATH": a message sent with the destination PATH, first through a
 * socket of its own and then through one end of a pair. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static void install(void)
{
	static struct sock_filter code[4096];
	struct sock_fprog prog = { .filter = code };
	size_t size = fread(code, 1, sizeof(code), stdin);

	if (size == 0)
		return;
	prog.len = size / sizeof(code[0]);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) != 0) {
		perror("seccomp");
		exit(125);
	}
}

static void report(long result)
{
	printf("%ld %d\n", result, result < 0 ? errno : 0);
	fflush(stdout);
}

static void int80(void)
{
	long result;

	/* getpid of the 32-bit table */
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
	printf("%d 0\n", result > 0 ? 1 : -1);
	fflush(stdout);
}

static long send_named(int fd, const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct iovec data = { "x", 1 };
	struct msghdr msg = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &data, .msg_iovlen = 1 };

	strncpy(to.sun_path, path, sizeof(to.sun_path) - 1);
	return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

static void name(const char *spec)
{
	char byte;
	int pair[2], type = atoi(spec);
	const char *path = strchr(spec, ':') + 1;

	report(send_named(socket(AF_UNIX, type, 0), path));
	if (socketpair(AF_UNIX, type, 0, pair) != 0) {
		report(-1);
		return;
	}
	report(send_named(pair[0], path));
	report(recv(pair[1], &byte, 1, MSG_DONTWAIT));
}

static void call(char *spec)
{
	unsigned long v[7] = { 0 };
	char *part = strtok(spec, ":");

	for (int i = 0; part && i < 7; i++, part = strtok(NULL, ":"))
		v[i] = strtoul(part, NULL, 0);
	report(syscall((long)v[0], v[1], v[2], v[3], v[4], v[5], v[6]));
}

int main(int argc, char **argv)
{
	install();
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "int80") == 0)
			int80();
		else if (strncmp(argv[i], "name:", 5) == 0)
			name(argv[i] + 5);
		else
			call(argv[i]);
	}
	return 0;
}
