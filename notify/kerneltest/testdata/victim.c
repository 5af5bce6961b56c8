/*
 * The target of the tests. It reads a command a line and answers each with a
 * line; see victim.go. "@N" before a command runs it on the Nth thread beside
 * the main one, which is started when it is first named.
 *
 * It makes no system call of its own between a command and its answer but
 * the ones that it is told, read(0) and write(1).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 4
#define PAGE 4096
#define MAX_ARGS 8

static volatile sig_atomic_t handled;
static void handle(int sig) { (void)sig; handled++; }

static char answer[1 << 16];
static char text[6][1 << 14];
static uint64_t how[3];

static int hex(const char *from, char *to)
{
	int n = 0;
	unsigned byte;

	for (; sscanf(from, "%2x", &byte) == 1; from += 2)
		to[n++] = (char)byte;
	to[n] = 0;
	return n;
}

static struct sock_filter allow[] = { { .code = BPF_RET | BPF_K, .k = SECCOMP_RET_ALLOW } };
static struct sock_fprog allow_all = { .len = 1, .filter = allow };

/* argument reads a number, s:HEX (a string), m:N (N bytes of memory), p: (a
 * filter that allows everything) or h:FLAGS,MODE,RESOLVE (a struct open_how). */
static long argument(const char *word, int slot)
{
	if (strncmp(word, "s:", 2) == 0) {
		hex(word + 2, text[slot]);
		return (long)text[slot];
	}
	if (strncmp(word, "m:", 2) == 0) {
		memset(text[slot], 0, (size_t)atoi(word + 2));
		return (long)text[slot];
	}
	if (strcmp(word, "p:") == 0)
		return (long)&allow_all;
	if (strncmp(word, "h:", 2) == 0) {
		sscanf(word + 2, "%li,%li,%li", (long *)&how[0], (long *)&how[1], (long *)&how[2]);
		return (long)how;
	}
	return (long)strtoull(word, NULL, 0);
}

static void do_call(int argc, char **argv)
{
	long a[7] = { 0 };
	long r;

	for (int i = 0; i < argc && i < 7; i++)
		a[i] = argument(argv[i], i - 1 < 0 ? 0 : i - 1);
	errno = 0;
	r = syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
	sprintf(answer, "%ld %d", r, r < 0 && r > -4096 ? errno : 0);
}

/* look DIRFD s:PATH FLAGS RESOLVE: what does this path open? RESOLVE -1 means
 * openat(2). The descriptor stays open until the next look. */
static void do_look(char **argv)
{
	static int held = -1;
	long dirfd = argument(argv[0], 0), path = argument(argv[1], 1);
	long flags = argument(argv[2], 2), resolve = argument(argv[3], 3);
	uint64_t h[3] = { (uint64_t)flags, 0, (uint64_t)resolve };
	struct stat st;
	int turns = 0;

	if (held >= 0)
		close(held);
	do { /* EAGAIN: a rename somewhere on the machine came in between */
		held = resolve == -1 ? (int)syscall(SYS_openat, dirfd, path, flags, 0)
				     : (int)syscall(SYS_openat2, dirfd, path, h, sizeof(h));
	} while (held < 0 && errno == EAGAIN && ++turns < 1000);
	if (held < 0) {
		sprintf(answer, "%d -1 0 0 0", errno);
		return;
	}
	fstat(held, &st);
	sprintf(answer, "0 %d %lu %lu %u", held, (unsigned long)st.st_dev, (unsigned long)st.st_ino, st.st_mode);
}

/* map AT PROTECTION s:BYTES: two pages, the second one unmapped unless AT is
 * beyond the first; the bytes end (not the string: no NUL is added) at AT. */
static void do_map(char **argv)
{
	long end = argument(argv[0], 0), protection = argument(argv[1], 1);
	int n = hex(argv[2] + 2, text[2]);
	char *at = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(at + end - n, text[2], (size_t)n);
	mprotect(at, 4 * PAGE, (int)protection);
	munmap(at + (end + PAGE - 1) / PAGE * PAGE, 4 * PAGE - (size_t)(end + PAGE - 1) / PAGE * PAGE);
	sprintf(answer, "%lu", (unsigned long)(at + end - n));
}

static void do_read(char **argv)
{
	ssize_t n = read(atoi(argv[0]), text[0], 4096);

	answer[0] = 0;
	for (ssize_t i = 0; i < n; i++)
		sprintf(answer + 2 * i, "%02x", (unsigned char)text[0][i]);
	if (n < 0)
		sprintf(answer, "errno %d", errno);
	if (n == 0)
		strcpy(answer, "end");
}

static void do_handler(char **argv)
{
	struct sigaction act = { .sa_handler = handle, .sa_flags = strcmp(argv[1], "restart") ? 0 : SA_RESTART };

	sprintf(answer, "%d", sigaction(atoi(argv[0]), &act, NULL) ? errno : 0);
}

/* fork: a child that only waits to be killed, or for its parent's death. */
static void do_fork(void)
{
	int ready[2];
	pid_t pid;
	char c;

	if (pipe(ready) != 0)
		return;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) < 0)
		pid = -errno;
	close(ready[0]);
	sprintf(answer, "%d", pid);
}

static void run(char *line)
{
	char *argv[MAX_ARGS + 1] = { 0 };
	int argc = 0;

	for (char *word = strtok(line, " "); word && argc < MAX_ARGS; word = strtok(NULL, " "))
		argv[argc++] = word;
	strcpy(answer, "unknown command");
	if (argc == 0)
		return;
	if (!strcmp(argv[0], "call"))
		do_call(argc - 1, argv + 1);
	else if (!strcmp(argv[0], "look") && argc == 5)
		do_look(argv + 1);
	else if (!strcmp(argv[0], "map") && argc == 4)
		do_map(argv + 1);
	else if (!strcmp(argv[0], "read") && argc == 2)
		do_read(argv + 1);
	else if (!strcmp(argv[0], "handler") && argc == 3)
		do_handler(argv + 1);
	else if (!strcmp(argv[0], "handled"))
		sprintf(answer, "%d", (int)handled);
	else if (!strcmp(argv[0], "fork"))
		do_fork();
	else if (!strcmp(argv[0], "tid"))
		sprintf(answer, "%ld", syscall(SYS_gettid));
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char *work[THREADS + 1];

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	pthread_mutex_lock(&lock);
	for (;;) {
		while (!work[me])
			pthread_cond_wait(&changed, &lock);
		run(work[me]);
		work[me] = NULL;
		pthread_cond_broadcast(&changed);
	}
	return NULL;
}

static void on_thread(int n, char *line)
{
	static int started[THREADS + 1];
	pthread_t id;

	pthread_mutex_lock(&lock);
	if (!started[n]++)
		pthread_create(&id, NULL, worker, (void *)(intptr_t)n);
	work[n] = line;
	pthread_cond_broadcast(&changed);
	while (work[n])
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static int read_line(char *line, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && read(0, line + n, 1) == 1) {
		if (line[n] == '\n') {
			line[n] = 0;
			return 1;
		}
		n++;
	}
	return 0;
}

int main(void)
{
	static char line[1 << 16];

	while (read_line(line, sizeof(line))) {
		if (line[0] == '@' && line[1] >= '1' && line[1] <= '0' + THREADS)
			on_thread(line[1] - '0', line + 3);
		else
			run(line);
		strcat(answer, "\n");
		if (write(1, answer, strlen(answer)) < 0)
			return 1;
	}
	return 0;
}
