/* Addresses, servers and ways to send, for the programs about sockets. */
#ifndef ESCAPE_SOCKETS_H
#define ESCAPE_SOCKETS_H

#include "common.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static int shut_stream, shut_dgram, open_stream, open_dgram;
static in_port_t port;

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	char bytes[128];
};

static inline int new_socket(int domain, int type)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		setup_failed("socket");
	return fd;
}

static inline socklen_t inet4(union address *a, const char *ip)
{
	memset(a, 0, sizeof *a);
	a->in.sin_family = AF_INET;
	a->in.sin_port = port;
	inet_pton(AF_INET, ip, &a->in.sin_addr);
	return sizeof a->in;
}

static inline socklen_t inet6(union address *a, const char *ip)
{
	memset(a, 0, sizeof *a);
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = port;
	inet_pton(AF_INET6, ip, &a->in6.sin6_addr);
	return sizeof a->in6;
}

/* local is the address of a path, or with a leading @ of an abstract name. */
static inline socklen_t local(union address *a, const char *name)
{
	size_t n = strlen(name);

	if (n >= sizeof a->un.sun_path)
		setup_failed("%s is too long for a socket", name);
	memset(a, 0, sizeof *a);
	a->un.sun_family = AF_UNIX;
	strcpy(a->un.sun_path, name);
	if (name[0] == '@')
		a->un.sun_path[0] = 0;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (name[0] != '@'));
}

/* server makes a socket that nobody waits for. */
static inline int server(int type, const union address *a, socklen_t n)
{
	int fd = new_socket(a->any.sa_family, type | SOCK_NONBLOCK);

	if (bind(fd, &a->any, n) < 0 || (type == SOCK_STREAM && listen(fd, 100) < 0))
		setup_failed("server");
	return fd;
}

/* inet_servers have the same port at both addresses. */
static inline void inet_servers(void)
{
	union address a;
	socklen_t n = sizeof a;

	shut_stream = server(SOCK_STREAM, &a, inet4(&a, "127.0.0.1"));
	if (getsockname(shut_stream, &a.any, &n) < 0)
		setup_failed("getsockname");
	port = a.in.sin_port;
	shut_dgram = server(SOCK_DGRAM, &a, inet4(&a, "127.0.0.1"));
	open_stream = server(SOCK_STREAM, &a, inet4(&a, "127.0.0.3"));
	open_dgram = server(SOCK_DGRAM, &a, inet4(&a, "127.0.0.3"));
}

/* reached says whether anything came to the shut servers. */
static inline int reached(void)
{
	char buf[16];
	int err = errno, fd = accept(shut_stream, NULL, NULL), got = fd >= 0;

	if (fd >= 0)
		close(fd);
	while (recv(shut_dgram, buf, sizeof buf, MSG_DONTWAIT) >= 0)
		got = 1;
	while ((fd = accept(open_stream, NULL, NULL)) >= 0)
		close(fd);
	while (recv(open_dgram, buf, sizeof buf, MSG_DONTWAIT) >= 0)
		;
	errno = err;
	return got;
}

static struct iovec one = { "x", 1 };

static inline long by_sendmsg(int fd, union address *a, socklen_t n, int flags)
{
	struct msghdr m = { .msg_name = a, .msg_namelen = n, .msg_iov = &one, .msg_iovlen = 1 };

	return sendmsg(fd, &m, flags | MSG_NOSIGNAL);
}

static inline long by_sendmmsg(int fd, union address *a, socklen_t n)
{
	union address allowed;
	struct mmsghdr m[2] = {
		{ .msg_hdr = { .msg_name = &allowed, .msg_namelen = inet4(&allowed, "127.0.0.3"), .msg_iov = &one, .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_name = a, .msg_namelen = n, .msg_iov = &one, .msg_iovlen = 1 } },
	};
	int first = a->any.sa_family == AF_UNIX;

	return sendmmsg(fd, m + first, 2 - (unsigned)first, MSG_NOSIGNAL);
}

#endif
