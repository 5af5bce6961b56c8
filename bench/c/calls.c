/*
 * What the floor does for each call. The rules it does without are about
 * canonical paths, so for every path something has to prove what it names, and
 * the call then acts on just that:
 *
 *   openat       read the path, ID_VALID, openat2 that meets no symlink, inject
 *                with SEND, close. A path that was opened without a symlink is
 *                canonical: one open proves and acts.
 *   - relative   one readlink more, for the name of the directory.
 *   - symlink    the first open fails; then O_PATH, readlink for the canonical
 *                name, and the object itself is opened through its descriptor.
 *   - written    inject, close, SEND: two wake-ups. As long as the supervisor
 *                has a file open for writing, execve(2) of it says ETXTBSY.
 *                umask and identity are the target's without a look: a
 *                supervisor can be told of the calls that change them.
 *   - denied     O_PATH: what is not there is ENOENT and no refusal, and a
 *                symlink there may lead to something allowed.
 *   - served     O_PATH for the same reason, then the memory file once more,
 *                for an offset of its own.
 *   unlink       the directory with O_PATH and no symlink, unlinkat in it.
 *   newfstatat   O_PATH, fstat, and the answer into the target's memory.
 *   rename       both paths in one read; renameat2 in the directory, which is
 *                opened once where both have the same.
 *   execve       open and read the first line, since #! starts another program;
 *                CONTINUE: only the kernel can execute for the target.
 *   connect      read the address, ID_VALID, the target's socket by
 *                pidfd_getfd, connect, close. A local socket's file is pinned
 *                with O_PATH, and reached through the descriptor.
 *
 * Descriptors are closed before the answer, or the target could find a mount
 * busy. What cannot be done in these few steps is answered with an error: the
 * floor is measured, not used.
 */
#include "floor.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { READ = 256 }; /* enough for a path here; more would copy more pages */

typedef __u64 word;

