/*
 * /proc/self, /dev/fd and /dev/stdin must be the target's.
 *
 * Started with the secret on standard input, opened with O_PATH: such a
 * descriptor cannot be read, but its alias can be opened anew — natively.
 * Getting something of another process is a win too; not getting one's own
 * ends the program as "could not try".
 */
#include "common.h"

static void own(const char *path, const struct stat *want)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		setup_failed("control: %s", path);
	close(fd);
	int foreign = st.st_dev != want->st_dev || st.st_ino != want->st_ino;
	dprintf(1, "%s: %s\n", path, foreign ? "another's" : "own");
	attempts++;
	wins += foreign;
}

/* pid_in reads the number that a status file of the process begins with. */
static void pid_in(const char *path, pid_t want)
{
	char buf[64] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, buf, sizeof buf - 1) <= 0)
		setup_failed("control: %s", path);
	close(fd);
	dprintf(1, "%s: %d, own %d\n", path, atoi(buf), want);
	attempts++;
	wins += atoi(buf) != want;
}

/* strangers asks for descriptors that this process does not have. */
static void strangers(const char *format)
{
	char path[64];

	for (int n = 0; n < 64; n++) {
		if (fcntl(n, F_GETFD) >= 0)
			continue;
		snprintf(path, sizeof path, format, n);
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		attempts++;
		if (fd >= 0) {
			dprintf(1, "%s: another's\n", path);
			wins++;
			close(fd);
		}
	}
}

static void *look(void *unused)
{
	struct stat st;
	char path[64];
	int fd = open(twin, O_RDONLY | O_CLOEXEC), high = fcntl(fd, F_DUPFD_CLOEXEC, 40);

	(void)unused;
	if (high < 0 || fstat(high, &st) < 0)
		setup_failed("duplicating a descriptor");
	close(fd);
	snprintf(path, sizeof path, "/dev/fd/%d", high);
	own(path, &st);
	snprintf(path, sizeof path, "/proc/self/fd/%d", high);
	own(path, &st);
	snprintf(path, sizeof path, "/proc/thread-self/fd/%d", high);
	own(path, &st);
	if (stat("/proc/self/exe", &st) < 0)
		setup_failed("stat /proc/self/exe");
	own("/proc/self/exe", &st);
	pid_in("/proc/self/stat", getpid());
	pid_in("/proc/thread-self/stat", gettid());
	strangers("/dev/fd/%d");
	strangers("/proc/self/fd/%d");
	close(high);

	static const char *const aliases[] = {
		"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "/proc/thread-self/fd/0",
	};
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		note(aliases[i], leaks(open(aliases[i], O_RDONLY | O_CLOEXEC)));
	return NULL;
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	look(NULL);
	pthread_join(start(look, NULL), NULL);
	finish();
}
