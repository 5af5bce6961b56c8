/* What the victims share that print facts about sockets. */
#include "facts.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	unsigned char bytes[256];
};

static inline socklen_t inet4(union address *a, const char *ip, int port)
{
	memset(a, 0, sizeof *a);
	a->in.sin_family = AF_INET;
	a->in.sin_port = htons((unsigned short)port);
	inet_pton(AF_INET, ip, &a->in.sin_addr);
	return sizeof a->in;
}

static inline socklen_t inet6(union address *a, const char *ip, int port)
{
	memset(a, 0, sizeof *a);
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = htons((unsigned short)port);
	inet_pton(AF_INET6, ip, &a->in6.sin6_addr);
	return sizeof a->in6;
}

/* local is the address of a path, or with a leading @ of an abstract name. */
static inline socklen_t local(union address *a, const char *name)
{
	size_t n = strlen(name);

	memset(a, 0, sizeof *a);
	a->un.sun_family = AF_UNIX;
	memcpy((char *)a + offsetof(struct sockaddr_un, sun_path), name, n);
	if (name[0] == '@')
		a->un.sun_path[0] = 0;
	else
		n++;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

static inline int new_socket(int domain, int type)
{
	return (int)must(socket(domain, type | SOCK_CLOEXEC, 0), "socket");
}

static inline int port_of(int fd)
{
	union address a;
	socklen_t n = sizeof a;

	must(getsockname(fd, &a.any, &n), "getsockname");
	return ntohs(a.any.sa_family == AF_INET6 ? a.in6.sin6_port : a.in.sin_port);
}

/* listener is bound to a free port of the loopback. */
static inline int listener(int domain, int type)
{
	union address a;
	int fd = new_socket(domain, type);
	socklen_t n = domain == AF_INET ? inet4(&a, "127.0.0.1", 0) : inet6(&a, "::", 0);

	must(bind(fd, &a.any, n), "bind");
	if (type == SOCK_STREAM)
		must(listen(fd, 5), "listen");
	return fd;
}

static inline void on(int fd, int level, int option)
{
	int one = 1;

	must(setsockopt(fd, level, option, &one, sizeof one), "setsockopt");
}

/* show_address prints an address without its port, which differs. */
static inline void show_address(const char *what, const union address *a, socklen_t n)
{
	char text[INET6_ADDRSTRLEN] = "-";

	if (a->any.sa_family == AF_UNIX) {
		printf("  %s: unix %d:", what, (int)n);
		for (socklen_t i = offsetof(struct sockaddr_un, sun_path); i < n; i++)
			printf(a->bytes[i] > ' ' && a->bytes[i] < 127 ? "%c" : "\\%03o", a->bytes[i]);
		printf("\n");
		return;
	}
	if (a->any.sa_family == AF_INET)
		inet_ntop(AF_INET, &a->in.sin_addr, text, sizeof text);
	if (a->any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a->in6.sin6_addr, text, sizeof text);
	printf("  %s: family %d length %d %s\n", what, a->any.sa_family, (int)n, text);
}

static inline void show_name(const char *what, int fd, int (*get)(int, struct sockaddr *, socklen_t *))
{
	union address a;
	socklen_t n = sizeof a;

	memset(&a, 0, sizeof a);
	if (get(fd, &a.any, &n) != 0)
		printf("  %s: %s\n", what, strerrorname_np(errno));
	else
		show_address(what, &a, n);
}

static int get_own(int fd, struct sockaddr *a, socklen_t *n) { return getsockname(fd, a, n); }
static int get_peer(int fd, struct sockaddr *a, socklen_t *n) { return getpeername(fd, a, n); }

static inline void show_names(int fd)
{
	show_name("own", fd, get_own);
	show_name("peer", fd, get_peer);
}
