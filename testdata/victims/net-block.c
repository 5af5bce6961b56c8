/*
 * net-block: calls on sockets that sleep: interrupted, restarted, bounded,
 * ended together with their process, and others going on meanwhile.
 */
#include "net.h"
#include <sys/time.h>

static volatile sig_atomic_t signals;

static void handle(int sig)
{
	(void)sig;
	signals++;
}

static void arm(int flags)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = flags };
	struct itimerval every = { { 0, 30000 }, { 0, 30000 } };

	signals = 0;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static void disarm(void)
{
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
}

static union address at;
static socklen_t at_size;

/* full is a listener whose queue has no room. */
static int full(void)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM), client;

	must(bind(fd, (struct sockaddr *)&at, sizeof(sa_family_t)), "autobind");
	at_size = sizeof at;
	must(getsockname(fd, &at.any, &at_size), "getsockname");
	must(listen(fd, 0), "listen");
	do
		client = new_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
	while (connect(client, &at.any, at_size) == 0);
	return fd;
}

/* after runs something in a child, when the parent sleeps or soon after. */
static pid_t after(int milliseconds, int (*run)(int), int arg)
{
	pid_t pid = fork();

	if (pid == 0) {
		usleep((useconds_t)milliseconds * 1000);
		_exit(run(arg));
	}
	return pid;
}

static int accept_all(int fd)
{
	while (accept(fd, NULL, NULL) >= 0)
		;
	return 0;
}

static int drain(int fd)
{
	char buf[10];

	return recv(fd, buf, sizeof buf, 0) < 0;
}

static void connects(void)
{
	int server, fd = new_socket(AF_UNIX, SOCK_STREAM);
	struct timeval bound = { 0, 50000 };
	pid_t pid;

	at.any.sa_family = AF_UNIX;
	server = full();
	arm(0);
	printf("interrupted: %s\n", result(connect(fd, &at.any, at_size)));
	disarm();
	printf("signals: %d\n", signals > 0);
	must(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound), "SO_SNDTIMEO");
	printf("bounded: %s\n", result(connect(fd, &at.any, at_size)));
	bound.tv_sec = 60;
	must(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound), "SO_SNDTIMEO");
	arm(SA_RESTART);
	printf("bounded and interrupted: %s\n", result(connect(fd, &at.any, at_size)));
	disarm();
	bound = (struct timeval){ 0 };
	must(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound), "SO_SNDTIMEO");
	pid = after(150, accept_all, server);
	arm(SA_RESTART);
	printf("restarted: %s\n", result(connect(fd, &at.any, at_size)));
	disarm();
	printf("signals: %d\n", signals > 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void sends(void)
{
	int server = new_socket(AF_UNIX, SOCK_DGRAM), fd = new_socket(AF_UNIX, SOCK_DGRAM), pair[2];
	struct timeval bound = { 0, 50000 };
	char big[100000] = "";
	struct iovec one = { big, sizeof big };
	struct msghdr m = { .msg_iov = &one, .msg_iovlen = 1 };
	long n, total = 0;
	pid_t pid;

	must(bind(server, (struct sockaddr *)&(struct sockaddr_un){ .sun_family = AF_UNIX }, sizeof(sa_family_t)), "autobind");
	at_size = sizeof at;
	must(getsockname(server, &at.any, &at_size), "getsockname");
	while (sendto(fd, "x", 1, MSG_DONTWAIT, &at.any, at_size) == 1)
		;
	printf("full: %s\n", strerrorname_np(errno));
	arm(0);
	printf("interrupted: %s\n", result(sendto(fd, "x", 1, 0, &at.any, at_size)));
	disarm();
	must(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound), "SO_SNDTIMEO");
	printf("bounded: %s\n", result(sendto(fd, "x", 1, 0, &at.any, at_size)));
	bound = (struct timeval){ 0 };
	must(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound), "SO_SNDTIMEO");
	pid = after(100, drain, server);
	arm(SA_RESTART);
	printf("restarted: %s\n", result(sendto(fd, "x", 1, 0, &at.any, at_size)));
	disarm();
	waitpid(pid, NULL, 0);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	arm(0);
	while ((n = sendmsg(pair[0], &m, 0)) > 0)
		total += n;
	disarm();
	printf("stream: %s after some %d\n", strerrorname_np(errno), total > 100000);
}

/* others: one process sleeps in a connect, others connect meanwhile. */
static int sleeper(int unused)
{
	(void)unused;
	connect(new_socket(AF_UNIX, SOCK_STREAM), &at.any, at_size);
	return 1;
}

static void others(void)
{
	int server = full(), tcp = listener(AF_INET, SOCK_STREAM);
	pid_t pids[20];
	union address a;
	int status;

	for (size_t i = 0; i < COUNT(pids); i++)
		pids[i] = after(0, sleeper, 0);
	for (int i = 0; i < 50; i++) {
		int fd = new_socket(AF_INET, SOCK_STREAM), peer;

		must(connect(fd, &a.any, inet4(&a, "127.0.0.1", port_of(tcp))), "connect");
		peer = (int)must(accept(tcp, NULL, NULL), "accept");
		close(peer);
		close(fd);
	}
	usleep(50000);
	for (size_t i = 0; i < COUNT(pids); i++) {
		kill(pids[i], i % 2 ? SIGKILL : SIGTERM);
		waitpid(pids[i], &status, 0);
		printf("ended by %d\n", WTERMSIG(status));
	}
	close(server);
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } cases[] = {
		{ "connects", connects }, { "sends", sends }, { "others", others },
	};

	at.any.sa_family = AF_UNIX;
	for (size_t i = 0; argc > 1 && i < COUNT(cases); i++)
		if (strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			return 0;
		}
	return 2;
}
