/*
 * net-send: messages: addresses, vectors, control data, many at a time, long
 * ones, and broken pipes.
 */
#include "net.h"
#include <sys/uio.h>

static union address to;
static socklen_t to_size;

static int receiver(void)
{
	int fd = listener(AF_INET, SOCK_DGRAM);

	to_size = inet4(&to, "127.0.0.1", port_of(fd));
	must(fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl");
	return fd;
}

static void show_received(int fd)
{
	static char buf[70000];
	long n = recv(fd, buf, sizeof buf, MSG_DONTWAIT | MSG_TRUNC);
	unsigned sum = 0;

	for (long i = 0; i < n; i++)
		sum = sum * 31 + (unsigned char)buf[i];
	if (n < 0)
		printf("  received: %s\n", strerrorname_np(errno));
	else
		printf("  received %ld: %08x\n", n, sum);
}

static void datagrams(void)
{
	static char big[70000];
	union address a;
	int server = receiver(), fd = new_socket(AF_INET, SOCK_DGRAM), six = new_socket(AF_INET6, SOCK_DGRAM);
	static const long sizes[] = { 0, 1, 1400, 60000, 65507, 65508, 65535, 65536, 70000 };

	memset(big, 'x', sizeof big);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		printf("%ld: %s\n", sizes[i], result(sendto(fd, big, (size_t)sizes[i], 0, &to.any, to_size)));
		show_received(server);
	}
	printf("without end: %s\n", result(sendto(fd, big, 1UL << 40, 0, &to.any, to_size)));
	printf("from nowhere: %s\n", result(sendto(fd, (void *)16, 10, 0, &to.any, to_size)));
	printf("unknown flags: %s\n", result(sendto(fd, big, 2, 0x40000, &to.any, to_size)));
	show_received(server);
	to.any.sa_family = AF_UNSPEC;
	printf("AF_UNSPEC: %s\n", result(sendto(fd, big, 3, 0, &to.any, to_size)));
	show_received(server);
	printf("AF_UNSPEC from IPv6: %s\n", result(sendto(six, big, 3, 0, &to.any, to_size)));
	to.any.sa_family = AF_INET;
	printf("AF_INET from IPv6: %s\n", result(sendto(six, big, 4, 0, &to.any, to_size)));
	show_received(server);
	printf("mapped: %s\n", result(sendto(six, big, 5, 0, &a.any, inet6(&a, "::ffff:127.0.0.1", port_of(server)))));
	show_received(server);
	printf("unspecified: %s\n", result(sendto(fd, big, 6, 0, &a.any, inet4(&a, "0.0.0.0", port_of(server)))));
	show_received(server);
	printf("no address: %s\n", result(sendto(fd, big, 7, 0, NULL, 0)));
	must(connect(fd, &to.any, to_size), "connect");
	printf("connected: %s\n", result(send(fd, big, 8, 0)));
	show_received(server);
	printf("elsewhere: %s\n", result(sendto(fd, big, 9, 0, &a.any, inet4(&a, "127.0.0.2", port_of(server)))));
	printf("closed port: %s\n", result(sendto(new_socket(AF_INET, SOCK_DGRAM), big, 9, 0, &a.any, inet4(&a, "127.0.0.1", 1))));
}

static struct msghdr message(struct iovec *iov, size_t n)
{
	return (struct msghdr){ .msg_name = &to, .msg_namelen = to_size, .msg_iov = iov, .msg_iovlen = n };
}

static void vectors(void)
{
	static struct iovec many[1025];
	int server = receiver(), fd = new_socket(AF_INET, SOCK_DGRAM);
	struct iovec three[3] = { { "ab", 2 }, { NULL, 0 }, { "cde", 3 } }, one = { "0123456789", 10 };
	struct iovec overlap[2] = { { "0123456789", 10 }, { (char *)one.iov_base + 3, 4 } };
	struct iovec negative = { "x", (size_t)-1 }, nowhere = { (void *)16, 4 };
	struct iovec half[2] = { { "ok", 2 }, { (void *)16, 4 } };
	struct msghdr m = message(three, 3);

#define TRY(what) do { printf(what ": %s\n", result(sendmsg(fd, &m, 0))); show_received(server); } while (0)
	TRY("three");
	m = message(overlap, 2);
	TRY("overlapping");
	m = message(&negative, 1);
	TRY("negative");
	m = message(&nowhere, 1);
	TRY("nowhere");
	m = message(half, 2);
	TRY("half");
	m = message(NULL, 0);
	TRY("none");
	m = message(NULL, 2);
	TRY("no vectors");
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (struct iovec){ "abcdefg" + i % 7, 1 };
	m = message(many, 1024);
	TRY("1024");
	m = message(many, 1025);
	TRY("1025");
	m = message(many, (size_t)-1);
	TRY("endless");
	m = message(&one, 1);
	m.msg_namelen = 200;
	TRY("name of 200");
	m.msg_namelen = (socklen_t)-1;
	TRY("name of -1");
	m.msg_namelen = 0;
	TRY("name of 0");
	m.msg_name = NULL, m.msg_namelen = 16;
	TRY("no name");
	m.msg_name = (void *)16;
	TRY("name nowhere");
	m = message(&one, 1);
	m.msg_controllen = 1UL << 40;
	TRY("endless control data");
	m.msg_controllen = 100;
	TRY("control data at NULL");
	m.msg_control = "short";
	m.msg_controllen = 5;
	TRY("control data of 5");
	printf("no message: %s\n", result(sendmsg(fd, NULL, 0)));
}

