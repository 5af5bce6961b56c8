/*
 * The floor: the least a supervisor can do for a call and still act on what it
 * checked. One process, one thread, no rules, no log; what it does for each
 * call, and why that is the least, stands in calls.c.
 *
 * usage: floor [-n CALL[,CALL...]] [-a deny|content] [-c] COMMAND [ARGUMENT...]
 *
 * -n  the calls that notify: openat (which is the default), unlink,
 *     newfstatat, rename, execve, connect
 * -a  answer every openat with a refusal, or with a file of its own
 * -c  co-located: a target that is given a descriptor wakes on the floor's
 *     processor, whichever the scheduler prefers
 */
#include "floor.h"
#include <errno.h>
#include <linux/filter.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS _IOW('!', 4, __u64)
#endif

enum { MAX_CALLS = 8 };

static const struct {
	const char *name;
	unsigned nr;
} known[] = {
	{ "openat", SYS_openat },	  { "unlink", SYS_unlink }, { "newfstatat", SYS_newfstatat },
	{ "rename", SYS_rename },	  { "execve", SYS_execve }, { "connect", SYS_connect },
};

/* What the parent and the target tell each other before there is a filter. */
struct start {
	int state; /* 1: the listener stands, 2: go */
	int listener;
};

static void die(const char *what)
{
	perror(what);
	exit(125);
}

/* parse_calls reads -n and returns how many calls it names. */
static int parse_calls(char *names, unsigned *calls)
{
	int count = 0;

	for (char *name = strtok(names, ","); name; name = strtok(NULL, ",")) {
		size_t i = 0;

		while (i < sizeof(known) / sizeof(known[0]) && strcmp(known[i].name, name) != 0)
			i++;
		if (i == sizeof(known) / sizeof(known[0]) || count == MAX_CALLS) {
			fprintf(stderr, "floor: it cannot do %s\n", name);
			exit(64);
		}
		calls[count++] = known[i].nr;
	}
	return count;
}

/* install makes the listed calls notify, and everything else pass. */
static int install(const unsigned *calls, int count)
{
	struct sock_filter code[MAX_CALLS + 3];
	int at = 0;

	code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (int i = 0; i < count; i++)
		code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i], count - i, 0);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	struct sock_fprog prog = { (unsigned short)at, code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &prog);
}

static void run_target(struct start *s, const unsigned *calls, int count, char **argv)
{
	s->listener = install(calls, count);
	if (s->listener < 0)
		die("seccomp");
	__atomic_store_n(&s->state, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&s->state, __ATOMIC_ACQUIRE) != 2)
		__builtin_ia32_pause();
	execvp(argv[0], argv);
	die(argv[0]);
}

static void serve(const struct floor *f)
{
	static struct seccomp_notif n;

	for (;;) {
		memset(&n, 0, sizeof(n));
		if (ioctl(f->listener, SECCOMP_IOCTL_NOTIF_RECV, &n) == 0) {
			handle(f, &n);
			continue;
		}
		struct pollfd p = { .fd = f->listener, .events = POLLIN };

		if (errno != EINTR && poll(&p, 1, 0) == 1 && (p.revents & POLLHUP))
			return;
	}
}

int main(int argc, char **argv)
{
	struct floor f = { .answer = AS_ASKED };
	unsigned calls[MAX_CALLS] = { SYS_openat };
	int count = 1, option, status;

	while ((option = getopt(argc, argv, "+n:a:c")) != -1) {
		if (option == 'n')
			count = parse_calls(optarg, calls);
		else if (option == 'a' && strcmp(optarg, "deny") == 0)
			f.answer = DENY;
		else if (option == 'a' && strcmp(optarg, "content") == 0)
			f.answer = CONTENT;
		else if (option == 'c')
			f.colocate = 1;
		else
			return 64;
	}
	if (optind == argc)
		return 64;
	f.served = memory_file();
	if (f.served < 0)
		die("memfd_create");
	struct start *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();

	if (pid == 0)
		run_target(s, calls, count, argv + optind);
	while (__atomic_load_n(&s->state, __ATOMIC_ACQUIRE) != 1)
		usleep(50);
	f.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	f.listener = (int)syscall(SYS_pidfd_getfd, f.pidfd, s->listener, 0);
	if (f.listener < 0)
		die("pidfd_getfd");
	ioctl(f.listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, 1UL);
	__atomic_store_n(&s->state, 2, __ATOMIC_RELEASE);
	serve(&f);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
