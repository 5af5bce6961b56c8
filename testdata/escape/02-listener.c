/*
 * A target that answers its own notifications with CONTINUE.
 *
 * "alone" kills the supervisor first, which frees the one place for a
 * listener; "beside" tries while it lives. One thread holds no filter and
 * answers; the other installs the filter and asks for the secret.
 */
#include "common.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <semaphore.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

static sem_t installed;
static _Atomic int listener;

static void *answer(void *unused)
{
	struct seccomp_notif ask;
	struct seccomp_notif_resp reply;

	(void)unused;
	while (sem_wait(&installed) < 0)
		;
	for (;;) {
		memset(&ask, 0, sizeof ask);
		memset(&reply, 0, sizeof reply);
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &ask) < 0) {
			if (errno == EINTR || errno == ENOENT)
				continue;
			return NULL;
		}
		reply.id = ask.id;
		reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
	}
}

/* Flags are an unsigned int to the kernel: what is above does not count, and
 * must not hide NEW_LISTENER from a filter that compares 64 bits. */
static const struct {
	const char *name;
	uint64_t flags;
} variants[] = {
	{ "NEW_LISTENER", SECCOMP_FILTER_FLAG_NEW_LISTENER },
	{ "NEW_LISTENER with high bits", 0xdeadbeef00000000 | SECCOMP_FILTER_FLAG_NEW_LISTENER },
	{ "NEW_LISTENER|LOG", SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_LOG },
	{ "NEW_LISTENER|SPEC_ALLOW", SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "NEW_LISTENER|WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_NEW_LISTENER | (1UL << 5) },
};

static int one_variant(void *arg)
{
	uint64_t flags = *(const uint64_t *)arg;
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof program / sizeof *program, program };
	long fd;

	if (sem_init(&installed, 0, 0) < 0)
		return 2;
	start(answer, NULL);
	fd = syscall(SYS_seccomp, (uint64_t)SECCOMP_SET_MODE_FILTER, flags, &prog);
	if (fd < 0) {
		dprintf(1, "seccomp: errno=%s\n", strerrorname_np(errno));
	} else {
		dprintf(1, "seccomp: listener installed\n");
		listener = (int)fd;
		sem_post(&installed);
	}
	/* With no listener of its own this asks whoever still answers. */
	int leaked = leaks((int)syscall(SYS_openat, AT_FDCWD, secret, O_RDONLY | O_CLOEXEC));

	return fd >= 0 ? 10 + leaked : leaked;
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	pid_t supervisor = supervisor_pid();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		setup_failed("no_new_privs");
	if (is("alone"))
		lose_supervisor(supervisor);
	else if (!is("beside"))
		setup_failed("no subcase %s", subcase);
	for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
		int status = spawn(one_variant, (void *)&variants[i].flags);

		if (!WIFEXITED(status) || WEXITSTATUS(status) == 2)
			setup_failed("%s: wait status %#x", variants[i].name, status);
		/* A listener is a way out by itself, whatever it reached yet. */
		errno = 0;
		note(variants[i].name, WEXITSTATUS(status) != 0);
	}
	finish();
}
