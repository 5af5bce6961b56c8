/*
 * Reaches a socket that the rules let nobody connect to. The program makes
 * the servers itself, which the rules allow; they allow to connect to
 * 127.0.0.3, to local sockets named DATA/open* and to abstract ones named
 * open-*, and to nothing else. Whoever gets anything through to 127.0.0.1, to
 * DATA/shut* or to shut-* has got out; so has a socket bound in the hidden
 * directory.
 */
#include "race.h"
#include "sockets.h"

enum { MANY = 4000, FEW = 500 };

/* attempt makes one and notes how it went. */
#define ATTEMPT(name, domain, type, call) do { \
	int fd = new_socket(domain, type); \
	errno = 0; \
	call; \
	note(name, reached()); \
	close(fd); } while (0)

static void inet(void)
{
	union address a;
	socklen_t n;

	inet_servers();
	ATTEMPT("connect", AF_INET, SOCK_STREAM, connect(fd, &a.any, inet4(&a, "127.0.0.1")));
	ATTEMPT("unspecified", AF_INET, SOCK_STREAM, connect(fd, &a.any, inet4(&a, "0.0.0.0")));
	ATTEMPT("mapped", AF_INET6, SOCK_STREAM, connect(fd, &a.any, inet6(&a, "::ffff:127.0.0.1")));
	ATTEMPT("mapped unspecified", AF_INET6, SOCK_STREAM, connect(fd, &a.any, inet6(&a, "::ffff:0.0.0.0")));
	ATTEMPT("long address", AF_INET, SOCK_STREAM, (inet4(&a, "127.0.0.1"), connect(fd, &a.any, 128)));
	ATTEMPT("bound there", AF_INET, SOCK_DGRAM, (n = inet4(&a, "127.0.0.1"), a.in.sin_port = 0, bind(fd, &a.any, n),
		n = inet4(&a, "0.0.0.0"), sendto(fd, "x", 1, 0, &a.any, n)));
	ATTEMPT("fast open", AF_INET, SOCK_STREAM, sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, &a.any, inet4(&a, "127.0.0.1")));
	ATTEMPT("fast open message", AF_INET, SOCK_STREAM, by_sendmsg(fd, &a, inet4(&a, "127.0.0.1"), MSG_FASTOPEN));
	ATTEMPT("datagram", AF_INET, SOCK_DGRAM, (connect(fd, &a.any, inet4(&a, "127.0.0.1")), send(fd, "x", 1, MSG_NOSIGNAL)));
	ATTEMPT("sendto", AF_INET, SOCK_DGRAM, sendto(fd, "x", 1, 0, &a.any, inet4(&a, "127.0.0.1")));
	ATTEMPT("sendto when connected", AF_INET, SOCK_DGRAM, (connect(fd, &a.any, inet4(&a, "127.0.0.3")),
		sendto(fd, "x", 1, 0, &a.any, inet4(&a, "127.0.0.1"))));
	ATTEMPT("sendto nobody", AF_INET, SOCK_DGRAM, sendto(fd, "x", 1, 0, &a.any, inet4(&a, "0.0.0.0")));
	ATTEMPT("without a family", AF_INET, SOCK_DGRAM, (n = inet4(&a, "127.0.0.1"), a.any.sa_family = AF_UNSPEC,
		sendto(fd, "x", 1, 0, &a.any, n)));
	ATTEMPT("IPv4 on IPv6", AF_INET6, SOCK_DGRAM, sendto(fd, "x", 1, 0, &a.any, inet4(&a, "127.0.0.1")));
	ATTEMPT("mapped datagram", AF_INET6, SOCK_DGRAM, sendto(fd, "x", 1, 0, &a.any, inet6(&a, "::ffff:127.0.0.1")));
	ATTEMPT("sendmsg", AF_INET, SOCK_DGRAM, by_sendmsg(fd, &a, inet4(&a, "127.0.0.1"), 0));
	ATTEMPT("sendmmsg", AF_INET, SOCK_DGRAM, by_sendmmsg(fd, &a, inet4(&a, "127.0.0.1")));
}

static char *shut_path, *open_path, *shut_packets;

static void local_servers(void)
{
	union address a;

	shut_path = in(data, "shut");
	open_path = in(data, "open");
	shut_packets = in(data, "shut-packets");
	shut_stream = server(SOCK_STREAM, &a, local(&a, shut_path));
	shut_dgram = server(SOCK_DGRAM, &a, local(&a, shut_packets));
	open_stream = server(SOCK_STREAM, &a, local(&a, open_path));
	open_dgram = server(SOCK_DGRAM, &a, local(&a, in(data, "open-packets")));
}

