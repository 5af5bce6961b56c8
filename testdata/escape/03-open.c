/*
 * Calls that hand out the content: every sibling of openat that gives
 * a descriptor, a second name or a second place to a file. One subcase each.
 */
#include "common.h"
#include "calls.h"
#include <linux/mount.h>
#include <sys/fanotify.h>
#include <sys/mount.h>

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif

/* reopen turns an O_PATH descriptor into a readable one. */
static int reopen(int fd)
{
	char path[64];

	if (fd < 0)
		return -1;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int by_open(void)
{
	return leaks((int)syscall(SYS_open, secret, O_RDONLY));
}

static int by_openat(void)
{
	return leaks((int)syscall(SYS_openat, AT_FDCWD, secret, O_RDONLY));
}

static int by_openat2(void)
{
	struct open_how how = { .flags = O_RDONLY };

	return leaks((int)syscall(NR_openat2, AT_FDCWD, secret, &how, sizeof how));
}

static int by_creat(void)
{
	char *path = in(hide, "created");
	int fd = (int)syscall(SYS_creat, path, 0644);

	return fd >= 0 && exists(path);
}

static int by_handle(void)
{
	union {
		struct file_handle head;
		char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} handle = { .head.handle_bytes = MAX_HANDLE_SZ };
	int mount_id, mount = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (mount < 0)
		setup_failed("open %s", data);
	if (name_to_handle_at(AT_FDCWD, secret, &handle.head, &mount_id, 0) < 0)
		return 0;
	return leaks(open_by_handle_at(mount, &handle.head, O_RDONLY));
}

static int by_open_tree(void)
{
	return leaks(reopen((int)syscall(NR_open_tree, AT_FDCWD, secret, O_CLOEXEC)));
}

static int by_open_tree_attr(void)
{
	return leaks(reopen((int)syscall(NR_open_tree_attr, AT_FDCWD, secret, O_CLOEXEC, NULL, 0)));
}

/* mount_rights asks for a mount namespace of its own: with privileges so as
 * not to touch the host's, without them to have any. Being refused is no
 * reason not to try the mount. */
static void mount_rights(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		unshare(CLONE_NEWUSER | CLONE_NEWNS);
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int by_mount_fd(void)
{
	mount_rights();
	int tree = (int)syscall(NR_open_tree, AT_FDCWD, hide, OPEN_TREE_CLONE | O_CLOEXEC);

	if (tree < 0)
		return 0;
	return leaks(openat(tree, strrchr(secret, '/') + 1, O_RDONLY));
}

/* by_mount gives the hidden directory a place in the open one. */
static int by_mount(void)
{
	char *place = in(data, "place");

	if (mkdir(place, 0755) < 0)
		setup_failed("mkdir %s", place);
	mount_rights();
	if (mount(hide, place, NULL, MS_BIND, NULL) < 0)
		return 0;
	return file_leaks(in(place, strrchr(secret, '/') + 1));
}

static int by_chroot(void)
{
	char *innocent = in(data, "innocent"), *name = in("", strrchr(secret, '/') + 1);

	write_file(innocent, "", 0644);
	unshare(CLONE_NEWUSER | CLONE_FS);
	if (chroot(hide) < 0)
		return 0;
	return file_leaks(name);
}

/* by_fanotify makes the kernel open the file for us: each event carries a
 * readable descriptor. The event is made by looking at our own exec of it. */
static int by_fanotify(void)
{
	struct fanotify_event_metadata event;
	int group = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY);

	if (group < 0 || fanotify_mark(group, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, secret) < 0)
		return 0;
	int own = open(secret, O_RDONLY);
	if (own < 0)
		return 1; /* marked already: anybody's open will do */
	close(own);
	if (read(group, &event, sizeof event) < (ssize_t)sizeof event)
		return 0;
	return leaks(event.fd);
}

static char *stolen;

static int by_rename(void)
{
	return syscall(SYS_rename, secret, stolen) == 0 && file_leaks(stolen);
}

static int by_renameat(void)
{
	return syscall(SYS_renameat, AT_FDCWD, secret, AT_FDCWD, stolen) == 0 && file_leaks(stolen);
}

static int by_renameat2(void)
{
	return syscall(SYS_renameat2, AT_FDCWD, secret, AT_FDCWD, stolen, RENAME_NOREPLACE) == 0 &&
	       file_leaks(stolen);
}

static int by_exchange(void)
{
	return syscall(SYS_renameat2, AT_FDCWD, twin, AT_FDCWD, secret, RENAME_EXCHANGE) == 0 &&
	       file_leaks(twin);
}

/* by_rename_dir moves the directory, not the file. */
static int by_rename_dir(void)
{
	return rename(hide, stolen) == 0 && file_leaks(in(stolen, strrchr(secret, '/') + 1));
}

static int by_link(void)
{
	return syscall(SYS_link, secret, stolen) == 0 && file_leaks(stolen);
}

static int by_linkat(void)
{
	return syscall(SYS_linkat, AT_FDCWD, secret, AT_FDCWD, stolen, 0) == 0 && file_leaks(stolen);
}

/* by_link_fd links the object behind an O_PATH descriptor. */
static int by_link_fd(void)
{
	char path[64];
	int fd = open(secret, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return 0;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, AT_FDCWD, stolen, AT_SYMLINK_FOLLOW) == 0 && file_leaks(stolen);
}

static const struct {
	const char *name;
	int (*attempt)(void);
} calls[] = {
	{ "open", by_open },
	{ "openat", by_openat },
	{ "openat2", by_openat2 },
	{ "creat", by_creat },
	{ "open_by_handle_at", by_handle },
	{ "open_tree", by_open_tree },
	{ "open_tree_attr", by_open_tree_attr },
	{ "mount-fd", by_mount_fd },
	{ "mount-bind", by_mount },
	{ "chroot", by_chroot },
	{ "fanotify", by_fanotify },
	{ "rename", by_rename },
	{ "renameat", by_renameat },
	{ "renameat2", by_renameat2 },
	{ "rename-exchange", by_exchange },
	{ "rename-dir", by_rename_dir },
	{ "link", by_link },
	{ "linkat", by_linkat },
	{ "linkat-fd", by_link_fd },
};

int main(int argc, char **argv)
{
	begin(argc, argv);
	stolen = in(data, "stolen");
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		if (!is(calls[i].name))
			continue;
		errno = 0;
		note(calls[i].name, calls[i].attempt());
		finish();
	}
	setup_failed("no subcase %s", subcase);
}
