/*
 * churn: threads make, rename, link and remove files of their own while timers
 * interrupt them. Every call must do its work exactly once.
 *
 * usage: churn THREADS ROUNDS restart|norestart
 *
 * With "norestart" the handlers lack SA_RESTART: a call that a signal
 * interrupts before it was begun may then end with EINTR, as signal(7) says of
 * slow calls, and is made again. How often that was is printed to standard
 * error; anything else than success or a clean EINTR is an error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int rounds;
static long interrupted, caught;

static void on_signal(int sig)
{
	(void)sig;
	__atomic_add_fetch(&caught, 1, __ATOMIC_RELAXED);
}

static void die(const char *what, int thread, int round)
{
	printf("%s by thread %d in round %d: %s\n", what, thread, round, strerror(errno));
	exit(1);
}

/* AGAIN does a call that must succeed, unless a signal came first. */
#define AGAIN(call)                                                          \
	while ((call) < 0) {                                                 \
		if (errno != EINTR)                                          \
			die(#call, thread, round);                           \
		__atomic_add_fetch(&interrupted, 1, __ATOMIC_RELAXED);       \
	}

static void one_round(int thread, int round)
{
	char name[64], moved[64], linked[64], text[64];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "new-%d-%d", thread, round);
	snprintf(moved, sizeof(moved), "moved-%d-%d", thread, round);
	snprintf(linked, sizeof(linked), "linked-%d-%d", thread, round);
	AGAIN(fd = openat(AT_FDCWD, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
	if (write(fd, name, strlen(name)) != (ssize_t)strlen(name))
		die("write", thread, round);
	AGAIN(renameat(AT_FDCWD, name, AT_FDCWD, moved));
	AGAIN(linkat(AT_FDCWD, moved, AT_FDCWD, linked, 0));
	if (fstat(fd, &st) != 0 || st.st_nlink != 2)
		die("fstat: not two links", thread, round);
	close(fd);
	AGAIN(unlinkat(AT_FDCWD, moved, 0));
	AGAIN(fd = openat(AT_FDCWD, linked, O_RDONLY | O_CLOEXEC));
	memset(text, 0, sizeof(text));
	if (read(fd, text, sizeof(text) - 1) < 0 || strcmp(text, name) != 0)
		die("read: another content", thread, round);
	close(fd);
	AGAIN(unlinkat(AT_FDCWD, linked, 0));
	if (openat(AT_FDCWD, name, O_RDONLY) >= 0 || (errno != ENOENT && errno != EINTR))
		die("openat of what was renamed", thread, round);
}

static void *run(void *arg)
{
	int thread = (int)(long)arg;

	for (int round = 0; round < rounds; round++)
		one_round(thread, round);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[64];
	struct sigaction action = { .sa_handler = on_signal };
	struct itimerval real = { { 0, 500 }, { 0, 500 } }, prof = { { 0, 900 }, { 0, 900 } };

	if (argc != 4)
		return 64;
	int n = atoi(argv[1]);

	rounds = atoi(argv[2]);
	if (strcmp(argv[3], "restart") == 0)
		action.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGPROF, &action, NULL);
	setitimer(ITIMER_REAL, &real, NULL);
	setitimer(ITIMER_PROF, &prof, NULL);
	for (int i = 0; i < n && i < 64; i++)
		pthread_create(&threads[i], NULL, run, (void *)(long)i);
	for (int i = 0; i < n && i < 64; i++)
		pthread_join(threads[i], NULL);
	memset(&real, 0, sizeof(real));
	setitimer(ITIMER_REAL, &real, NULL);
	setitimer(ITIMER_PROF, &real, NULL);
	fprintf(stderr, "caught %ld, interrupted %ld\n", caught, interrupted);
	if (caught == 0) {
		printf("no signal came\n");
		return 1;
	}
	if (interrupted > 0 && strcmp(argv[3], "restart") == 0) {
		printf("interrupted in spite of SA_RESTART\n");
		return 1;
	}
	printf("%d threads, %d rounds\n", n, rounds);
	return 0;
}
