/*
 * net-unix: local sockets: how their paths are resolved, what their files are
 * like, and what address they have afterwards.
 */
#include "net.h"

static const char *long_name(char *buf, size_t n)
{
	memset(buf, 'l', n);
	buf[n] = 0;
	return buf;
}

static long try_bind(const char *name, int close_it)
{
	union address a;
	int fd = new_socket(AF_UNIX, SOCK_STREAM);
	socklen_t n = local(&a, name);
	long r = bind(fd, &a.any, n);

	printf("bind %.20s: %s\n", name, result(r));
	show_name("own", fd, get_own);
	if (r == 0)
		must(listen(fd, 100), "listen");
	if (close_it || r != 0)
		close(fd);
	return r;
}

static void try_connect(const char *name)
{
	union address a;
	int fd = new_socket(AF_UNIX, SOCK_STREAM);
	socklen_t n = local(&a, name);

	printf("connect %.20s: %s\n", name, result(connect(fd, &a.any, n)));
	show_name("peer", fd, get_peer);
	close(fd);
}

/* The ground: a listener behind every kind of link. */
static void paths(void)
{
	static const char *const names[] = {
		"sock", "./sock", "dir/../sock", "dir//inner", "to-dir/inner", "to-sock", "dangling", "loop", "missing",
		"dir", "file", "file/x", "missing/x", "sock/", "dir/inner/", "/proc/self/cwd/sock", "/proc/thread-self/cwd/dir/inner",
		"dir/.", "..", "",
	};
	static const char *const fresh[] = {
		"new", "./new-2", "dir/../new-3", "dir//new", "to-dir/new-2", "to-sock", "dangling", "missing/new", "file/new",
		"sock", "dir", "new-4/", "dir/.", "dir/..", "/proc/self/root/tmp",
	};
	char path[256], cwd[100], buf[128];
	union address a;

	must(mkdir("dir", 0755), "dir");
	must(symlink("dir", "to-dir"), "to-dir");
	must(symlink("sock", "to-sock"), "to-sock");
	must(symlink("nowhere", "dangling"), "dangling");
	must(symlink("loop", "loop"), "loop");
	put("file", "x");
	must(try_bind("sock", 0), "sock");
	must(try_bind("dir/inner", 0), "inner");
	for (size_t i = 0; i < COUNT(names); i++)
		try_connect(names[i]);
	for (size_t i = 0; i < COUNT(fresh); i++)
		try_bind(fresh[i], 1);
	must((long)getcwd(cwd, sizeof cwd), "getcwd");
	snprintf(path, sizeof path, "%s/absolute", cwd);
	/* The directory's name differs between users and runs. */
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);
	socklen_t n = local(&a, path), m = sizeof a;
	printf("absolute: %s\n", result(bind(fd, &a.any, n)));
	must(getsockname(fd, &a.any, &m), "getsockname");
	printf("as written: %d\n", m == n && strcmp(a.un.sun_path, path) == 0);
	snprintf(path, sizeof path, "%s/to-dir/..//dir/absolute", cwd);
	fd = new_socket(AF_UNIX, SOCK_DGRAM);
	n = local(&a, path), m = sizeof a;
	printf("roundabout: %s\n", result(bind(fd, &a.any, n)));
	must(getsockname(fd, &a.any, &m), "getsockname");
	printf("as written: %d\n", m == n && strcmp(a.un.sun_path, path) == 0);
	try_bind(long_name(buf, 107), 0);
	try_connect(buf);
	/* 108 bytes and no NUL. */
	fd = new_socket(AF_UNIX, SOCK_STREAM);
	memset(&a, 'm', sizeof a);
	a.un.sun_family = AF_UNIX;
	printf("without NUL: %s\n", result(bind(fd, &a.any, 110)));
	show_name("own", fd, get_own);
	printf("too long: %s\n", result(bind(new_socket(AF_UNIX, SOCK_STREAM), &a.any, 111)));
	/* Bytes after the NUL do not count. */
	n = local(&a, "sock");
	fd = new_socket(AF_UNIX, SOCK_STREAM);
	printf("with a tail: %s\n", result(connect(fd, &a.any, n + 20)));
	printf("without an end: %s\n", result(connect(new_socket(AF_UNIX, SOCK_STREAM), &a.any, n - 1)));
	printf("cut: %s\n", result(connect(new_socket(AF_UNIX, SOCK_STREAM), &a.any, n - 2)));
}

