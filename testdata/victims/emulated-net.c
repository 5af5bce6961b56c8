/* Connects and sends to addresses that rules may lead elsewhere, and prints who answers. */
#include "net.h"
#include <poll.h>

static const char *const families[] = { [AF_UNIX] = "unix", [AF_INET] = "inet", [AF_INET6] = "inet6" };

/* peer prints whom the kernel says the socket is connected to, without the port. */
static void peer(int fd)
{
	union address a;
	socklen_t n = sizeof a;
	char text[INET6_ADDRSTRLEN] = "";

	memset(&a, 0, sizeof a);
	if (getpeername(fd, &a.any, &n) != 0) {
		printf("  peer: %s\n", result(-1));
		return;
	}
	if (a.any.sa_family == AF_INET)
		inet_ntop(AF_INET, &a.in.sin_addr, text, sizeof text);
	else if (a.any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a.in6.sin6_addr, text, sizeof text);
	printf("  peer: %s %s\n", families[a.any.sa_family], text);
}

/* hear prints what comes within ten seconds. */
static void hear(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[64];
	ssize_t n;

	if (poll(&p, 1, 10000) != 1 || (n = recv(fd, text, sizeof text, 0)) < 0)
		printf("  nothing came\n");
	else
		printf("  heard %.*s\n", (int)n, text);
}

static void stream(const char *what, const union address *a, socklen_t n, int type)
{
	int fd = new_socket(a->any.sa_family, SOCK_STREAM | type);
	long r = connect(fd, &a->any, n);

	if (r != 0 && errno == EINPROGRESS) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		int e = 0;
		socklen_t size = sizeof e;

		must(poll(&p, 1, 10000), "poll");
		must(getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &size), "SO_ERROR");
		errno = e;
		r = e ? -1 : 0;
	}
	printf("%s: %s\n", what, result(r));
	if (r == 0) {
		peer(fd);
		hear(fd);
	}
	close(fd);
}

static void datagram(const char *what, const union address *a, socklen_t n)
{
	int fd = new_socket(a->any.sa_family, SOCK_DGRAM);
	struct iovec v = { (void *)"two", 3 };
	struct mmsghdr m[2] = {
		{ .msg_hdr = { .msg_name = (void *)a, .msg_namelen = n, .msg_iov = &v, .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_name = (void *)a, .msg_namelen = n, .msg_iov = &v, .msg_iovlen = 1 } },
	};
	long r = sendto(fd, "one", 3, 0, &a->any, n);

	printf("%s sendto: %s %ld\n", what, result(r), r);
	if (r > 0)
		hear(fd);
	r = sendmsg(fd, &m[0].msg_hdr, 0);
	printf("%s sendmsg: %s %ld\n", what, result(r), r);
	if (r > 0)
		hear(fd);
	r = sendmmsg(fd, m, 2, 0);
	printf("%s sendmmsg: %s %ld of %u\n", what, result(r), r, m[1].msg_len);
	if (r > 0) {
		hear(fd);
		hear(fd);
	}
	r = connect(fd, &a->any, n);
	printf("%s connect: %s\n", what, result(r));
	if (r == 0)
		peer(fd);
	close(fd);
}

int main(void)
{
	union address a;

	setlinebuf(stdout);
	stream("inet", &a, inet4(&a, "192.0.2.1", 443), 0);
	stream("without waiting", &a, inet4(&a, "192.0.2.1", 443), SOCK_NONBLOCK);
	stream("mapped", &a, inet6(&a, "::ffff:192.0.2.1", 443), 0);
	stream("inet6", &a, inet6(&a, "2001:db8::1", 443), 0);
	stream("another family", &a, inet4(&a, "192.0.2.6", 443), 0);
	datagram("inet", &a, inet4(&a, "192.0.2.1", 53));
	datagram("mapped", &a, inet6(&a, "::ffff:192.0.2.1", 53));
	stream("path", &a, local(&a, "asked.sock"), 0);
	stream("not there", &a, local(&a, "missing.sock"), 0);
	stream("abstract", &a, local(&a, "@broker-asked"), 0);
	stream("denied", &a, inet4(&a, "192.0.2.9", 443), 0);
	return 0;
}
