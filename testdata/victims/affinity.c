/*
 * affinity: whatever a supervisor does to be woken on the right processor, the
 * program must not be able to see it. Every open is followed by a look at the
 * thread's own affinity and scheduling class, by system call and in /proc, while
 * another thread looks at the first one all the time.
 *
 * usage: affinity FILE OPENS
 *        affinity FILE forever	(says "ready"; ends when open fails with ENOSYS)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct terms {
	cpu_set_t cpus;
	int class, nice;
};

static struct terms first;
static pid_t opener;
static volatile bool over;
static volatile long changes, looks;

static void look(struct terms *t)
{
	memset(t, 0, sizeof(*t));
	sched_getaffinity(opener, sizeof(t->cpus), &t->cpus);
	t->class = sched_getscheduler(opener);
}

static void compare(void)
{
	struct terms now;

	look(&now);
	if (memcmp(&now, &first, sizeof(now)) != 0)
		changes++;
	looks++;
}

static void *other(void *arg)
{
	(void)arg;
	while (!over)
		compare();
	return NULL;
}

/* allowed reads the line Cpus_allowed of /proc/self/status. */
static bool allowed(char line[256])
{
	FILE *f = fopen("/proc/thread-self/status", "r");
	bool found = false;

	if (f == NULL)
		return false;
	while (!found && fgets(line, 256, f) != NULL)
		found = strncmp(line, "Cpus_allowed:", 13) == 0;
	fclose(f);
	return found;
}

/* once opens the file, and reports whether there is anybody to open it. */
static bool once(const char *file, bool deep, const char *line)
{
	char again[256];
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno != ENOSYS;
	compare();
	close(fd);
	if (deep && !allowed(again))
		return errno != ENOSYS;
	if (deep && strcmp(line, again) != 0)
		changes++;
	return true;
}

int main(int argc, char **argv)
{
	bool forever = argc == 3 && strcmp(argv[2], "forever") == 0;
	long opens = forever ? 0 : argc == 3 ? atol(argv[2]) : -1;
	char line[256];
	pthread_t thread;

	if (opens < 0)
		return 64;
	opener = (pid_t)syscall(SYS_gettid);
	look(&first);
	if (!allowed(line) || pthread_create(&thread, NULL, other, NULL) != 0)
		return 1;
	setvbuf(stdout, NULL, _IONBF, 0);
	if (forever)
		printf("ready %d\n", getpid());
	for (long i = 0; forever || i < opens; i++)
		if (!once(argv[1], i % 8 == 0, line))
			break;
	compare();
	over = true;
	pthread_join(thread, NULL);
	printf("%ld changes in %s looks\n", changes, looks > opens ? "all" : "too few");
	return changes != 0;
}