static void many(void)
{
	static struct mmsghdr list[2000];
	struct iovec parts[3] = { { "first", 5 }, { "the second", 10 }, { "3", 1 } };
	int server = receiver(), fd = new_socket(AF_INET, SOCK_DGRAM);

	for (int i = 0; i < 3; i++)
		list[i].msg_hdr = message(&parts[i], 1);
#define MANY(what, n) do { \
	printf(what ": %d", sendmmsg(fd, list, n, 0)); \
	printf(" lengths %u %u %u\n", list[0].msg_len, list[1].msg_len, list[2].msg_len); \
	show_received(server), show_received(server), show_received(server), show_received(server); \
	for (int i = 0; i < 3; i++) list[i].msg_len = 77; } while (0)
	MANY("three", 3);
	MANY("none", 0);
	list[1].msg_hdr.msg_iov = (void *)16;
	MANY("bad second", 3);
	list[0].msg_hdr.msg_namelen = 3;
	MANY("bad first", 3);
	printf("nowhere: %s\n", result(sendmmsg(fd, (void *)16, 3, 0)));
	for (size_t i = 0; i < COUNT(list); i++)
		list[i].msg_hdr = message(&parts[i % 3], 1);
	printf("2000: %d\n", sendmmsg(fd, list, COUNT(list), 0));
}

static long send_rights(int fd, const int *fds, size_t n, int type, size_t size)
{
	static char control[4096];
	struct iovec one = { "x", 1 };
	struct msghdr m = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(size) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), fds, n);
	return sendmsg(fd, &m, MSG_NOSIGNAL);
}

static void show_rights(int fd)
{
	static char control[4096], buf[100];
	struct iovec one = { buf, sizeof buf };
	struct msghdr m = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	long n = recvmsg(fd, &m, MSG_DONTWAIT);

	printf("  received %ld\n", n);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); n >= 0 && c; c = CMSG_NXTHDR(&m, c)) {
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		int *fds = (int *)CMSG_DATA(c);

		printf("  type %d, %zu numbers\n", c->cmsg_type, count);
		if (c->cmsg_type == SCM_CREDENTIALS)
			printf("  own user %d, own group %d\n", fds[1] == (int)geteuid(), fds[2] == (int)getegid());
		for (size_t i = 0; c->cmsg_type == SCM_RIGHTS && i < count; i++) {
			if (write(fds[i], "x", 1) == 1 && i == 0)
				printf("  position %ld\n", lseek(fds[i], 0, SEEK_CUR));
			close(fds[i]);
		}
	}
}

