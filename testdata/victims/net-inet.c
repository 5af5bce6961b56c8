/*
 * net-inet: what connect, bind and sends do on internet sockets, on the
 * loopback: errnos of well-formed and malformed addresses, the two versions on
 * one socket, unspecified addresses, dissolved associations.
 */
#include "net.h"

enum { CONNECT, BIND, SEND };

static long attempt(int call, int fd, const union address *a, long n)
{
	switch (call) {
	case CONNECT:
		return syscall(SYS_connect, fd, a, n);
	case BIND:
		return syscall(SYS_bind, fd, a, n);
	}
	return syscall(SYS_sendto, fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT, a, n);
}

/* malformed: every kind of socket, family and length. */
static void malformed(void)
{
	static const struct { const char *name; int domain, type; } kinds[] = {
		{ "tcp4", AF_INET, SOCK_STREAM }, { "tcp6", AF_INET6, SOCK_STREAM },
		{ "udp4", AF_INET, SOCK_DGRAM }, { "udp6", AF_INET6, SOCK_DGRAM },
		{ "stream", AF_UNIX, SOCK_STREAM }, { "dgram", AF_UNIX, SOCK_DGRAM }, { "seqpacket", AF_UNIX, SOCK_SEQPACKET },
		{ "file", -1, O_RDONLY }, { "path", -1, O_PATH }, { "closed", -2, 0 },
	};
	static const int families[] = { AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_APPLETALK, 0xffff };
	static const long lengths[] = { 0, 1, 2, 3, 8, 15, 16, 23, 24, 28, 110, 111, 128, 129, 65535, -1, 1L << 32 | 16 };

	for (size_t k = 0; k < COUNT(kinds); k++)
		for (int call = CONNECT; call <= SEND; call++)
			for (size_t f = 0; f < COUNT(families); f++)
				for (size_t l = 0; l < COUNT(lengths); l++) {
					union address a;
					int fd = kinds[k].domain == -2 ? 999
						: kinds[k].domain == -1 ? (int)must(open(".", kinds[k].type), "open")
						: new_socket(kinds[k].domain, kinds[k].type);

					/* An internet address that is none: the kernel says so at once. */
					inet4(&a, "127.0.0.1", call == BIND ? 0 : 1);
					if (families[f] == AF_INET6)
						inet6(&a, "::1", call == BIND ? 0 : 1);
					if (families[f] == AF_UNIX)
						local(&a, "no-such/socket");
					a.any.sa_family = (sa_family_t)families[f];
					printf("%s %s family %d length %ld: ", kinds[k].name,
					       call == CONNECT ? "connect" : call == BIND ? "bind" : "send", families[f], lengths[l]);
					printf("%s\n", result(attempt(call, fd, &a, lengths[l])));
					if (fd != 999)
						close(fd);
				}
	for (int call = CONNECT; call <= SEND; call++) {
		int fd = new_socket(AF_INET, SOCK_DGRAM);

		printf("NULL: %s\n", result(attempt(call, fd, NULL, 16)));
		printf("nowhere: %s\n", result(attempt(call, fd, (void *)16, 16)));
		close(fd);
	}
}

/* reach says how a fresh socket gets to a listener by an address. */
static void reach(int domain, const union address *a, socklen_t n, int server)
{
	int fd = new_socket(domain, SOCK_STREAM), peer;

	printf("%s\n", result(connect(fd, &a->any, n)));
	show_names(fd);
	if (fcntl(server, F_SETFL, O_NONBLOCK) == 0 && (peer = accept(server, NULL, NULL)) >= 0)
		close(peer);
	close(fd);
}