static long to_path(int fd, const char *path)
{
	union address a;
	socklen_t n = local(&a, path);

	return connect(fd, &a.any, n);
}

static void named(void)
{
	union address a;
	char by_fd[64];
	int file;

	local_servers();
	if (chdir(data) < 0)
		setup_failed("chdir");
	file = open(shut_path, O_PATH);
	snprintf(by_fd, sizeof by_fd, "/proc/self/fd/%d", file);
	symlink("shut", "open-link");
	ATTEMPT("path", AF_UNIX, SOCK_STREAM, to_path(fd, shut_path));
	ATTEMPT("relative", AF_UNIX, SOCK_STREAM, to_path(fd, "shut"));
	ATTEMPT("dot", AF_UNIX, SOCK_STREAM, to_path(fd, ".//shut"));
	ATTEMPT("symlink", AF_UNIX, SOCK_STREAM, to_path(fd, "open-link"));
	ATTEMPT("descriptor", AF_UNIX, SOCK_STREAM, to_path(fd, by_fd));
	ATTEMPT("cwd", AF_UNIX, SOCK_STREAM, to_path(fd, "/proc/thread-self/cwd/shut"));
	ATTEMPT("datagram", AF_UNIX, SOCK_DGRAM, (to_path(fd, shut_packets), send(fd, "x", 1, MSG_NOSIGNAL)));
	ATTEMPT("sendto", AF_UNIX, SOCK_DGRAM, sendto(fd, "x", 1, 0, &a.any, local(&a, "shut-packets")));
	ATTEMPT("sendmsg", AF_UNIX, SOCK_DGRAM, by_sendmsg(fd, &a, local(&a, "shut-packets"), 0));
	ATTEMPT("sendmmsg", AF_UNIX, SOCK_DGRAM, by_sendmmsg(fd, &a, local(&a, "shut-packets")));
	ATTEMPT("hard link", AF_UNIX, SOCK_STREAM, (link("shut", "open-hard"), to_path(fd, "open-hard")));
	mkdir("shut-dir", 0755);
	close(shut_dgram);
	shut_dgram = server(SOCK_DGRAM, &a, local(&a, "shut-dir/s"));
	ATTEMPT("moved directory", AF_UNIX, SOCK_DGRAM, (rename("shut-dir", "open-dir"), to_path(fd, "open-dir/s"), send(fd, "x", 1, MSG_NOSIGNAL)));
	ATTEMPT("moved", AF_UNIX, SOCK_STREAM, (rename("shut", "open-moved"), to_path(fd, "open-moved")));
}

static void abstract(void)
{
	union address a;
	char shut[64], open_name[64];

	snprintf(shut, sizeof shut, "@shut-%d", getpid());
	snprintf(open_name, sizeof open_name, "@open-%d", getpid());
	shut_stream = server(SOCK_STREAM, &a, local(&a, shut));
	open_stream = server(SOCK_STREAM, &a, local(&a, open_name));
	strcat(shut, "-packets");
	strcat(open_name, "-packets");
	shut_dgram = server(SOCK_DGRAM, &a, local(&a, shut));
	open_dgram = server(SOCK_DGRAM, &a, local(&a, open_name));
	ATTEMPT("sendto", AF_UNIX, SOCK_DGRAM, sendto(fd, "x", 1, 0, &a.any, local(&a, shut)));
	ATTEMPT("sendmsg", AF_UNIX, SOCK_DGRAM, by_sendmsg(fd, &a, local(&a, shut), 0));
	ATTEMPT("sendmmsg", AF_UNIX, SOCK_DGRAM, by_sendmmsg(fd, &a, local(&a, shut)));
	*strrchr(shut, '-') = 0;
	ATTEMPT("connect", AF_UNIX, SOCK_STREAM, connect(fd, &a.any, local(&a, shut)));
}