static void rights(void)
{
	int pair[2], fds[254], credentials[3];
	static const size_t counts[] = { 0, 1, 2, 253, 254 };

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	fds[0] = (int)must(open("shared", O_CREAT | O_RDWR, 0600), "open");
	for (size_t i = 1; i < COUNT(fds); i++)
		fds[i] = fds[0];
	for (size_t i = 0; i < COUNT(counts); i++) {
		printf("%zu: %s\n", counts[i], result(send_rights(pair[0], fds, counts[i] * sizeof(int), SCM_RIGHTS, counts[i] * sizeof(int))));
		show_rights(pair[1]);
	}
	printf("now at %ld\n", lseek(fds[0], 0, SEEK_CUR));
	fds[1] = 999;
	printf("closed: %s\n", result(send_rights(pair[0], fds, 8, SCM_RIGHTS, 8)));
	fds[1] = -1;
	printf("negative: %s\n", result(send_rights(pair[0], fds, 8, SCM_RIGHTS, 8)));
	printf("odd: %s\n", result(send_rights(pair[0], fds, 6, SCM_RIGHTS, 6)));
	show_rights(pair[1]);
	printf("unknown: %s\n", result(send_rights(pair[0], fds, 4, 99, 4)));
	fds[1] = pair[0];
	printf("itself: %s\n", result(send_rights(pair[0], fds + 1, 4, SCM_RIGHTS, 4)));
	show_rights(pair[1]);
	credentials[0] = 1, credentials[1] = (int)geteuid(), credentials[2] = (int)getegid();
	if (geteuid() != 0)
		printf("another process: %s\n", result(send_rights(pair[0], credentials, 12, SCM_CREDENTIALS, 12)));
	credentials[0] = getpid(), credentials[1] = (int)geteuid() + 1;
	if (geteuid() != 0)
		printf("another user: %s\n", result(send_rights(pair[0], credentials, 12, SCM_CREDENTIALS, 12)));
	printf("short credentials: %s\n", result(send_rights(pair[0], credentials, 8, SCM_CREDENTIALS, 8)));
	on(pair[1], SOL_SOCKET, SO_PASSCRED);
	printf("credentials: %s\n", result(send_rights(pair[0], fds, 4, SCM_RIGHTS, 4)));
	show_rights(pair[1]);
}

/* reads drains a socket in a child and says how much came, and what. */
static pid_t reads(int fd, int other)
{
	static char buf[100000];
	pid_t pid = fork();

	if (pid == 0) {
		unsigned long total = 0, sum = 0;
		long n;

		close(other);
		while ((n = read(fd, buf, sizeof buf)) > 0)
			for (long i = 0; i < n; i++, total++)
				sum = sum * 31 + (unsigned char)buf[i];
		printf("child read %lu: %08lx\n", total, sum & 0xffffffff);
		fflush(stdout);
		_exit(0);
	}
	close(fd);
	return pid;
}

static void streams(void)
{
	size_t size = 3 << 20;
	char *big = malloc(size);
	int pair[2];
	struct iovec iov[3];
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 3 };

	for (size_t i = 0; i < size; i++)
		big[i] = (char)(i * 2654435761u >> 13);
	iov[0] = (struct iovec){ big, 10 };
	iov[1] = (struct iovec){ big + 10, 300000 };
	iov[2] = (struct iovec){ big + 300010, size - 300010 };
	fflush(stdout);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	pid_t pid = reads(pair[1], pair[0]);
	printf("all: %ld\n", (long)sendmsg(pair[0], &m, 0));
	printf("to an address: %s\n", result(sendto(pair[0], "x", 1, 0, &to.any, 16)));
	close(pair[0]);
	waitpid(pid, NULL, 0);
	iov[2].iov_len = 1UL << 46; /* beyond the address space, wherever it begins */
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	printf("ends in the void: %s\n", result(sendmsg(pair[0], &m, MSG_DONTWAIT)));
	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), "socketpair");
	iov[2].iov_len = 100;
	printf("a packet: %s\n", result(sendmsg(pair[0], &m, MSG_DONTWAIT | MSG_EOR)));
	iov[2].iov_len = size - 300010;
	printf("one too long: %s\n", result(sendmsg(pair[0], &m, MSG_DONTWAIT)));
}

static void pipes(void)
{
	static const struct { int type, flags; } kinds[] = {
		{ SOCK_STREAM, 0 }, { SOCK_STREAM, MSG_NOSIGNAL }, { SOCK_SEQPACKET, 0 }, { SOCK_DGRAM, 0 },
	};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		int status;
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			struct iovec one = { "x", 1 };
			struct msghdr m = { .msg_iov = &one, .msg_iovlen = 1 };
			int pair[2];

			signal(SIGPIPE, SIG_DFL);
			must(socketpair(AF_UNIX, kinds[i].type, 0, pair), "socketpair");
			close(pair[1]);
			printf("%s\n", result(sendmsg(pair[0], &m, kinds[i].flags)));
			fflush(stdout);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		printf("type %d flags %x: status %x\n", kinds[i].type, kinds[i].flags, status);
	}
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } cases[] = {
		{ "datagrams", datagrams }, { "vectors", vectors }, { "many", many }, { "rights", rights },
		{ "streams", streams }, { "pipes", pipes },
	};

	for (size_t i = 0; argc > 1 && i < COUNT(cases); i++)
		if (strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			return 0;
		}
	return 2;
}
