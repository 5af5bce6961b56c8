/*
 * auth-ground: prepares, as root and in a mount namespace of its own, places
 * where the kernel says no for a reason of its own, becomes a user, and
 * executes a command there. Everything is on a file system in a file, or in
 * memory, so that nothing is left of it when the last process has ended.
 *
 * usage: auth-ground UID command..., in an empty directory
 */
#include "facts.h"
#include <grp.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

enum { OTHER = 12345, GROUP = 54321 };

/* furnish gives a directory what the tour needs. */
static void furnish(const char *dir, unsigned mode, unsigned owner)
{
	must(chdir(dir), dir);
	put("file", "file\n");
	put("victim", "victim\n");
	put("tool", "#!/bin/true\n");
	must(chmod("tool", 0755), "tool");
	must(mkdir("dir", 0755), "dir");
	put("dir/inner", "inner\n");
	must(mkdir("hollow", 0755), "hollow");
	must(symlink("file", "link"), "link");
	static const char *const all[] = { "file", "victim", "tool", "dir", "dir/inner", "hollow", "link", "." };

	for (size_t i = 0; i < COUNT(all); i++)
		must(lchown(all[i], owner, owner), all[i]);
	must(chmod(".", mode), dir);
	must(chdir(".."), "..");
}

static void place(const char *dir, unsigned mode, unsigned owner)
{
	must(mkdir(dir, 0755), dir);
	furnish(dir, mode, owner);
}

static void flag(const char *name, int flag)
{
	int fd = (int)must(open(name, O_RDONLY), name), flags = 0;

	must(ioctl(fd, FS_IOC_GETFLAGS, &flags), name);
	flags |= flag;
	must(ioctl(fd, FS_IOC_SETFLAGS, &flags), name);
	close(fd);
}

static void acl(const char *dir, unsigned user)
{
	struct { unsigned version; struct { unsigned short tag, perm; unsigned id; } e[5]; } list = {
		2, { { 1, 7, ~0U }, { 2, 7, user }, { 4, 5, ~0U }, { 16, 7, ~0U }, { 32, 0, ~0U } },
	};

	must(setxattr(dir, "system.posix_acl_access", &list, sizeof(list), 0), dir);
	must(setxattr(dir, "system.posix_acl_default", &list, sizeof(list), 0), dir);
}

/* mounted makes a place under a mount of its own and sets its flags then. */
static void mounted(const char *dir, unsigned long flags, unsigned owner)
{
	place(dir, 0755, owner);
	must(mount(dir, dir, NULL, MS_BIND, NULL), dir);
	must(mount(NULL, dir, NULL, MS_REMOUNT | MS_BIND | flags, NULL), dir);
}

static void devices(void)
{
	static const struct { const char *name; unsigned kind, major, minor; } nodes[] = {
		{ "null", S_IFCHR, 1, 3 }, { "zero", S_IFCHR, 1, 5 }, { "full", S_IFCHR, 1, 7 }, { "tty", S_IFCHR, 5, 0 },
		{ "nothing", S_IFCHR, 4095, 7 }, { "block", S_IFBLK, 4095, 7 }, { "whiteout", S_IFCHR, 0, 0 },
	};

	must(mkdir("devices", 0755), "devices");
	must(chdir("devices"), "devices");
	for (size_t i = 0; i < COUNT(nodes); i++) {
		must(mknod(nodes[i].name, nodes[i].kind | 0666, makedev(nodes[i].major, nodes[i].minor)), nodes[i].name);
		must(chmod(nodes[i].name, 0666), nodes[i].name);
	}
	must(chdir(".."), "..");
}

static void full_disk(unsigned owner)
{
	must(mkdir("small", 0755), "small");
	must(mount("none", "small", "tmpfs", 0, "size=32k,nr_inodes=12,mode=777"), "small");
	furnish("small", 0777, owner);
	int fd = (int)must(open("small/victim", O_WRONLY), "small");
	char block[4096] = "";

	while (write(fd, block, sizeof(block)) > 0)
		;
	close(fd);
	must(chown("small/victim", owner, owner), "small");
}

static void prepare(unsigned user)
{
	must(mkdir("ground", 0755), "ground");
	if (system("exec 2>&1; dd if=/dev/zero of=disk bs=1M count=16 status=none && /usr/sbin/mkfs.ext4 -q -F disk && "
		   "mount -o loop,user_xattr,acl disk ground") != 0)
		must(mount("none", "ground", "tmpfs", 0, "size=16m"), "no loop device, and no tmpfs either");
	must(chdir("ground"), "ground");
	must(chmod(".", 0755), ".");
	place("mine", 0755, user);
	place("theirs", 0755, OTHER);
	place("open", 0777, OTHER);
	place("sticky", 01777, OTHER);
	place("group", 02775, GROUP);
	must(chown("group", OTHER, GROUP), "group");
	must(chmod("group", 02777), "group");
	place("listed", 0700, OTHER);
	acl("listed", user);
	place("write-only", 0333, OTHER);
	place("read-only", 0444, OTHER);
	mounted("readonly", MS_RDONLY, user);
	mounted("noexec", MS_NOEXEC, user);
	mounted("nodev", MS_NODEV, user);
	mounted("nosymfollow", 256, user);
	place("immutable", 0755, user);
	place("appended", 0755, user);
	place("fixed", 0755, user);
	devices();
	full_disk(user);
	must(mkdir("outside", 0777), "outside");
	must(chmod("outside", 0777), "outside");
	flag("fixed/file", FS_IMMUTABLE_FL);
	flag("fixed/victim", FS_APPEND_FL);
	flag("fixed/dir", FS_APPEND_FL);
	flag("immutable", FS_IMMUTABLE_FL);
	flag("appended", FS_APPEND_FL);
}

int main(int argc, char **argv)
{
	must(argc > 2 ? 0 : -1, "arguments");
	unsigned user = (unsigned)atoi(argv[1]);

	setvbuf(stdout, NULL, _IOLBF, 1 << 12);
	umask(022);
	must(unshare(CLONE_NEWNS), "namespace");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
	prepare(user);
	if (user != 0) {
		const gid_t groups[] = { GROUP };

		must(setgroups(1, groups), "setgroups");
		must(setgid(user), "setgid");
		must(setuid(user), "setuid");
	}
	execvp(argv[2], argv + 2);
	must(-1, argv[2]);
}
