#include "soak.h"

#include <sys/resource.h>

/* asleep reports whether a process sleeps in a call; what reader calls first
 * is the open of its FIFO. */
static int asleep(pid_t pid)
{
	char name[64], text[512], *after;
	int fd;
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (n = read(fd, text, sizeof(text) - 1)) <= 0)
		die("read", name);
	close(fd);
	text[n] = 0;
	after = strrchr(text, ')');
	return after != NULL && after[2] == 'S';
}

static void on_alarm(int sig) { (void)sig; }

enum { INTERRUPTED = 41 };

static void reader(long number, uint64_t seed)
{
	struct sigaction action = { .sa_handler = on_alarm }; /* without SA_RESTART */
	const char *name = name_of("fifos", "queue", number);
	char text[64];

	(void)seed;
	sigaction(SIGALRM, &action, NULL);
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno == EINTR)
		_exit(INTERRUPTED);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (n < 0)
		die("read", name);
	_exit((int)(hash_text(7, text, (size_t)n) & 0x1f));
}

static int is_over(pid_t pid, int *status)
{
	pid_t got = waitpid(pid, status, WNOHANG);

	if (got < 0 && errno != EINTR)
		die("waitpid", "");
	return got == pid;
}

/* wake ends the wait of a reader in one of three ways. */
static int wake(int number, pid_t pid, uint64_t seed)
{
	char text[64];
	int status = 0;

	switch (number % 3) {
	case 0: /* by what it waits for */
		snprintf(text, sizeof(text), "%016lx", (unsigned long)mix(seed, (uint64_t)number));
		int fd = open(name_of("fifos", "queue", number), O_WRONLY | O_CLOEXEC);

		if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
			die("write", name_of("fifos", "queue", number));
		close(fd);
		return ended(pid);
	case 1:
		kill(pid, SIGKILL);
		return ended(pid);
	default: /* by a signal that it handles; one may come before the call */
		while (!is_over(pid, &status)) {
			kill(pid, SIGALRM);
			sched_yield();
		}
		return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

/* fifos: n processes sleep in an open at once, then wake in many ways. */
uint64_t fifos(int n, uint64_t seed)
{
	uint64_t hash = 0;
	pid_t pids[n];

	make_folder("fifos");
	for (int i = 0; i < n; i++) {
		if (mkfifo(name_of("fifos", "queue", i), 0600) != 0)
			die("mkfifo", name_of("fifos", "queue", i));
		pids[i] = start(reader, i, seed);
	}
	for (int i = 0; i < n; i++)
		while (!asleep(pids[i]))
			sched_yield();
	for (int i = n - 1; i >= 0; i--)
		hash = mix(hash, (uint64_t)wake(i, pids[i], seed));
	for (int i = 0; i < n; i++)
		if (unlink(name_of("fifos", "queue", i)) != 0)
			die("unlink", name_of("fifos", "queue", i));
	return hash;
}

enum { LIMIT = 40 };

/* Fills the table of descriptors, and goes on at its edge. */
static void at_the_limit(long number, uint64_t seed)
{
	struct rlimit limit = { LIMIT, LIMIT };
	uint64_t random = mix(seed, (uint64_t)number), hash = 0;
	int fd, highest = -1;

	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		die("setrlimit", "");
	while ((fd = open("limits", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0)
		highest = fd;
	hash = mix(hash, (uint64_t)errno);
	for (int i = 0; i < 40; i++) {
		int victim = highest - (int)(next_random(&random) % 8);

		close(victim);
		fd = open(name_of("limits", "file", 0), O_RDONLY | O_CLOEXEC);
		if (fd != victim)
			die("open: not the lowest free descriptor", "limits");
		hash = mix(hash, (uint64_t)(open("limits", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0));
	}
	_exit((int)(hash & 0x7f));
}

/* limits: n processes whose tables of descriptors are full. */
uint64_t limits(int n, uint64_t seed)
{
	uint64_t hash = 0;
	pid_t pids[n];

	make_folder("limits");
	write_file(name_of("limits", "file", 0), "one");
	for (int i = 0; i < n; i++)
		pids[i] = start(at_the_limit, i, seed);
	for (int i = 0; i < n; i++)
		hash = mix(hash, (uint64_t)ended(pids[i]));
	return hash;
}
