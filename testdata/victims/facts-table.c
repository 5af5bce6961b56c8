/*
 * facts-table: descriptors that are full, and descriptors that are closed. An
 * open for which there is no number has no effect, and what a program has
 * closed is closed.
 *
 * usage: facts-table CASE
 */
#include "facts.h"
#include <sys/file.h>

static void limit(rlim_t n)
{
	struct rlimit l;

	must(getrlimit(RLIMIT_NOFILE, &l), "limit");
	l.rlim_cur = n;
	must(setrlimit(RLIMIT_NOFILE, &l), "limit");
}

static int opened(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd;
}

static void try_all(const char *when)
{
	struct { unsigned long long flags, mode, resolve; } how = { O_CREAT | O_RDWR, 0600, 0 };

	printf("%s: create %s", when, result(opened(open("new", O_CREAT | O_RDWR, 0600))));
	printf(", creat %s", result(opened(creat("new2", 0600))));
	printf(", openat2 %s", result(opened((int)syscall(SYS_openat2, AT_FDCWD, "new3", &how, sizeof(how)))));
	printf(", exclusively %s", result(opened(open("file", O_CREAT | O_EXCL | O_RDWR, 0600))));
	printf(", truncate %s", result(opened(open("file", O_RDONLY | O_TRUNC))));
	printf(", read %s", result(opened(open("file", O_RDONLY))));
	printf(", create in nothing %s\n", result(opened(open("nothing/new", O_CREAT | O_RDWR, 0600))));
	describe("new");
	describe("new2");
	describe("new3");
	describe("file");
	unlink("new");
	unlink("new2");
	unlink("new3");
}

static void case_full(void)
{
	int last = 0, fd;

	put("file", "file\n");
	limit(40);
	while ((fd = dup(1)) >= 0)
		last = fd;
	printf("full at %d: %s\n", last, result(-1));
	try_all("full");
	limit(41);
	try_all("one more");
	put("file", "file\n");
	limit(40);
	close(last);
	try_all("one less");
}

/* Numbers above a limit that was lowered do not count. */
static void case_lowered(void)
{
	put("file", "file\n");
	for (int fd = 100; fd < 120; fd++)
		must(dup2(1, fd), "dup2");
	limit(4);
	try_all("a hole below");
	must(dup2(1, 3), "dup2");
	try_all("no hole");
	limit(0);
	try_all("no limit at all");
}

enum { ROUNDS = 300 };

static pid_t noise(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			opened(open("file", O_RDONLY));
	return pid;
}

/* A program that was just written is executed: ETXTBSY if anybody still has it
 * open for writing. */
static void case_written(void)
{
	static char text[1 << 16];
	int in = (int)must(open("/bin/true", O_RDONLY), "true");
	ssize_t n = must(read(in, text, sizeof(text)), "true");
	int busy = 0, status;

	close(in);
	put("file", "file\n");
	pid_t other = noise();

	for (int i = 0; i < ROUNDS; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			int fd = open("prog", O_CREAT | O_TRUNC | O_WRONLY, 0755);

			if (fd < 0 || write(fd, text, (size_t)n) != n)
				_exit(1);
			close(fd);
			execl("./prog", "prog", (char *)NULL);
			_exit(errno);
		}
		waitpid(pid, &status, 0);
		busy += status != 0;
		unlink("prog");
	}
	kill(other, SIGKILL);
	waitpid(other, &status, 0);
	printf("%d of %d programs were busy\n", busy, ROUNDS);
}

/* A lock goes with the descriptor that is closed. */
static void case_lock(void)
{
	int kept = 0, other = (int)must(open("lock", O_CREAT | O_RDWR, 0600), "lock"), status;

	put("file", "file\n");
	pid_t pid = noise();

	for (int i = 0; i < 10 * ROUNDS; i++) {
		int fd = (int)must(open("lock", O_RDWR), "lock");

		must(flock(fd, LOCK_EX), "flock");
		close(fd);
		if (flock(other, LOCK_EX | LOCK_NB) != 0)
			kept++;
		flock(other, LOCK_UN);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	printf("%d of %d locks were kept\n", kept, 10 * ROUNDS);
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } cases[] = {
		{ "full", case_full }, { "lowered", case_lowered }, { "written", case_written }, { "lock", case_lock },
	};

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	umask(022);
	for (size_t i = 0; i < COUNT(cases); i++)
		if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			return 0;
		}
	return 64;
}