static void tcp(void)
{
	union address a;
	int v4 = listener(AF_INET, SOCK_STREAM), v6 = listener(AF_INET6, SOCK_STREAM);

	reach(AF_INET, &a, inet4(&a, "127.0.0.1", port_of(v4)), v4);
	reach(AF_INET, &a, inet4(&a, "0.0.0.0", port_of(v4)), v4);
	reach(AF_INET, &a, inet4(&a, "127.0.0.2", port_of(v6)), v6);
	reach(AF_INET, &a, inet6(&a, "::1", port_of(v6)), v6);
	reach(AF_INET6, &a, inet6(&a, "::1", port_of(v6)), v6);
	reach(AF_INET6, &a, inet6(&a, "::", port_of(v6)), v6);
	reach(AF_INET6, &a, inet6(&a, "::ffff:127.0.0.1", port_of(v4)), v4);
	reach(AF_INET6, &a, inet6(&a, "::ffff:0.0.0.0", port_of(v4)), v4);
	reach(AF_INET6, &a, inet4(&a, "127.0.0.1", port_of(v4)), v4);
	reach(AF_INET, &a, inet4(&a, "127.0.0.1", 1), v4);
	reach(AF_INET, &a, inet4(&a, "255.255.255.255", 1), v4);
}

/* bound: the unspecified address leads to where the socket is bound. */
static void bound(void)
{
	union address a;
	socklen_t n;
	int server = listener(AF_INET6, SOCK_STREAM), fd = new_socket(AF_INET, SOCK_STREAM);

	n = inet4(&a, "127.0.0.3", 0);
	printf("bind: %s\n", result(bind(fd, &a.any, n)));
	printf("again: %s\n", result(bind(fd, &a.any, n)));
	n = inet4(&a, "0.0.0.0", port_of(server));
	printf("connect: %s\n", result(connect(fd, &a.any, n)));
	show_names(fd);
	printf("connected: %s\n", result(connect(fd, &a.any, n)));
	a.any.sa_family = AF_UNSPEC;
	printf("dissolve: %s\n", result(connect(fd, &a.any, n)));
	show_names(fd);
	close(fd);
	fd = new_socket(AF_INET6, SOCK_DGRAM);
	n = inet6(&a, "::ffff:127.0.0.4", 0);
	printf("bind mapped: %s\n", result(bind(fd, &a.any, n)));
	n = inet6(&a, "::", 9);
	printf("connect: %s\n", result(connect(fd, &a.any, n)));
	show_names(fd);
	close(fd);
	fd = new_socket(AF_INET, SOCK_STREAM);
	printf("listen unbound: %s\n", result(listen(fd, 3)));
	printf("has a port: %d\n", port_of(fd) != 0);
	printf("listen again: %s\n", result(listen(fd, 3)));
	close(fd);
	fd = new_socket(AF_INET, SOCK_DGRAM);
	printf("listen on datagrams: %s\n", result(listen(fd, 3)));
	n = inet4(&a, "0.0.0.0", 0);
	a.any.sa_family = AF_UNSPEC;
	printf("bind to AF_UNSPEC: %s\n", result(bind(fd, &a.any, n)));
	n = inet4(&a, "127.0.0.1", 80);
	close(fd);
	fd = new_socket(AF_INET, SOCK_STREAM);
	printf("bind to a privileged port: %s\n", result(bind(fd, &a.any, n)));
	n = inet4(&a, "192.0.2.1", 0);
	printf("bind to another's: %s\n", result(bind(fd, &a.any, n)));
	close(fd);
	n = inet4(&a, "127.0.0.1", port_of(server));
	fd = new_socket(AF_INET, SOCK_STREAM);
	printf("bind to one in use: %s\n", result(bind(fd, &a.any, n)));
}

static void nonblocking(void)
{
	union address a;
	int server = listener(AF_INET, SOCK_STREAM), fd = new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK), peer;
	socklen_t n = inet4(&a, "127.0.0.1", port_of(server));

	printf("connect: %s\n", result(connect(fd, &a.any, n)));
	peer = (int)must(accept(server, NULL, NULL), "accept");
	printf("again: %s\n", result(connect(fd, &a.any, n)));
	printf("once more: %s\n", result(connect(fd, &a.any, n)));
	close(peer);
	close(fd);
	n = inet4(&a, "127.0.0.1", 1);
	fd = new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
	printf("refused: %s\n", result(connect(fd, &a.any, n)));
	printf("then: %s\n", result(connect(fd, &a.any, n)));
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } cases[] = {
		{ "malformed", malformed }, { "tcp", tcp }, { "bound", bound }, { "nonblocking", nonblocking },
	};

	for (size_t i = 0; argc > 1 && i < COUNT(cases); i++)
		if (strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			return 0;
		}
	return 2;
}
