/*
 * Gives a denied file a name that no rule denies. The rules open "keep", all
 * but keep/vault and every vault below keep/deep; moving a directory above a
 * vault moves the vault away from its rule.
 */
#include "common.h"

static char *keep;

/* moved says how a call went that gives the secret in a vault another path,
 * and takes it back. */
static void moved(const char *name, long result, const char *leaking, const char *from, const char *to)
{
	note(name, result == 0 && file_leaks(leaking));
	if (result == 0 && rename(to, from) < 0)
		setup_failed("moving %s back", to);
}

static void move(const char *name, const char *from, const char *to, const char *below)
{
	moved(name, rename(from, to), *below ? in(to, below) : to, from, to);
}

static void linked(const char *name, long result, const char *path)
{
	note(name, result == 0 && file_leaks(path));
	unlink(path);
}

static void links(const char *file)
{
	char *path = in(data, "hard"), by_fd[32];
	int fd = open(file, O_PATH | O_CLOEXEC), other = open(keep, O_PATH | O_CLOEXEC);

	snprintf(by_fd, sizeof by_fd, "/proc/self/fd/%d", fd);
	linked("link", link(file, path), path);
	linked("linkat", linkat(other, "vault/target", AT_FDCWD, path, 0), path);
	linked("linkat descriptor", linkat(AT_FDCWD, by_fd, AT_FDCWD, path, AT_SYMLINK_FOLLOW), path);
	linked("link within", link(file, in(keep, "open/hard")), in(keep, "open/hard"));
	linked("symlink", symlink(file, path), path);
	note("symlink to the directory", symlink(in(keep, "vault"), path) == 0 && file_leaks(in(path, "target")));
	unlink(path);
	close(fd);
	close(other);
}

static void exchange(const char *name, const char *a, const char *b, const char *leaking)
{
	int r = renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);

	note(name, r == 0 && file_leaks(leaking));
	if (r == 0 && renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) < 0)
		setup_failed("exchanging %s back", a);
}

int main(int argc, char **argv)
{
	char *file, *free_path, *dir;

	begin(argc, argv);
	keep = in(hide, "../keep");
	file = in(keep, "vault/target");
	free_path = in(data, "free");
	dir = in(data, "dir");
	if (mkdir(dir, 0755) < 0)
		setup_failed("mkdir");
	note("open", file_leaks(file));
	links(file);
	move("rename", file, in(data, "stolen"), "");
	move("rename the vault", in(keep, "vault"), free_path, "target");
	move("rename the vault within", in(keep, "vault"), in(keep, "open/vault"), "target");
	move("rename the parent", keep, free_path, "vault/target");
	move("rename the vault below", in(keep, "deep/er/vault"), in(keep, "vaulted"), "target");
	move("rename its parent", in(keep, "deep/er"), in(keep, "shallow"), "vault/target");
	move("rename its grandparent", in(keep, "deep"), in(keep, "shallow"), "er/vault/target");
	exchange("exchange", in(keep, "vault"), dir, in(dir, "target"));
	exchange("exchange the parent", dir, in(keep, "deep"), in(dir, "er/vault/target"));
	if (chdir(in(keep, "deep")) < 0)
		setup_failed("chdir");
	moved("rename relative", rename("er", "../shallow"), in(keep, "shallow/vault/target"), "er", "../shallow");
	moved("rename relative with dots", rename("../deep/./er/", "er/../../shallow/"),
		in(keep, "shallow/vault/target"), "../deep/er", "../shallow");
	finish();
}
