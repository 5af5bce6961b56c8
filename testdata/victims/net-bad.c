/*
 * net-bad: calls on sockets with lengths, addresses and messages that are
 * wrong: every length of an address, before a hole in memory too; messages
 * that are far too long; lists of messages with a bad one among them.
 */
#include "net.h"
#include <sys/mman.h>
#include <sys/uio.h>

enum { CONNECT, BIND, SENDTO, SENDMSG, CALLS };
static const char *const call_names[CALLS] = { "connect", "bind", "sendto", "sendmsg" };

static long attempt(int call, int fd, void *a, long n)
{
	struct iovec one = { "x", 1 };
	struct msghdr m = { .msg_name = a, .msg_namelen = (socklen_t)n, .msg_iov = &one, .msg_iovlen = 1 };

	switch (call) {
	case CONNECT:
		return syscall(SYS_connect, fd, a, n);
	case BIND:
		return syscall(SYS_bind, fd, a, n);
	case SENDTO:
		return syscall(SYS_sendto, fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT, a, n);
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* before_hole is size bytes that end where the memory does. */
static char *before_hole(size_t size)
{
	static char *end;

	if (end == NULL) {
		char *at = mmap(NULL, 2 * 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (at == MAP_FAILED)
			must(-1, "mmap");
		end = at + 65536;
		must(munmap(end, 65536), "munmap");
	}
	return end - size;
}

static const struct { const char *name; int domain, type; } kinds[] = {
	{ "tcp4", AF_INET, SOCK_STREAM }, { "tcp6", AF_INET6, SOCK_STREAM },
	{ "udp4", AF_INET, SOCK_DGRAM }, { "udp6", AF_INET6, SOCK_DGRAM },
	{ "stream", AF_UNIX, SOCK_STREAM }, { "dgram", AF_UNIX, SOCK_DGRAM }, { "seqpacket", AF_UNIX, SOCK_SEQPACKET },
};

/* fill writes an address of a family; a path goes on as long as there is room. */
static void fill(char *at, size_t room, int family, int port)
{
	union address a;

	memset(&a, 0, sizeof a);
	if (family == AF_INET6)
		inet6(&a, "::1", port);
	else
		inet4(&a, "127.0.0.1", port);
	if (family == AF_UNIX)
		memset(&a, 'n', sizeof a);
	a.any.sa_family = (sa_family_t)family;
	memset(at, 'n', room);
	memcpy(at, &a, room < sizeof a ? room : sizeof a);
}

static void one_length(size_t k, int call, int family, size_t room, long n)
{
	char *at = before_hole(room);
	int fd = new_socket(kinds[k].domain, kinds[k].type);
	long r;

	fill(at, room, family, call == BIND ? 0 : 1);
	r = attempt(call, fd, at, n);
	printf("%s %s family %d, %zu bytes, length %ld: %s\n", kinds[k].name, call_names[call], family, room, n, result(r));
	if (r == 0 && call == BIND && family == AF_UNIX) {
		char name[200] = { 0 };

		/* what was bound: all there is of the name */
		memcpy(name, at + 2, (size_t)n - 2);
		if (n > 2)
			printf("  unlink: %s\n", result(unlink(name)));
	}
	close(fd);
}

static void lengths(void)
{
	static const int families[] = { AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, 0xffff };
	static const long odd[] = { 255, 4096, 65535, -1, INT_MAX };

	for (size_t k = 0; k < COUNT(kinds); k++)
		for (int call = 0; call < CALLS; call++)
			for (size_t f = 0; f < COUNT(families); f++) {
				for (long n = 0; n <= 129; n++)
					one_length(k, call, families[f], 65535, n);
				for (size_t i = 0; i < COUNT(odd); i++)
					one_length(k, call, families[f], 65535, odd[i]);
				for (size_t room = 0; room < 30; room++) {
					one_length(k, call, families[f], room, 16);
					one_length(k, call, families[f], room, 28);
				}
			}
}

/* names: what a local address means that its length and its NULs disagree on. */
static void names(void)
{
	static const struct { const char *text; size_t n; } list[] = {
		{ "end\0more", 8 }, { "end", 3 }, { "end\0", 4 }, { "\0a\0\0b", 5 }, { "\0a\0\0b\0", 6 }, { "\0", 1 }, { "\0\0\0", 3 },
		{ "\0\xff\xfe\n", 4 }, { "./././end", 9 },
	};

	for (size_t i = 0; i < COUNT(list); i++) {
		union address a;
		int server = new_socket(AF_UNIX, SOCK_STREAM), fd = new_socket(AF_UNIX, SOCK_STREAM);

		memset(&a, 'n', sizeof a);
		a.any.sa_family = AF_UNIX;
		memcpy(a.un.sun_path, list[i].text, list[i].n);
		printf("bind %zu: %s\n", i, result(bind(server, &a.any, (socklen_t)(2 + list[i].n))));
		show_names(server);
		must(listen(server, 1), "listen");
		printf("connect: %s\n", result(connect(fd, &a.any, (socklen_t)(2 + list[i].n))));
		show_names(fd);
		unlink("end");
		close(fd), close(server);
	}
}

/* huge: messages of size bytes, all zero: memory that nobody has. */
static void huge(size_t size)
{
	static struct iovec list[1024];
	char *big = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int udp = listener(AF_INET, SOCK_DGRAM), local_server = new_socket(AF_UNIX, SOCK_DGRAM), pair[2], large = 1 << 30;
	union address to, un;
	socklen_t to_size = inet4(&to, "127.0.0.1", port_of(udp)), un_size = local(&un, "@net-bad-huge");
	struct msghdr m = { .msg_name = &to, .msg_namelen = to_size, .msg_iov = list, .msg_iovlen = 1024 };

	if (big == MAP_FAILED)
		must(-1, "mmap");
	must(bind(local_server, &un.any, un_size), "bind");
	for (size_t i = 0; i < COUNT(list); i++)
		list[i] = (struct iovec){ big, size / 1024 };
	for (size_t k = 2; k < COUNT(kinds); k++) {
		int fd = new_socket(kinds[k].domain, kinds[k].type), is_local = kinds[k].domain == AF_UNIX;

		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
		m.msg_name = is_local ? &un : &to, m.msg_namelen = is_local ? un_size : to_size;
		printf("%s sendto: %s\n", kinds[k].name,
		       result(sendto(fd, big, size, MSG_DONTWAIT | MSG_NOSIGNAL, m.msg_name, m.msg_namelen)));
		printf("%s sendmsg: %s\n", kinds[k].name, result(sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL)));
		close(fd);
	}
	m.msg_name = NULL, m.msg_namelen = 0;
	for (size_t k = 4; k < COUNT(kinds); k++) {
		must(socketpair(AF_UNIX, kinds[k].type, 0, pair), "socketpair");
		printf("pair %s: %s\n", kinds[k].name, result(sendmsg(pair[0], &m, MSG_DONTWAIT | MSG_NOSIGNAL)));
	}
	printf("unconnected: %s\n", result(sendmsg(new_socket(AF_UNIX, SOCK_DGRAM), &m, MSG_DONTWAIT)));
	m.msg_control = big, m.msg_controllen = size;
	printf("control: %s\n", result(sendmsg(pair[0], &m, MSG_DONTWAIT | MSG_NOSIGNAL)));
}

/* many: sendmmsg with a bad message at each place of a long list. */
static void many(void)
{
	static struct mmsghdr list[1100];
	static const unsigned counts[] = { 0, 1, 2, 1023, 1024, 1025, 1100, -1U };
	static const int bad[] = { -1, 0, 1, 500, 1023, 1024, 1099 };
	struct iovec one = { "x", 1 };
	int server = listener(AF_INET, SOCK_DGRAM), fd = new_socket(AF_INET, SOCK_DGRAM);
	union address to;
	socklen_t to_size = inet4(&to, "127.0.0.1", port_of(server));

	for (size_t b = 0; b < COUNT(bad); b++)
		for (size_t c = 0; c < COUNT(counts); c++) {
			unsigned sum = 0;
			long r;

			for (size_t i = 0; i < COUNT(list); i++) {
				list[i].msg_hdr = (struct msghdr){ .msg_name = &to, .msg_namelen = to_size, .msg_iov = &one, .msg_iovlen = 1 };
				list[i].msg_len = 1000;
			}
			if (bad[b] >= 0)
				list[bad[b]].msg_hdr.msg_namelen = 3;
			r = syscall(SYS_sendmmsg, fd, list, counts[c], 0);
			for (size_t i = 0; i < COUNT(list); i++)
				sum += list[i].msg_len;
			printf("bad %d of %u: %ld %s, lengths %u\n", bad[b], counts[c], r, result(r), sum);
		}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "lengths") == 0)
		lengths();
	else if (argc == 2 && strcmp(argv[1], "names") == 0)
		names();
	else if (argc == 2 && strcmp(argv[1], "many") == 0)
		many();
	else if (argc == 3 && strcmp(argv[1], "huge") == 0)
		huge(strtoul(argv[2], NULL, 0));
	else
		return 2;
	return 0;
}