/* modes: what file a bind makes, and who may connect to it. */
static void modes(void)
{
	static const mode_t masks[] = { 0, 022, 077, 0777 };
	char name[20];

	for (size_t i = 0; i < COUNT(masks); i++) {
		umask(masks[i]);
		snprintf(name, sizeof name, "mode-%o", masks[i]);
		try_bind(name, 0);
		describe(name);
		try_connect(name);
	}
	umask(022);
	must(mkdir("closed", 0755), "closed");
	try_bind("closed/sock", 0);
	must(chmod("closed", 0), "chmod");
	try_connect("closed/sock");
	try_bind("closed/new", 1);
	must(chmod("closed", 0500), "chmod");
	try_bind("closed/newer", 1);
	must(chmod("closed", 0755), "chmod");
	must(mkdir("group", 0755), "group");
	must(chmod("group", 02775), "chmod");
	try_bind("group/sock", 1);
	describe("group/sock");
	printf("open: %s\n", result(open("mode-0", O_RDWR)));
	printf("unlink: %s\n", result(unlink("mode-0")));
	try_connect("mode-0");
	printf("a new one: ");
	try_bind("mode-0", 0);
	printf("moved: %s\n", result(rename("mode-0", "moved")));
	try_connect("moved");
	printf("linked: %s\n", result(link("moved", "linked")));
	try_connect("linked");
}

static void abstract(void)
{
	union address a;
	char name[60];
	int fd, other;
	socklen_t n;

	snprintf(name, sizeof name, "@abstract-%d", getpid());
	fd = new_socket(AF_UNIX, SOCK_STREAM);
	n = local(&a, name);
	printf("bind: %s\n", result(bind(fd, &a.any, n)));
	printf("bind: %s\n", result(bind(fd, &a.any, n)));
	printf("bind another: %s\n", result(bind(new_socket(AF_UNIX, SOCK_STREAM), &a.any, n)));
	printf("connect: %s\n", result(connect(new_socket(AF_UNIX, SOCK_STREAM), &a.any, n)));
	must(listen(fd, 1), "listen");
	printf("connect: %s\n", result(connect(new_socket(AF_UNIX, SOCK_STREAM), &a.any, n)));
	printf("one byte more: %s\n", result(connect(new_socket(AF_UNIX, SOCK_STREAM), &a.any, n + 1)));
	printf("datagrams: %s\n", result(connect(new_socket(AF_UNIX, SOCK_DGRAM), &a.any, n)));
	fd = new_socket(AF_UNIX, SOCK_DGRAM);
	printf("autobind: %s\n", result(bind(fd, &a.any, sizeof(sa_family_t))));
	n = sizeof a;
	must(getsockname(fd, &a.any, &n), "getsockname");
	printf("length %d\n", (int)n);
	other = new_socket(AF_UNIX, SOCK_DGRAM);
	printf("send: %s\n", result(sendto(other, "hello", 5, 0, &a.any, n)));
	printf("connect: %s\n", result(connect(other, &a.any, n)));
	printf("dissolve: %s\n", result(connect(other, &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr))));
	printf("send to nobody: %s\n", result(send(other, "x", 1, 0)));
	printf("listen unbound: %s\n", result(listen(new_socket(AF_UNIX, SOCK_STREAM), 1)));
}

/* peers: who the other end is told to be. */
static void peers(void)
{
	union address a;
	struct ucred who = { 0 };
	socklen_t n = local(&a, "peers"), size = sizeof who;
	int server = new_socket(AF_UNIX, SOCK_STREAM), client = new_socket(AF_UNIX, SOCK_STREAM), fd;

	must(bind(server, &a.any, n), "bind");
	must(listen(server, 1), "listen");
	must(connect(client, &a.any, n), "connect");
	fd = (int)must(accept(server, NULL, NULL), "accept");
	must(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size), "SO_PEERCRED");
	printf("client: own user %d, own group %d\n", who.uid == geteuid(), who.gid == getegid());
	must(getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &size), "SO_PEERCRED");
	printf("server: own user %d, own group %d, own process %d\n", who.uid == geteuid(), who.gid == getegid(), who.pid == getpid());
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } cases[] = {
		{ "paths", paths }, { "modes", modes }, { "abstract", abstract }, { "peers", peers },
	};

	for (size_t i = 0; argc > 1 && i < COUNT(cases); i++)
		if (strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			return 0;
		}
	return 2;
}