static void answer(const struct floor *f, const struct seccomp_notif *n, long value, int error, unsigned flags)
{
	struct seccomp_notif_resp resp = { .id = n->id, .val = value, .error = -error, .flags = flags };

	ioctl(f->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

/* finish answers with what a system call returned. */
static void finish(const struct floor *f, const struct seccomp_notif *n, long result, int error)
{
	answer(f, n, 0, result < 0 ? error : 0, 0);
}

static int valid(const struct floor *f, const struct seccomp_notif *n)
{
	return ioctl(f->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &n->id) == 0;
}

static int fetch(const struct seccomp_notif *n, word at, void *to, size_t size)
{
	struct iovec local = { to, size }, remote = { (void *)at, size };

	return process_vm_readv((pid_t)n->pid, &local, 1, &remote, 1, 0) > 0;
}

static int open_exactly(int dir, const char *path, word flags, word mode)
{
	struct open_how how = { .flags = flags | O_CLOEXEC | O_NOCTTY, .mode = mode, .resolve = RESOLVE_NO_SYMLINKS };

	if (flags & O_PATH)
		how.flags &= ~(word)O_NOCTTY;
	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

static char *own(char *link, int fd)
{
	sprintf(link, "/proc/self/fd/%d", fd);
	return link;
}

/* inject gives fd to the target and closes it. */
static void inject(const struct floor *f, const struct seccomp_notif *n, int fd, word flags, int alone)
{
	struct seccomp_notif_addfd add = { .id = n->id, .srcfd = (unsigned)fd, .newfd_flags = flags & O_CLOEXEC };
	cpu_set_t here, all;
	int number;

	if (!alone && !f->colocate) {
		add.flags = SECCOMP_ADDFD_FLAG_SEND;
		ioctl(f->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
		close(fd);
		return;
	}
	if (f->colocate) {
		CPU_ZERO(&here);
		CPU_SET(sched_getcpu(), &here);
		memset(&all, 0xff, sizeof(all));
		sched_setaffinity((pid_t)n->pid, sizeof(here), &here);
	}
	number = ioctl(f->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	if (f->colocate)
		sched_setaffinity((pid_t)n->pid, sizeof(all), &all);
	close(fd);
	answer(f, n, number, number < 0 ? errno : 0, 0);
}

/* open_symlink opens what a path leads to over symlinks: pin, name, open. */
static int open_symlink(const char *path, word flags)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS };
	char link[32], canonical[READ];
	int pin = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (pin < 0 || readlink(own(link, pin), canonical, sizeof(canonical)) < 0)
		return -1;
	int fd = open(link, (int)flags | O_CLOEXEC | O_NOCTTY);

	close(pin);
	return fd;
}

/* absolute completes a relative path with the name of its directory. */
static const char *absolute(const struct seccomp_notif *n, char *joined, const char *path)
{
	char link[64];
	int dir = (int)n->data.args[0];

	if (path[0] == '/')
		return path;
	if (dir == AT_FDCWD)
		sprintf(link, "/proc/%u/cwd", n->pid);
	else
		sprintf(link, "/proc/%u/fd/%d", n->pid, dir);
	ssize_t length = readlink(link, joined, READ);

	if (length < 0)
		return path;
	joined[length] = '/';
	strcpy(joined + length + 1, path);
	return joined;
}

static void serve_content(const struct floor *f, const struct seccomp_notif *n)
{
	char link[32];

	inject(f, n, open(own(link, f->served), O_RDONLY | O_CLOEXEC), n->data.args[2], 0);
}

static void do_open(const struct floor *f, const struct seccomp_notif *n)
{
	char text[READ] = "", joined[2 * READ + 1];
	word flags = n->data.args[2], mode = flags & O_CREAT ? n->data.args[3] : 0;
	int ok = fetch(n, n->data.args[1], text, sizeof(text));
	const char *path = absolute(n, joined, text);

	if (!ok || !valid(f, n))
		return answer(f, n, 0, EFAULT, 0);
	int fd = open_exactly(AT_FDCWD, path, f->answer == AS_ASKED ? flags : O_PATH, mode);

	if (f->answer != AS_ASKED && fd >= 0) {
		close(fd);
		return f->answer == DENY ? answer(f, n, 0, EACCES, 0) : serve_content(f, n);
	}
	if (fd < 0 && errno == ELOOP && f->answer == AS_ASKED)
		fd = open_symlink(path, flags);
	if (fd < 0)
		return answer(f, n, 0, errno, 0);
	inject(f, n, fd, flags, (flags & (O_ACCMODE | O_CREAT)) != O_RDONLY);
}

/* parent splits an absolute path and opens its directory. */
static int parent(char *path, char **last)
{
	*last = strrchr(path, '/');
	if (!*last)
		return -1;
	*(*last)++ = 0;
	return open_exactly(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
}

static void do_unlink(const struct floor *f, const struct seccomp_notif *n)
{
	char path[READ] = "", *last;

	if (!fetch(n, n->data.args[0], path, sizeof(path)) || !valid(f, n))
		return answer(f, n, 0, EFAULT, 0);
	int dir = parent(path, &last);
	int result = dir < 0 ? -1 : unlinkat(dir, last, 0), error = errno;

	close(dir);
	finish(f, n, result, error);
}

static void do_stat(const struct floor *f, const struct seccomp_notif *n)
{
	char path[READ] = "";
	struct stat st;
	struct iovec local = { &st, sizeof(st) }, remote = { (void *)n->data.args[2], sizeof(st) };

	if (!fetch(n, n->data.args[1], path, sizeof(path)) || !valid(f, n))
		return answer(f, n, 0, EFAULT, 0);
	int fd = open_exactly(AT_FDCWD, path, O_PATH, 0);

	if (fd < 0)
		return answer(f, n, 0, errno, 0);
	fstat(fd, &st);
	close(fd);
	finish(f, n, process_vm_writev((pid_t)n->pid, &local, 1, &remote, 1, 0), EFAULT);
}

static void do_rename(const struct floor *f, const struct seccomp_notif *n)
{
	char path[2][READ] = { "", "" }, *last[2];
	struct iovec local[2] = { { path[0], READ }, { path[1], READ } };
	struct iovec remote[2] = { { (void *)n->data.args[0], READ }, { (void *)n->data.args[1], READ } };

	if (process_vm_readv((pid_t)n->pid, local, 2, remote, 2, 0) < 0 || !valid(f, n))
		return answer(f, n, 0, EFAULT, 0);
	int from = parent(path[0], &last[0]), to = from;

	last[1] = strrchr(path[1], '/');
	if (!last[1])
		return answer(f, n, 0, EINVAL, 0);
	*last[1] = 0;
	if (strcmp(path[0], path[1]) != 0)
		to = open_exactly(AT_FDCWD, path[1], O_PATH | O_DIRECTORY, 0);
	int result = renameat(from, last[0], to, last[1] + 1), error = errno;

	if (to != from)
		close(to);
	close(from);
	finish(f, n, result, error);
}

static void do_execve(const struct floor *f, const struct seccomp_notif *n)
{
	char path[READ] = "", line[READ];

	if (!fetch(n, n->data.args[0], path, sizeof(path)) || !valid(f, n))
		return answer(f, n, 0, EFAULT, 0);
	int fd = open_exactly(AT_FDCWD, path, O_RDONLY, 0);

	if (fd < 0)
		return answer(f, n, 0, errno, 0);
	ssize_t got = pread(fd, line, sizeof(line), 0);

	close(fd);
	if (got > 2 && memcmp(line, "#!", 2) == 0)
		return answer(f, n, 0, ENOEXEC, 0);
	answer(f, n, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

static void do_connect(const struct floor *f, const struct seccomp_notif *n)
{
	union {
		struct sockaddr any;
		struct sockaddr_un un;
	} address = { 0 };
	socklen_t size = (socklen_t)n->data.args[2];
	int file = -1;

	if (size > sizeof(address) || !fetch(n, n->data.args[1], &address, size) || !valid(f, n))
		return answer(f, n, 0, EFAULT, 0);
	int socket = (int)syscall(SYS_pidfd_getfd, f->pidfd, (int)n->data.args[0], 0);

	if (address.any.sa_family == AF_UNIX) {
		file = open_exactly(AT_FDCWD, address.un.sun_path, O_PATH, 0);
		own(address.un.sun_path, file);
		size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(address.un.sun_path) + 1);
	}
	int result = connect(socket, &address.any, size), error = errno;

	if (file >= 0)
		close(file);
	close(socket);
	finish(f, n, result, error);
}

void handle(const struct floor *f, const struct seccomp_notif *n)
{
	switch (n->data.nr) {
	case SYS_openat: return do_open(f, n);
	case SYS_unlink: return do_unlink(f, n);
	case SYS_newfstatat: return do_stat(f, n);
	case SYS_rename: return do_rename(f, n);
	case SYS_execve: return do_execve(f, n);
	case SYS_connect: return do_connect(f, n);
	default: return answer(f, n, 0, ENOSYS, 0);
	}
}

int memory_file(void)
{
	static const char content[] = "served\n";
	int fd = memfd_create("floor", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, content, sizeof(content) - 1) < 0)
		return -1;
	return fd;
}
