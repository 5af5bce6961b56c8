/*
 * The stub: what runs between fork and the target's first instruction.
 *
 * It is C, and a constructor, because it must run before Go's runtime: that
 * one starts threads, replaces every signal disposition and raises
 * RLIMIT_NOFILE, all of which the target would inherit or lose. It must also
 * make no system call between installing the filter and execve, because the
 * filter may notify any of them and nobody listens yet: the number of the
 * listener is told through shared memory, and the launcher fetches the
 * descriptor with pidfd_getfd(2).
 */
#define _GNU_SOURCE
#include "stub.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SYS_landlock_restrict_self
#define SYS_landlock_restrict_self 446
#endif

#define GO_TIMEOUT_SECONDS 30
#define LAST_SIGNAL 64

static uint64_t ignored_at_start;

uint64_t broker_ignored_at_start(void) { return ignored_at_start; }

static uint64_t blocked_at_start;

uint64_t broker_blocked_at_start(void) { return blocked_at_start; }

static unsigned long slack_at_start;

/* broker_restore_slack gives the calling thread, and what is started from it,
 * the timer slack that the process had when it started. */
int broker_restore_slack(void)
{
	return prctl(PR_SET_TIMERSLACK, slack_at_start, 0, 0, 0) == 0 ? 0 : errno;
}

static unsigned closed_at_start;

unsigned broker_closed_at_start(void) { return closed_at_start; }

static void fail(struct stub_page *page, uint32_t step, int error)
{
	page->step = step;
	page->error = error;
	__atomic_store_n(&page->state, STUB_FAILED, __ATOMIC_RELEASE);
	for (;;) {
		_exit(127);
		__builtin_trap(); /* a filter that refuses exit_group */
	}
}

/* set_signals gives the target the dispositions and the blocked signals that
 * the broker was started with, whatever the broker itself ignores by now, and
 * whatever Go has reset and unblocked. */
static void set_signals(struct stub_page *page)
{
	for (int sig = 1; sig <= LAST_SIGNAL; sig++) {
		int ignored = (page->ignored >> (sig - 1)) & 1;

		if (sig == SIGKILL || sig == SIGSTOP || sig == 32 || sig == 33)
			continue;
		if (signal(sig, ignored ? SIG_IGN : SIG_DFL) == SIG_ERR)
			fail(page, STUB_STEP_DISPOSITIONS, errno);
	}
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &page->blocked, NULL, sizeof(page->blocked)) != 0)
		fail(page, STUB_STEP_DISPOSITIONS, errno);
}

static int install_filter(struct stub_page *page)
{
	struct sock_fprog prog = {
		.len = (unsigned short)page->instructions,
		.filter = (struct sock_filter *)(page + 1),
	};
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			  flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &prog);

	if (fd >= 0) {
		page->have |= STUB_WAIT_KILLABLE;
		return (int)fd;
	}
	if (errno != EINVAL)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

/* wait_for_go spins: sleeping would be a system call. The launcher needs two
 * calls to fetch the descriptor, and the clock is read through the vDSO. */
static void wait_for_go(struct stub_page *page)
{
	struct timespec start, now;
	unsigned turn = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (__atomic_load_n(&page->state, __ATOMIC_ACQUIRE) != STUB_GO) {
		__builtin_ia32_pause();
		if (++turn % 4096)
			continue;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec > GO_TIMEOUT_SECONDS)
			fail(page, STUB_STEP_WAIT, ETIMEDOUT);
	}
}

static void run_stub(int argc, char **argv, char **envp)
{
	struct stat st;
	struct stub_page *page;
	int fd;

	if (argc < 4)
		_exit(127);
	fd = atoi(argv[1]);
	if (fstat(fd, &st) != 0 || st.st_size < (off_t)sizeof(*page))
		_exit(127);
	page = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED || page->magic != STUB_MAGIC ||
	    sizeof(*page) + page->instructions * sizeof(struct sock_filter) > (size_t)st.st_size)
		_exit(127);

	/* Until execve the process is the launcher's: its name in a log, which
	 * would be that of the link it was executed by, "exe". */
	prctl(PR_SET_NAME, "broker", 0, 0, 0);
	set_signals(page);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		fail(page, STUB_STEP_NO_NEW_PRIVS, errno);
	if ((page->want & STUB_CONFINE) && syscall(SYS_landlock_restrict_self, fd + 1, 0) != 0)
		fail(page, STUB_STEP_LANDLOCK, errno);
	/* Descriptor 3 and up are the broker's; the listener becomes 3. */
	if (syscall(SYS_close_range, 3U, ~0U, 0U) != 0)
		fail(page, STUB_STEP_CLOSE, errno);

	page->listener = install_filter(page);
	if (page->listener < 0)
		fail(page, STUB_STEP_SECCOMP, errno);
	__atomic_store_n(&page->state, STUB_LISTENING, __ATOMIC_RELEASE);
	wait_for_go(page);

	execve(argv[2], argv + 3, envp);
	fail(page, STUB_STEP_EXEC, errno);
}

static void remember_closed(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			closed_at_start |= 1U << fd;
}

static void remember_signals(void)
{
	struct sigaction old;

	for (int sig = 1; sig <= LAST_SIGNAL; sig++)
		if (sigaction(sig, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
			ignored_at_start |= 1ULL << (sig - 1);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked_at_start, sizeof(blocked_at_start));
}

/* Go's monitor thread sleeps 20 us at a time as long as anything runs. Each time
 * it wakes it takes the processor from somebody: a receiver in the middle of a
 * call, or main while it starts. With this slack its sleeps take a millisecond.
 * Threads inherit it, so it must be set before the first one:
 * prctl(2), PR_SET_TIMERSLACK. */
#define MONITOR_SLACK 1000000UL

static void slacken(void)
{
	int slack = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);

	slack_at_start = slack > 0 ? (unsigned long)slack : 0;
	if (slack_at_start < MONITOR_SLACK)
		prctl(PR_SET_TIMERSLACK, MONITOR_SLACK, 0, 0, 0);
}

__attribute__((constructor)) static void broker_constructor(int argc, char **argv, char **envp)
{
	if (argc > 0 && strcmp(argv[0], STUB_ARGV0) == 0)
		run_stub(argc, argv, envp);
	remember_signals();
	remember_closed();
	slacken();
}