/* bound: a socket's file where nothing may be made. */
static void bound(void)
{
	union address a;
	static const char *const names[] = { "new", "newer", "newest" };
	char *link_path = in(data, "to-hide"), *path;

	symlink(hide, link_path);
	for (int i = 0; i < 3; i++) {
		int fd = new_socket(AF_UNIX, SOCK_STREAM);

		path = in(hide, names[i]);
		if (i == 1)
			path = in(link_path, names[i]);
		if (i == 2) { /* the kernel lets a program go there unless stat is named */
			if (chdir(hide) < 0)
				continue;
			path = strdup(names[i]);
		}
		errno = 0;
		bind(fd, &a.any, local(&a, path));
		note(names[i], exists(in(hide, names[i])));
		unlink(in(hide, names[i]));
		close(fd);
	}
}

/* The races: the second thread changes what the address says. */

static union address shared;
static uint32_t *differing, allowed_bytes, shut_bytes;

static void *flip(void *unused)
{
	(void)unused;
	do
		__atomic_store_n(differing, *differing == shut_bytes ? allowed_bytes : shut_bytes, __ATOMIC_RELAXED);
	while (race_turn());
	return NULL;
}

static int raced(long sent)
{
	int got = reached();

	return sent < 0 && !got ? -1 : got;
}

static int race_sendto(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = new_socket(AF_INET, SOCK_DGRAM);
	return raced(sendto(fd, "x", 1, 0, &shared.any, sizeof shared.in));
}

static int race_sendmsg(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = new_socket(AF_INET, SOCK_DGRAM);
	return raced(by_sendmsg(fd, &shared, sizeof shared.in, 0));
}

static int race_connect(void)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), got = raced(connect(fd, &shared.any, sizeof shared.in));

	close(fd);
	return got;
}

static int race_path(void)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM), got = raced(connect(fd, &shared.any, sizeof shared.un));

	close(fd);
	return got;
}

static void share_inet(void)
{
	union address other;

	inet_servers();
	inet4(&other, "127.0.0.1");
	inet4(&shared, "127.0.0.3");
	differing = &shared.in.sin_addr.s_addr;
	allowed_bytes = *differing;
	shut_bytes = other.in.sin_addr.s_addr;
}

/* share_path makes the bytes in which "shut" and "open" differ one word. */
static void share_path(void)
{
	local_servers();
	local(&shared, "./open");
	if (chdir(data) < 0)
		setup_failed("chdir");
	differing = (uint32_t *)(void *)(shared.un.sun_path + 2);
	memcpy(&allowed_bytes, "open", 4);
	memcpy(&shut_bytes, "shut", 4);
}

/* exchange swaps a socket, or a directory, with a symlink to the other one. */
static const char *swap_from, *swap_to;

static void *exchange(void *unused)
{
	(void)unused;
	do
		syscall(SYS_renameat2, AT_FDCWD, swap_from, AT_FDCWD, swap_to, 2 /* RENAME_EXCHANGE */);
	while (race_turn());
	return NULL;
}

static int race_symlink(void)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM), got = raced(to_path(fd, "open"));

	close(fd);
	return got;
}

static int race_bind(void)
{
	static int turn;
	char path[64], name[32];
	union address a;
	int fd = new_socket(AF_UNIX, SOCK_STREAM), got;

	snprintf(name, sizeof name, "raced-%d", turn++);
	snprintf(path, sizeof path, "dir/%s", name);
	got = bind(fd, &a.any, local(&a, path)) < 0 ? -1 : 0;
	if (exists(in(hide, name))) {
		unlink(in(hide, name));
		got = 1;
	}
	close(fd);
	return got;
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (is("inet"))
		inet();
	else if (is("named"))
		named();
	else if (is("abstract"))
		abstract();
	else if (is("bound"))
		bound();
	else if (is("race-sendto") || is("race-sendmsg") || is("race-connect")) {
		share_inet();
		race(flip, is("race-sendto") ? race_sendto : is("race-sendmsg") ? race_sendmsg : race_connect, MANY);
	} else if (is("race-path")) {
		share_path();
		race(flip, race_path, MANY);
	} else if (is("race-symlink")) {
		local_servers();
		if (chdir(data) < 0 || symlink("shut", "open-link") < 0)
			setup_failed("symlink");
		swap_from = "open";
		swap_to = "open-link";
		race(exchange, race_symlink, MANY);
	} else if (is("race-bind")) {
		if (chdir(data) < 0 || mkdir("dir", 0755) < 0 || symlink(hide, "dir-link") < 0)
			setup_failed("symlink");
		swap_from = "dir";
		swap_to = "dir-link";
		race(exchange, race_bind, FEW);
	} else
		setup_failed("no case %s", subcase);
	finish();
}
