/*
 * Who sent a signal: the terminal, which reaches the command by itself, or a
 * process, which meant the command and knows only us. The kernel says it in
 * siginfo_t (sigaction(2), si_code), and Go's os/signal does not pass that on.
 *
 * The handler is installed over that of Go's runtime, on its signal stack, and
 * makes one system call that is safe there: signal-safety(7).
 */
#define _GNU_SOURCE
#include "sender.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

static int told = -1, running;
static struct sigaction before[65];

/* raised reports a signal that Go's runtime has to see: a fault of our own, or
 * the tick of its profiler, and not what a process sent. */
static int raised(int sig, int code)
{
	if (sig != SIGTRAP && sig != SIGSYS && sig != SIGSTKFLT && sig != SIGPROF)
		return 0;
	return code != SI_USER && code != SI_TKILL && code != SI_QUEUE;
}

static void tell(int sig, siginfo_t *info, void *context)
{
	if (raised(sig, info->si_code)) {
		if (before[sig].sa_flags & SA_SIGINFO)
			before[sig].sa_sigaction(sig, info, context);
		return;
	}
	/* SI_USER, SI_TKILL and SI_QUEUE are not positive, SI_KERNEL is. */
	unsigned char message[2] = { (unsigned char)sig, info->si_code <= 0 };
	int saved = errno;

	__atomic_add_fetch(&running, 1, __ATOMIC_SEQ_CST);
	int fd = __atomic_load_n(&told, __ATOMIC_SEQ_CST);
	ssize_t n = fd < 0 ? 0 : write(fd, message, sizeof(message));

	__atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST);
	(void)n, (void)context; /* a full pipe holds thousands already */
	errno = saved;
}

int broker_tell(int sig, int fd)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };

	__atomic_store_n(&told, fd, __ATOMIC_SEQ_CST);
	action.sa_sigaction = tell;
	sigfillset(&action.sa_mask);
	return sigaction(sig, &action, &before[sig]) == 0 ? 0 : errno;
}

int broker_untell(int sig)
{
	return sigaction(sig, &before[sig], NULL) == 0 ? 0 : errno;
}

int broker_hush(void)
{
	__atomic_store_n(&told, -1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&running, __ATOMIC_SEQ_CST) != 0)
		sched_yield();
	return 0;
}
