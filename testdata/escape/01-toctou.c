/*
 * A second thread rewrites the argument between check and use.
 *
 * The flipper overwrites the four bytes in which the allowed path and the
 * forbidden one differ, as fast as it can, while the main thread makes the
 * call. Nothing is timed: the number of attempts is the bound.
 */
#include "race.h"
#include "calls.h"
#include <spawn.h>

enum { MANY = 20000, FEW = 5000, EXECS = 500 };

static union {
	char text[2 * PATH_MAX];
	uint64_t align;
} memory;
static char *shared;
static uint32_t *differing, allowed_bytes, hidden_bytes;

static void *flip(void *unused)
{
	(void)unused;
	do
		__atomic_store_n(differing, *differing == hidden_bytes ? allowed_bytes : hidden_bytes, __ATOMIC_RELAXED);
	while (race_turn());
	return NULL;
}

/* share lays a path of DATA out so that the bytes that turn it into one of
 * the hidden directory are one aligned word: a single store flips it. */
static void share(const char *name)
{
	char *open_path = in(data, name), *hidden = in(hide, name);
	size_t at = 0;

	if (strlen(open_path) != strlen(hidden))
		setup_failed("%s and %s differ in length", open_path, hidden);
	while (open_path[at] == hidden[at])
		at++;
	shared = memory.text + (8 - at % 8);
	strcpy(shared, open_path);
	differing = (uint32_t *)(void *)(shared + at);
	memcpy(&allowed_bytes, open_path + at, 4);
	memcpy(&hidden_bytes, hidden + at, 4);
}

static int by_open(void)
{
	return opened(syscall(SYS_open, shared, O_RDONLY | O_CLOEXEC));
}

static int by_openat(void)
{
	return opened(openat(AT_FDCWD, shared, O_RDONLY | O_CLOEXEC));
}

static int by_openat2(void)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC };

	return opened(syscall(NR_openat2, AT_FDCWD, shared, &how, sizeof how));
}

static int by_rename(void)
{
	return renamed(renameat(AT_FDCWD, shared, AT_FDCWD, stolen()));
}

static int by_rename_target(void)
{
	static char *mover, *landed, *planted;

	if (!mover) {
		mover = in(data, "mover");
		landed = in(data, "landing");
		planted = in(hide, "landing");
		write_file(mover, "mover", 0644);
	}
	if (rename(mover, shared) < 0)
		return -1;
	int won = exists(planted);
	if (rename(won ? planted : landed, mover) < 0)
		setup_failed("moving %s back", mover);
	return won;
}

static int by_link(void)
{
	return linked(linkat(AT_FDCWD, shared, AT_FDCWD, stolen(), 0));
}

static int by_unlink(void)
{
	lay_victim();
	return unlinked(unlink(shared));
}

/* posix_spawn's child shares this memory until the image is replaced, so the
 * flipper of this process reaches the child's execve too. */
static int by_execve(void)
{
	char *argv[] = { shared, NULL }, *env[] = { NULL };
	int status;
	pid_t pid;

	if (posix_spawn(&pid, shared, NULL, NULL, argv, env) != 0)
		return -1;
	if (waitpid(pid, &status, 0) < 0)
		setup_failed("waitpid");
	return WIFEXITED(status) && WEXITSTATUS(status) == 42;
}

static struct open_how shared_how = { .flags = O_RDONLY | O_CLOEXEC };

static void *flip_how(void *unused)
{
	(void)unused;
	do
		__atomic_store_n(&shared_how.flags, shared_how.flags ^ O_RDWR, __ATOMIC_RELAXED);
	while (race_turn());
	return NULL;
}

/* by_open_how wins a writable descriptor of a file that may only be read. */
static int by_open_how(void)
{
	static char *file;

	if (!file)
		file = in(readonly, "target");
	int fd = (int)syscall(NR_openat2, AT_FDCWD, file, &shared_how, sizeof shared_how);
	if (fd < 0)
		return -1;
	int won = (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
	close(fd);
	return won;
}

static char *flip_path, *flop_path, *through;

/* exchange swaps an innocent file with a symlink: the path stays, the file
 * system moves under it. */
static void *exchange(void *unused)
{
	(void)unused;
	do
		if (renameat2(AT_FDCWD, flip_path, AT_FDCWD, flop_path, RENAME_EXCHANGE) < 0)
			setup_failed("exchanging %s with %s", flip_path, flop_path);
	while (race_turn());
	return NULL;
}

static int by_exchange(void)
{
	return opened(open(through, O_RDONLY | O_CLOEXEC));
}

static void exchange_file(const char *name)
{
	flip_path = through = in(data, name);
	flop_path = in(data, "flop");
	if (symlink(secret, flop_path) < 0)
		setup_failed("symlink %s", flop_path);
	write_file(flip_path, "allowed", 0644);
}

static void exchange_directory(const char *name)
{
	flip_path = in(data, name);
	flop_path = in(data, "flop");
	if (symlink(hide, flop_path) < 0 || mkdir(flip_path, 0755) < 0)
		setup_failed("%s and %s", flip_path, flop_path);
	through = in(flip_path, strrchr(secret, '/') + 1);
	write_file(through, "allowed", 0644);
}

int main(int argc, char **argv)
{
	static const struct race races[] = {
		{ "open", flip, by_open, MANY, share, "target" },
		{ "openat", flip, by_openat, MANY, share, "target" },
		{ "openat2-path", flip, by_openat2, MANY, share, "target" },
		{ "openat2-how", flip_how, by_open_how, MANY, NULL, NULL },
		{ "rename-source", flip, by_rename, FEW, share, "target" },
		{ "rename-target", flip, by_rename_target, FEW, share, "landing" },
		{ "link", flip, by_link, FEW, share, "target" },
		{ "unlink", flip, by_unlink, FEW, share, "victim" },
		{ "execve", flip, by_execve, EXECS, share, "prog" },
		{ "exchange-file", exchange, by_exchange, FEW, exchange_file, "flip" },
		{ "exchange-dir", exchange, by_exchange, FEW, exchange_directory, "flip" },
		{ 0 },
	};

	begin(argc, argv);
	run_race(races);
}
