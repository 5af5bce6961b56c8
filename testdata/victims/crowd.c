/* A crowd of processes or threads that open files at once, and does what its
 * standard input says, a command a line, KIND being processes or threads:
 *
 *   open KIND WORKERS OPENS SPIN PIN PATH
 *     Each opens and closes PATH, with SPIN rounds of a loop between; if PIN is
 *     1, each on a CPU of its own. Answers with nanoseconds: from the first
 *     worker's start to the last one's end, and of one open and close the
 *     median, the 99th percentile and the 99.9th.
 *   check KIND WORKERS ROUNDS DIR
 *     Each compares what it gets in DIR with what it must get. Answers with
 *     the number of right and of wrong results.
 *   meet KIND PAIRS ROUNDS DIR
 *     Two of a pair open two FIFOs of DIR in turns, one for reading and one for
 *     writing: neither open ends before the other has begun. Answers with the
 *     number of opens that ended well and of others.
 *   sleep KIND WORKERS DIR
 *     Each opens a FIFO of DIR for reading. Answers at once.
 *   woken
 *     Waits for those. Answers with the number of opens that ended well.
 *
 * The answer is a line that begins with the command's name. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 512, SAMPLES = 1 << 18, PATHS = 4096 };

/* A crew does a job. It lies in shared memory: its workers may be processes. */
struct crew {
	void (*work)(struct crew *crew, int worker);
	int workers, rounds, spin, pin, by_threads;
	char path[PATHS];
	pthread_barrier_t start;
	struct worker {
		struct crew *crew;
		pid_t pid;
		pthread_t thread;
		long start, end, right, wrong;
	} of[WORKERS];
	uint32_t ns[SAMPLES];
};

/* Those who sleep do so while others work. */
static struct crew *workers, *sleepers;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

/* pin puts the calling thread on the CPU of its number, of those it has. */
static void pin(int worker)
{
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		die("sched_getaffinity");
	worker %= CPU_COUNT(&all);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all) || worker-- > 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one) != 0)
			die("sched_setaffinity");
		return;
	}
}

static void work_open(struct crew *crew, int worker)
{
	uint32_t *ns = crew->ns + (long)worker * crew->rounds;

	if (crew->pin)
		pin(worker);
	pthread_barrier_wait(&crew->start);
	crew->of[worker].start = now();
	for (int i = 0; i < crew->rounds; i++) {
		long start = now();
		int fd = open(crew->path, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			die(crew->path);
		close(fd);
		ns[i] = (uint32_t)(now() - start);
		for (volatile int turn = 0; turn < crew->spin; turn++)
			;
	}
	crew->of[worker].end = now();
}

/* count takes a result. */
static void count(struct crew *crew, int worker, int is_right, const char *what)
{
	int e = errno;

	if (is_right) {
		crew->of[worker].right++;
		return;
	}
	if (crew->of[worker].wrong++ == 0)
		fprintf(stderr, "worker %d: %s (%s)\n", worker, what, strerror(e));
}

/* holds reports whether an open file contains the worker's number. */
static int holds(int fd, int worker)
{
	char text[16] = "";
	int is = fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && atoi(text) == worker && text[0] != 0;

	if (fd >= 0)
		close(fd);
	return is;
}

static void fails(struct crew *crew, int worker, int fd, int want, const char *what)
{
	count(crew, worker, fd < 0 && errno == want, what);
	if (fd >= 0)
		close(fd);
}

static void work_check(struct crew *crew, int worker)
{
	char own[PATHS + 32], link[PATHS + 32], fresh[PATHS + 32], moved[PATHS + 64], none[PATHS + 32], secret[PATHS + 32];

	snprintf(own, sizeof(own), "%s/own/%d", crew->path, worker);
	snprintf(link, sizeof(link), "%s/link/%d", crew->path, worker);
	snprintf(fresh, sizeof(fresh), "%s/new/%d", crew->path, worker);
	snprintf(moved, sizeof(moved), "%s.moved", fresh);
	snprintf(none, sizeof(none), "%s/none", crew->path);
	snprintf(secret, sizeof(secret), "%s/secret/%d", crew->path, worker);
	pthread_barrier_wait(&crew->start);
	for (int i = 0; i < crew->rounds; i++) {
		char number[16];
		int length = snprintf(number, sizeof(number), "%d\n", worker);

		count(crew, worker, holds(open(own, O_RDONLY), worker), "own file");
		count(crew, worker, holds(open(link, O_RDONLY), worker), "own file by a symlink");
		fails(crew, worker, open(none, O_RDONLY), ENOENT, "missing file");
		fails(crew, worker, open(secret, O_RDONLY), EACCES, "denied file");
		int dir = open(crew->path, O_RDONLY | O_DIRECTORY);

		count(crew, worker, holds(openat(dir, own + strlen(crew->path) + 1, O_RDONLY), worker), "own file below a descriptor");
		close(dir);
		int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL, 0600);

		count(crew, worker, fd >= 0 && write(fd, number, length) == length, "new file");
		close(fd);
		fails(crew, worker, open(fresh, O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST, "new file again");
		count(crew, worker, rename(fresh, moved) == 0, "rename");
		count(crew, worker, holds(open(moved, O_RDONLY), worker), "renamed file");
		count(crew, worker, unlink(moved) == 0, "unlink");
	}
}

static void work_meet(struct crew *crew, int worker)
{
	char path[PATHS + 32], byte;

	pthread_barrier_wait(&crew->start);
	for (int i = 0; i < crew->rounds; i++) {
		snprintf(path, sizeof(path), "%s/fifo-%d", crew->path, worker / 2 * 2 + i % 2);
		int fd = open(path, worker % 2 == 0 ? O_RDONLY : O_WRONLY);

		/* A reader stays until its writer has gone: the next round finds no
		 * one left of this one. */
		count(crew, worker, fd >= 0 && (worker % 2 != 0 || read(fd, &byte, 1) == 0), "FIFO");
		close(fd);
	}
}

static void work_sleep(struct crew *crew, int worker)
{
	char path[PATHS + 32];

	snprintf(path, sizeof(path), "%s/fifo-%d", crew->path, worker);
	int fd = open(path, O_RDONLY);

	count(crew, worker, fd >= 0, "FIFO");
	close(fd);
}

static void *thread(void *of)
{
	struct worker *w = of;

	w->crew->work(w->crew, (int)(w - w->crew->of));
	return NULL;
}

/* set_out starts the workers of a crew. */
static void set_out(struct crew *crew)
{
	pthread_barrierattr_t between;

	pthread_barrierattr_init(&between);
	pthread_barrierattr_setpshared(&between, PTHREAD_PROCESS_SHARED);
	if ((errno = pthread_barrier_init(&crew->start, &between, (unsigned)crew->workers)) != 0)
		die("pthread_barrier_init");
	memset(crew->of, 0, sizeof(crew->of));
	for (int i = 0; i < crew->workers; i++) {
		struct worker *w = &crew->of[i];

		w->crew = crew;
		if (crew->by_threads) {
			if ((errno = pthread_create(&w->thread, NULL, thread, w)) != 0)
				die("pthread_create");
			continue;
		}
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			thread(w);
			_exit(0);
		}
		w->pid = pid;
	}
}

