/*
 * The target attacks its supervisor, which is its parent. Natively a
 * stand-in of the same user is there to be attacked.
 *
 * "read" looks into it and changes its limits; "stop" and "kill" take it
 * away, and win only if the secret opens meanwhile or afterwards.
 */
#include "common.h"
#include <dirent.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>

enum { YIELDS = 1000 };

static pid_t supervisor;
static char *address; /* of something worth reading in the supervisor */

static int by_ptrace(int request)
{
	int status;

	if (ptrace(request, supervisor, NULL, NULL) < 0)
		return 0;
	/* To be let go it has to be stopped, which an attach does by itself. */
	if (request == PTRACE_SEIZE)
		ptrace(PTRACE_INTERRUPT, supervisor, NULL, NULL);
	waitpid(supervisor, &status, __WALL);
	ptrace(PTRACE_DETACH, supervisor, NULL, NULL);
	return 1;
}

/* A bad address is a win: the permission was given before it was found bad. */
static int by_vm(long nr)
{
	char byte = 'S';
	struct iovec here = { &byte, 1 }, there = { address, 1 };

	return syscall(nr, supervisor, &here, 1UL, &there, 1UL, 0UL) >= 0 || errno == EFAULT;
}

static int by_pidfd_getfd(void)
{
	int pidfd = (int)syscall(SYS_pidfd_open, supervisor, 0), won = 0, err;

	if (pidfd < 0)
		return 0;
	errno = 0;
	for (int n = 0; n < 32; n++) {
		int fd = (int)syscall(SYS_pidfd_getfd, pidfd, n, 0);
		if (fd >= 0) {
			won = 1;
			close(fd);
		}
	}
	err = errno;
	close(pidfd);
	errno = err;
	return won;
}

static int by_prlimit(void)
{
	struct rlimit limit;

	/* Lowering the soft limit to what it is harms nobody if it succeeds. */
	if (syscall(SYS_prlimit64, supervisor, RLIMIT_CORE, NULL, &limit) < 0)
		limit.rlim_cur = limit.rlim_max = 0;
	return syscall(SYS_prlimit64, supervisor, RLIMIT_CORE, &limit, NULL) == 0;
}

static int by_proc(const char *format, int flags)
{
	char path[2 * PATH_MAX];

	snprintf(path, sizeof path, format, supervisor);
	int fd = open(path, flags | O_CLOEXEC), err = errno;
	if (fd >= 0)
		close(fd);
	errno = err;
	return fd >= 0;
}

static int by_proc_path(const char *format, const char *tail)
{
	char path[2 * PATH_MAX];

	snprintf(path, sizeof path, format, supervisor, tail);
	return leaks(open(path, O_RDONLY | O_CLOEXEC));
}

static void look_inside(void)
{
	note("/proc/PID/mem", by_proc("/proc/%d/mem", O_RDONLY));
	note("/proc/PID/mem for writing", by_proc("/proc/%d/mem", O_RDWR));
	note("/proc/PID/environ", by_proc("/proc/%d/environ", O_RDONLY));
	note("/proc/PID/maps", by_proc("/proc/%d/maps", O_RDONLY));
	note("/proc/PID/fd", by_proc("/proc/%d/fd", O_RDONLY | O_DIRECTORY));
	note("/proc/PID/fdinfo", by_proc("/proc/%d/fdinfo", O_RDONLY | O_DIRECTORY));
	note("/proc/PID/task/PID/mem", by_proc("/proc/%1$d/task/%1$d/mem", O_RDONLY));
	note("/proc/PID/oom_score_adj", by_proc("/proc/%d/oom_score_adj", O_WRONLY));
	note("/proc/PID/root/SECRET", by_proc_path("/proc/%d/root%s", secret));
	note("/proc/self/../PID/root/SECRET", by_proc_path("/proc/self/../%d/root%s", secret));
	note("process_vm_readv", by_vm(SYS_process_vm_readv));
	note("process_vm_writev", by_vm(SYS_process_vm_writev));
	note("pidfd_getfd", by_pidfd_getfd());
	note("prlimit64", by_prlimit());
	note("PTRACE_SEIZE", by_ptrace(PTRACE_SEIZE));
	note("PTRACE_ATTACH", by_ptrace(PTRACE_ATTACH));
}

static void *ask(void *leaked)
{
	*(int *)leaked = leaks(open(secret, O_RDONLY | O_CLOEXEC));
	return NULL;
}

/* stop leaves the supervisor stopped for a while under an open question: it
 * may wait for its answer or be refused at once, but never be let through. */
static void stop(void)
{
	int leaked = 0;

	dprintf(1, "stopping the supervisor\n");
	if (kill(supervisor, SIGSTOP) < 0)
		dprintf(1, "kill: errno=%s\n", strerrorname_np(errno));
	pthread_t asking = start(ask, &leaked);
	for (int i = 0; i < YIELDS; i++)
		sched_yield();
	kill(supervisor, SIGCONT);
	pthread_join(asking, NULL);
	note("open under a stopped supervisor", leaked);
}

static void terminate(void)
{
	lose_supervisor(supervisor);
	errno = 0;
	note("open", leaks((int)syscall(SYS_open, secret, O_RDONLY)));
	note("openat", leaks(open(secret, O_RDONLY | O_CLOEXEC)));
	note("unlink", unlink(in(hide, "victim")) == 0);
	note("rename", rename(secret, in(data, "stolen")) == 0 && file_leaks(in(data, "stolen")));
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	supervisor = supervisor_pid();
	/* A Go program's text begins at 4 MiB unless it is built to move. */
	address = (char *)strtoul(getenv("ESCAPE_ADDRESS") ? getenv("ESCAPE_ADDRESS") : "0x400000", NULL, 0);
	if (is("read"))
		look_inside();
	else if (is("stop"))
		stop();
	else if (is("kill"))
		terminate();
	else
		setup_failed("no subcase %s", subcase);
	finish();
}
