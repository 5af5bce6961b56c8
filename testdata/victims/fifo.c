/*
 * fifo: opens of FIFOs that sleep, and what ends the sleep. Everything is
 * repeated until it has happened, so that nothing depends on how long anything
 * takes.
 *
 * usage: fifo CASE, in an empty directory
 */
#include "fifo.h"

/* Opens of others go on while some sleep. */
static void case_others(void)
{
	enum { SLEEPERS = 40 };
	pid_t pids[SLEEPERS];
	char name[32];

	for (int i = 0; i < SLEEPERS; i++) {
		snprintf(name, sizeof(name), "queue%d", i);
		if (mkfifo(name, 0600) != 0)
			die("mkfifo");
		pids[i] = reader(name, 0, 0);
	}
	started(SLEEPERS);
	for (int i = 0; i < 2000; i++) {
		int fd = open("plain", O_CREAT | O_RDWR, 0600);

		if (fd < 0)
			die("open of a file");
		close(fd);
	}
	printf("2000 files opened\n");
	for (int i = SLEEPERS - 1; i >= 0; i--) {
		snprintf(name, sizeof(name), "queue%d", i);
		feed(name);
		say_end(name, pids[i]);
	}
}

static void case_kill(void)
{
	pid_t pid = reader("queue", 0, 0);

	started(1);
	for (int i = 0; i < 20; i++)
		nap();
	kill(pid, SIGKILL);
	say_end("reader", pid);
	/* Nobody reads any more, so a writer is told so. A supervisor that opened
	 * the FIFO for the reader may need a moment to see that he is gone. */
	int fd;

	while ((fd = open("queue", O_WRONLY | O_NONBLOCK)) >= 0) {
		close(fd);
		nap();
	}
	printf("writer: %s\n", strerror(errno));
}

/* Signals are sent until one has ended the open. */
static void interrupt(int sig, int flags, const char *who)
{
	pid_t pid = reader("queue", sig, flags), gone;
	int status = 0;

	started(1);
	while ((gone = waitpid(pid, &status, WNOHANG)) == 0) {
		kill(pid, sig);
		nap();
	}
	if (gone == pid && WIFEXITED(status) && WEXITSTATUS(status) > 100)
		printf("%s failed: %s\n", who, strerror(WEXITSTATUS(status) - 100));
	else
		printf("%s ended with %x\n", who, (unsigned)status);
}

static void case_eintr(void)
{
	interrupt(SIGUSR1, 0, "reader without SA_RESTART");
}

static void case_restart(void)
{
	pid_t pid = reader("queue", SIGUSR1, SA_RESTART);

	started(1);
	while (shared->caught < 50) {
		kill(pid, SIGUSR1);
		nap();
	}
	feed("queue");
	say_end("reader with SA_RESTART", pid);
}

/* A signal that is ignored, or blocked, does not wake the open. */
static void case_masked(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGUSR2, SIG_IGN);
	pid_t pid = reader("queue", 0, 0);

	started(1);
	for (int i = 0; i < 50; i++) {
		kill(pid, i % 2 ? SIGUSR1 : SIGUSR2);
		nap();
	}
	feed("queue");
	say_end("reader that blocks and ignores", pid);
}

/* Stopped and continued, the open goes on. */
static void case_stop(void)
{
	pid_t pid = reader("queue", 0, 0);
	int status;

	started(1);
	for (int i = 0; i < 20; i++) {
		nap();
		kill(pid, SIGSTOP);
		if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
			die("not stopped");
		kill(pid, SIGCONT);
		if (waitpid(pid, &status, WCONTINUED) != pid || !WIFCONTINUED(status))
			die("not continued");
	}
	feed("queue");
	say_end("reader that was stopped", pid);
}

/* An open for writing sleeps too; O_RDWR and O_NONBLOCK never do. */
static void case_modes(void)
{
	int fd = open("queue", O_RDWR);

	printf("O_RDWR: %s\n", fd >= 0 ? "opened" : strerror(errno));
	close(fd);
	fd = open("queue", O_WRONLY | O_NONBLOCK);
	printf("O_WRONLY|O_NONBLOCK: %s\n", fd >= 0 ? "opened" : strerror(errno));
	fd = open("queue", O_RDONLY | O_NONBLOCK);
	printf("O_RDONLY|O_NONBLOCK: %s, flags %o\n", fd >= 0 ? "opened" : strerror(errno), fcntl(fd, F_GETFL));
	close(fd);
	pid_t pid = fork();

	if (pid == 0) {
		atomic_fetch_add(&shared->opening, 1);
		feed("queue");
		_exit(0);
	}
	started(1);
	fd = open("queue", O_RDONLY);
	char text[64];
	ssize_t n = read(fd, text, sizeof(text));

	printf("O_RDONLY: flags %o, %zd bytes\n", fcntl(fd, F_GETFL), n);
	waitpid(pid, NULL, 0);
}

/* The alarm of the sleeping process itself. */
static void case_alarm(void)
{
	handle(SIGALRM, 0);
	struct itimerspec every = { { 0, 5000000 }, { 0, 5000000 } };
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, NULL, &timer) != 0 || timer_settime(timer, 0, &every, NULL) != 0)
		die("timer");
	int fd = open("queue", O_RDONLY);

	printf("open: %s\n", fd < 0 ? strerror(errno) : "opened");
}