/* gather waits for the workers and adds up their results. */
static void gather(struct crew *crew, long *right, long *wrong)
{
	*right = *wrong = 0;
	for (int i = 0; i < crew->workers; i++) {
		struct worker *w = &crew->of[i];
		int status = 0;

		if (crew->by_threads)
			pthread_join(w->thread, NULL);
		else if (waitpid(w->pid, &status, 0) != w->pid || status != 0)
			w->wrong++;
		*right += w->right;
		*wrong += w->wrong;
	}
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void say_times(struct crew *crew)
{
	long start = crew->of[0].start, end = crew->of[0].end, samples = (long)crew->workers * crew->rounds;

	for (int i = 1; i < crew->workers; i++) {
		start = crew->of[i].start < start ? crew->of[i].start : start;
		end = crew->of[i].end > end ? crew->of[i].end : end;
	}
	qsort(crew->ns, (size_t)samples, sizeof(crew->ns[0]), ascending);
	printf("open %ld %u %u %u\n", end - start, crew->ns[samples / 2], crew->ns[samples * 99 / 100],
	       crew->ns[samples * 999 / 1000]);
}

/* obey does what a line says, and reports whether that was possible. */
static int obey(const char *line)
{
	struct crew *crew = strncmp(line, "sleep ", 6) == 0 ? sleepers : workers;
	char kind[16] = "";
	long right, wrong;

	if (strcmp(line, "woken\n") == 0) {
		gather(sleepers, &right, &wrong);
		printf("woken %ld\n", right);
		return 1;
	}
	crew->spin = crew->pin = 0;
	crew->rounds = 1;
	if (sscanf(line, "open %15s %d %d %d %d %4095s", kind, &crew->workers, &crew->rounds, &crew->spin, &crew->pin, crew->path) == 6)
		crew->work = work_open;
	else if (sscanf(line, "check %15s %d %d %4095s", kind, &crew->workers, &crew->rounds, crew->path) == 4)
		crew->work = work_check;
	else if (sscanf(line, "meet %15s %d %d %4095s", kind, &crew->workers, &crew->rounds, crew->path) == 4)
		crew->work = work_meet;
	else if (sscanf(line, "sleep %15s %d %4095s", kind, &crew->workers, crew->path) == 3)
		crew->work = work_sleep;
	else
		return 0;
	if (crew->work == work_meet)
		crew->workers *= 2;
	if (crew->workers < 1 || crew->workers > WORKERS || crew->rounds < 1 || crew->rounds > SAMPLES / crew->workers)
		return 0;
	crew->by_threads = strcmp(kind, "threads") == 0;
	set_out(crew);
	if (crew->work == work_sleep) {
		printf("sleep\n");
		return 1;
	}
	gather(crew, &right, &wrong);
	if (crew->work != work_open)
		printf("%s %ld %ld\n", crew->work == work_check ? "check" : "meet", right, wrong);
	else if (wrong == 0)
		say_times(crew);
	else
		return 0;
	return 1;
}

int main(void)
{
	char line[PATHS + 256];

	workers = mmap(NULL, 2 * sizeof(*workers), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (workers == MAP_FAILED)
		die("mmap");
	sleepers = workers + 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	while (fgets(line, sizeof(line), stdin))
		if (!obey(line)) {
			fprintf(stderr, "crowd: cannot do %s", line);
			return 1;
		}
	return 0;
}
