/*
 * A second thread exchanges what is executed after it was approved. The kernel
 * reads the path of an execve anew, so the exchange itself succeeds; what
 * counts is whether the forbidden image does anything: a win is a file that it
 * has made. Linked statically, it makes no call before.
 *
 * data/ok1 holds what may be executed, data/bad what may not. One subcase for
 * each kind of exchange; in race-fork the forbidden image ends at once, and its
 * child makes the file; in race-unreadable its user may not read it, which keeps
 * the process from being looked at.
 */
#include "race.h"
#include <spawn.h>

enum { EXECS = 300 };

static union {
	char text[2 * PATH_MAX];
	uint64_t align;
} memory;
static char *shared, *mark;
static uint32_t *differing, allowed_bytes, forbidden_bytes;
static char *link1, *link2;

/* deed is the forbidden image. */
static int deed(const char *path)
{
	if (strstr(path, "fork") && fork() != 0)
		return 42;
	return open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644) < 0 ? 43 : 42;
}

static void *flip(void *unused)
{
	(void)unused;
	do
		__atomic_store_n(differing, *differing == forbidden_bytes ? allowed_bytes : forbidden_bytes, __ATOMIC_RELAXED);
	while (race_turn());
	return NULL;
}

static void *exchange(void *unused)
{
	(void)unused;
	do
		if (renameat2(AT_FDCWD, link1, AT_FDCWD, link2, RENAME_EXCHANGE) < 0)
			setup_failed("exchanging %s with %s", link1, link2);
	while (race_turn());
	return NULL;
}

/* execute waits until nobody is left who could make the file. */
static int execute(void)
{
	char *argv[] = { shared, mark, NULL }, *env[] = { NULL }, c;
	int ends[2], status;
	pid_t pid;

	if (pipe(ends) < 0)
		setup_failed("pipe");
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	int err = posix_spawn(&pid, shared, NULL, NULL, argv, env);
	close(ends[1]);
	if (err == 0 && waitpid(pid, &status, 0) < 0)
		setup_failed("waitpid");
	while (read(ends[0], &c, 1) > 0)
		;
	close(ends[0]);
	if (exists(mark)) {
		if (unlink(mark) < 0)
			setup_failed("unlink %s", mark);
		return 1;
	}
	return err ? -1 : 0;
}

static void copy(const char *from, const char *to)
{
	static char image[4 << 20];
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0, got;

	if (fd < 0)
		setup_failed("open %s", from);
	while ((got = read(fd, image + n, sizeof image - (size_t)n)) > 0)
		n += got;
	close(fd);
	fd = open(to, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0755);
	if (fd < 0 || write(fd, image, (size_t)n) != n)
		setup_failed("write %s", to);
	close(fd);
}

/* prepare lays the path out so that the bytes in which ok1 and bad differ are
 * one aligned word. */
static void prepare(void)
{
	char *allowed, *forbidden, *text, *prog = in(data, "prog");
	size_t at = strlen(data);

	if (mkdir(in(data, "ok1"), 0755) < 0 || mkdir(in(data, "bad"), 0755) < 0)
		setup_failed("mkdir");
	allowed = in(data, "ok1/prog");
	forbidden = in(data, "bad/prog");
	if (is("race-text"))
		write_file(allowed, "no program\n", 0755);
	else
		copy(prog, allowed);
	copy("/proc/self/exe", in(data, "bad/deed"));
	if (is("race-script")) {
		if (asprintf(&text, "#!%s/bad/deed\n", data) < 0)
			setup_failed("asprintf");
		write_file(forbidden, text, 0755);
	} else
		copy("/proc/self/exe", forbidden);
	if (is("race-unreadable") && chmod(forbidden, 0111) < 0)
		setup_failed("chmod");
	shared = memory.text + (8 - at % 8);
	strcpy(shared, allowed);
	differing = (uint32_t *)(void *)(shared + at);
	memcpy(&allowed_bytes, allowed + at, 4);
	memcpy(&forbidden_bytes, forbidden + at, 4);
}

int main(int argc, char **argv)
{
	static const char *const races[] = { "race-elf", "race-script", "race-text", "race-fork", "race-directory",
		"race-unreadable" };
	const char *name = argc > 1 ? strrchr(argv[argc - 1], '/') : NULL;
	size_t i = 0;

	if (name && strncmp(name, "/mark-", 6) == 0)
		return deed(argv[argc - 1]);
	begin(argc, argv);
	while (i < sizeof races / sizeof *races && !is(races[i]))
		i++;
	if (i == sizeof races / sizeof *races)
		setup_failed("no subcase %s", subcase);
	mark = in(data, is("race-fork") ? "mark-fork" : "mark-made");
	prepare();
	if (is("race-directory")) {
		link1 = in(data, "lnk");
		link2 = in(data, "other");
		if (symlink("ok1", link1) < 0 || symlink("bad", link2) < 0)
			setup_failed("symlink");
		shared = in(data, "lnk/prog");
		race(exchange, execute, EXECS);
	} else
		race(flip, execute, EXECS);
	finish();
}