/* The sleep of a thread that is not the leader, and signals to the process. */
static volatile int ended;

static void *opener(void *mask)
{
	char text[64];

	if (mask != NULL)
		pthread_sigmask(SIG_UNBLOCK, mask, NULL);
	atomic_fetch_add(&shared->opening, 1);
	int fd = open("queue", O_RDONLY);

	if (fd < 0)
		printf("thread failed: %s\n", strerror(errno));
	else
		printf("thread read %zd bytes\n", read(fd, text, sizeof(text)));
	ended = 1;
	return NULL;
}

/* signalled has a thread open the FIFO, and sends signals to the process. The
 * leader takes them, or leaves them to the thread. */
static void signalled(int flags, bool leader)
{
	pthread_t thread;
	sigset_t set;

	handle(SIGUSR1, flags);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (pthread_create(&thread, NULL, opener, leader ? NULL : &set) != 0)
		die("thread");
	started(1);
	if (leader)
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	while (!ended && ((flags == 0 && !leader) || shared->caught < 30)) {
		kill(getpid(), SIGUSR1);
		nap();
	}
	if (!ended)
		feed("queue");
	pthread_join(thread, NULL);
}

static void case_thread(void) { signalled(0, false); }
static void case_thread_restart(void) { signalled(SA_RESTART, false); }
static void case_leader(void) { signalled(0, true); }

/* The leader has ended, and its threads go on. */
static void *after_leader(void *pid)
{
	sigset_t set;

	(void)pid;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	atomic_fetch_add(&shared->opening, 1);
	int fd = open("queue", O_RDONLY);

	printf("without a leader: %s\n", fd < 0 ? strerror(errno) : "opened");
	_exit(0);
}

/* pthread_exit(3) loads libgcc_s when it is first called. */
static void *exits(void *unused)
{
	(void)unused;
	pthread_exit(NULL);
}

static void case_leaderless(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t thread;

		/* Signals may end an open of any file: not that of the library. */
		if (pthread_create(&thread, NULL, exits, NULL) != 0 || pthread_join(thread, NULL) != 0)
			die("thread");
		handle(SIGUSR1, 0);
		if (pthread_create(&thread, NULL, after_leader, NULL) != 0)
			die("thread");
		pthread_exit(NULL);
	}
	started(1);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		kill(pid, SIGUSR1);
		nap();
	}
}

/* Openers by the hundred are killed while they sleep, in two rounds: whoever
 * runs this looks at the supervisor in between. */
static void killed(int batches)
{
	enum { BATCH = 8 };
	pid_t pids[BATCH];

	for (int b = 0; b < batches; b++) {
		shared->opening = 0;
		for (int i = 0; i < BATCH; i++)
			pids[i] = reader("queue", 0, 0);
		started(BATCH);
		nap();
		for (int i = 0; i < BATCH; i++)
			kill(pids[i], SIGKILL);
		for (int i = 0; i < BATCH; i++)
			waitpid(pids[i], NULL, 0);
		int fd;

		while ((fd = open("queue", O_WRONLY | O_NONBLOCK)) >= 0) {
			close(fd);
			nap();
		}
	}
}

/* Calls go on until somebody has seen enough. */
static void stir(void)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };

	while (poll(&in, 1, 1) == 0)
		close(open("plain", O_CREAT | O_RDWR, 0600));
	getchar();
}

/* patient opens the FIFO as often as a signal makes it. */
static int patient(int flags)
{
	int fd;

	do
		fd = open("queue", flags);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* meetings has two processes open the FIFO for each other while a signal comes
 * every millisecond. One that was let go on is not there any more for another
 * attempt: whoever has met it must be let go on too. */
static void meetings(int own, int other)
{
	struct itimerval each = { { 0, 1000 }, { 0, 1000 } };

	handle(SIGALRM, 0);
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			struct timespec late = { 0, 6000000 + (i * 37 % 80) * 100000 };

			nanosleep(&late, NULL);
			_exit(close(open("queue", other)) != 0);
		}
		setitimer(ITIMER_REAL, &each, NULL);
		if (close(patient(own)) != 0)
			die("meet");
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
}

static void case_meet(void)
{
	meetings(O_WRONLY, O_RDONLY);
	meetings(O_RDONLY, O_WRONLY);
	printf("met 400 times\n");
}

static void case_leak(void)
{
	killed(10);
	printf("warm\n");
	stir();
	killed(125);
	printf("killed 1000\n");
	stir();
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } cases[] = {
		{ "others", case_others }, { "kill", case_kill }, { "eintr", case_eintr },
		{ "restart", case_restart }, { "masked", case_masked }, { "stop", case_stop },
		{ "modes", case_modes }, { "alarm", case_alarm }, { "thread", case_thread },
		{ "thread-restart", case_thread_restart }, { "leader", case_leader }, { "leaderless", case_leaderless },
		{ "leak", case_leak }, { "meet", case_meet },
	};

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	setvbuf(stdout, NULL, _IONBF, 0);
	if (shared == MAP_FAILED || mkfifo("queue", 0600) != 0)
		die("set up");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			return 0;
		}
	return 64;
}
