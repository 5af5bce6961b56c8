/*
 * The floor: the least work a supervisor can do for an openat(2) and still
 * act on what it checked. One process, one thread, no rules, no log:
 *
 *   RECV, process_vm_readv, ID_VALID, openat2 without symlinks, ADDFD with
 *   SEND, close
 *
 * usage: floor COMMAND [ARGUMENT...]
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS _IOW('!', 4, __u64)
#endif

static void die(const char *what)
{
	perror(what);
	exit(125);
}

static void run_target(volatile int *shared, char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			  SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &prog);
	if (fd < 0)
		die("seccomp");
	shared[1] = (int)fd;
	__atomic_store_n(&shared[0], 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&shared[0], __ATOMIC_ACQUIRE) != 2)
		__builtin_ia32_pause();
	execvp(argv[0], argv);
	die(argv[0]);
}

static void serve(int listener)
{
	static struct seccomp_notif n;
	static char path[4096];

	for (;;) {
		memset(&n, 0, sizeof(n));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) != 0) {
			struct pollfd p = { .fd = listener, .events = POLLIN };

			if (errno == EINTR)
				continue;
			if (poll(&p, 1, 0) == 1 && (p.revents & POLLHUP))
				return;
			continue;
		}
		struct iovec local = { path, 256 };
		struct iovec remote = { (void *)n.data.args[1], 256 };
		long got = process_vm_readv((pid_t)n.pid, &local, 1, &remote, 1, 0);

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id) != 0)
			continue;
		struct open_how how = {
			.flags = (n.data.args[2] & ~0UL) | O_CLOEXEC | O_NOCTTY,
			.mode = (n.data.args[2] & O_CREAT) ? n.data.args[3] : 0,
			.resolve = RESOLVE_NO_SYMLINKS,
		};
		int fd = got > 0 ? (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)) : -1;

		if (fd < 0 && errno == ELOOP) {
			how.resolve = 0;
			fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
		}
		if (fd >= 0) {
			struct seccomp_notif_addfd add = {
				.id = n.id, .flags = SECCOMP_ADDFD_FLAG_SEND, .srcfd = (unsigned)fd,
				.newfd_flags = n.data.args[2] & O_CLOEXEC,
			};
			ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
			close(fd);
			continue;
		}
		struct seccomp_notif_resp resp = { .id = n.id, .error = -errno };

		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	}
}

int main(int argc, char **argv)
{
	int status;

	if (argc < 2)
		return 64;
	volatile int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();

	if (pid == 0)
		run_target(shared, argv + 1);
	while (__atomic_load_n(&shared[0], __ATOMIC_ACQUIRE) != 1)
		usleep(50);
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int listener = (int)syscall(SYS_pidfd_getfd, pidfd, shared[1], 0);

	if (listener < 0)
		die("pidfd_getfd");
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, 1UL);
	__atomic_store_n(&shared[0], 2, __ATOMIC_RELEASE);
	serve(listener);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
