/*
 * The measured target: makes one kind of call again and again, in a directory
 * that `prepare` has filled, and checks every result.
 *
 * usage: calls prepare EXIT     fill the working directory; EXIT is the program to execute
 *        calls [-s] CASE COUNT [PATH]
 *
 * -s writes COUNT samples to standard output: the nanoseconds from the end of
 * one operation to the end of the next, as unsigned 32-bit numbers of this
 * machine. They are written at the end, so that nothing comes between two.
 * PATH takes the place of the case's own path: open, deny and stat.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WARM = 16, QUICK = 100 };

static char base[1024];	  /* the working directory */
static char one[1100], other[1100]; /* the paths of the case */
static int at = AT_FDCWD; /* the directory of the case */
static int kept = -1;	  /* a descriptor that the case needs */
static union {
	struct sockaddr any;
	struct sockaddr_un un;
	struct sockaddr_in in;
} address;
static socklen_t address_size;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void check(long result, const char *what)
{
	if (result < 0)
		die(what);
}

static void below(char *path, const char *name)
{
	if (path[0] == 0)
		snprintf(path, sizeof(one), "%s/%s", base, name);
}

/* The kernel's calls themselves: libraries differ in what they make of open. */
static long open_at(const char *path, int flags)
{
	long fd = syscall(SYS_openat, at, path, flags | O_CLOEXEC, 0644);

	if (fd >= 0 && fd < 3) {
		fprintf(stderr, "%s: the answer is %ld, which is taken\n", path, fd);
		exit(1);
	}
	return fd;
}

static void open_once(void)
{
	long fd = open_at(one, O_RDONLY);

	check(fd, one);
	syscall(SYS_close, fd);
}

static void set_file(void) { below(one, "dir/file"); }
static void set_symlink(void) { below(one, "link/file"); }

static void set_missing(void) { below(one, "dir/none"); }

static void set_cwd(void)
{
	check(chdir("dir"), "dir");
	strcpy(one, "file");
}

static void set_dirfd(void)
{
	at = open("dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(at, "dir");
	strcpy(one, "file");
}

static void set_new(void) { below(one, "new/file"); }

static void create(void)
{
	long fd = open_at(one, O_WRONLY | O_CREAT | O_EXCL);

	check(fd, one);
	syscall(SYS_close, fd);
	check(syscall(SYS_unlink, one), one);
}

static void set_secret(void) { below(one, "secret/file"); }

/* refused expects a call to be answered with EACCES. */
static void refused(long result)
{
	if (result >= 0 || errno != EACCES) {
		fprintf(stderr, "%s: %s, and should be refused\n", one, result < 0 ? strerror(errno) : "done");
		exit(1);
	}
}

static void be_missed(void)
{
	if (open_at(one, O_RDONLY) >= 0 || errno != ENOENT)
		die(one);
}

static void be_denied(void) { refused(open_at(one, O_RDONLY)); }
static void be_denied_unlink(void) { refused(syscall(SYS_unlink, one)); }
static void be_denied_execve(void) { refused(syscall(SYS_execve, one, NULL, NULL)); }
static void be_denied_rename(void) { refused(syscall(SYS_rename, one, other)); }

static void set_laundry(void)
{
	below(one, "secret/file");
	below(other, "new/file");
}

static void set_served(void)
{
	char text[16] = "";

	below(one, "served");
	long fd = open_at(one, O_RDONLY);

	check(fd, one);
	check(read((int)fd, text, sizeof(text)), one);
	if (strncmp(text, "served\n", 7) != 0) {
		fprintf(stderr, "%s holds %.16s\n", one, text);
		exit(1);
	}
	close((int)fd);
}

static void look(void)
{
	struct stat st;

	check(syscall(SYS_newfstatat, AT_FDCWD, one, &st, 0), one);
	if (!S_ISREG(st.st_mode)) {
		fprintf(stderr, "%s: mode %o\n", one, st.st_mode);
		exit(1);
	}
}

static void look_often(void)
{
	for (int i = 0; i < QUICK; i++)
		look();
}

static void seek_often(void)
{
	for (int i = 0; i < QUICK; i++)
		syscall(SYS_lseek, 0, 0, SEEK_CUR);
}

static void set_names(void)
{
	below(one, "new/one");
	below(other, "new/other");
	kept = open(one, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	check(kept, one);
	close(kept);
}

static void rename_twice(void)
{
	check(syscall(SYS_rename, one, other), one);
	check(syscall(SYS_rename, other, one), other);
}

static void set_program(void) { below(one, "exit"); }

static void execute(void)
{
	char *args[] = { one, NULL };
	int status = 0;
	pid_t pid = vfork();

	if (pid == 0) {
		syscall(SYS_execve, one, args, NULL);
		_exit(127);
	}
	check(pid, "vfork");
	if (waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "%s ended with %x\n", one, status);
		exit(1);
	}
}

static void serve(void)
{
	kept = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(kept, "socket");
	check(bind(kept, &address.any, address_size), "bind");
	check(listen(kept, 16), "listen");
}

static void set_local(void)
{
	address.un.sun_family = AF_UNIX;
	int length = snprintf(address.un.sun_path, sizeof(address.un.sun_path), "%s/sockets/%d", base, (int)getpid());

	if (length >= (int)sizeof(address.un.sun_path)) {
		fprintf(stderr, "%s is too long a directory for a socket\n", base);
		exit(1);
	}
	address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length + 1);
	serve();
}

static void set_tcp(void)
{
	address.in.sin_family = AF_INET;
	address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address_size = sizeof(address.in);
	serve();
	check(getsockname(kept, &address.any, &address_size), "getsockname");
}

/* A connection that is reset leaves no TIME_WAIT behind: the ports would run out. */
static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

static void connect_once(void)
{
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	check(fd, "socket");
	check(syscall(SYS_connect, fd, &address.any, address_size), "connect");
	int peer = accept4(kept, NULL, NULL, SOCK_CLOEXEC);

	check(peer, "accept");
	if (address.any.sa_family == AF_INET)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	close(peer);
}

static void set_elsewhere(void)
{
	address.in.sin_family = AF_INET;
	address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	address.in.sin_port = htons(9);
	address_size = sizeof(address.in);
	kept = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(kept, "socket");
}

static void be_denied_connect(void) { refused(syscall(SYS_connect, kept, &address.any, address_size)); }
static void nothing(void) {}

static void ask_name(void)
{
	struct utsname name;

	check(uname(&name), "uname");
}

static void ask_priority(void) { check(syscall(SYS_getpriority, 0L, 0L), "getpriority"); }

static const struct {
	const char *name;
	void (*set)(void);
	void (*once)(void);
} cases[] = {
	{ "open", set_file, open_once },       { "open-symlink", set_symlink, open_once },
	{ "open-cwd", set_cwd, open_once },    { "open-dirfd", set_dirfd, open_once },
	{ "create", set_new, create },	       { "deny", set_secret, be_denied },
	{ "content", set_served, open_once },  { "stat", set_file, look },
	{ "rename", set_names, rename_twice }, { "execve", set_program, execute },
	{ "unix", set_local, connect_once },   { "tcp", set_tcp, connect_once },
	{ "missing", set_missing, be_missed },
	{ "deny-unlink", set_secret, be_denied_unlink }, { "deny-execve", set_secret, be_denied_execve },
	{ "deny-rename", set_laundry, be_denied_rename }, { "deny-connect", set_elsewhere, be_denied_connect },
	{ "uname", nothing, ask_name },	       { "getpriority", nothing, ask_priority },
	{ "lseek", nothing, seek_often },      { "stat-unnamed", set_file, look_often },
};

static void make(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	check(fd, name);
	check(write(fd, text, strlen(text)), name);
	close(fd);
}

static int prepare(const char *program)
{
	static const char *const dirs[] = { "dir", "new", "secret", "sockets" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		check(mkdir(dirs[i], 0755), dirs[i]);
	make("dir/file", "a file\n");
	make("secret/file", "a secret\n");
	make("served", "the file itself\n");
	check(symlink("dir", "link"), "link");
	check(rename(program, "exit"), program);
	return 0;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void measure(void (*once)(void), long count, int samples)
{
	size_t size = (size_t)count * sizeof(uint32_t);
	uint32_t *took = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (took == MAP_FAILED)
		die("mmap");
	for (int i = 0; i < WARM; i++)
		once();
	uint64_t last = now();

	for (long i = 0; i < count; i++) {
		once();
		uint64_t ended = now();

		took[i] = (uint32_t)(ended - last);
		last = ended;
	}
	for (size_t done = 0; samples && done < size;) {
		ssize_t n = write(STDOUT_FILENO, (char *)took + done, size - done);

		check(n, "write");
		done += (size_t)n;
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: calls prepare EXIT | calls [-s] CASE COUNT [PATH]\ncases:");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		fprintf(stderr, " %s", cases[i].name);
	fprintf(stderr, "\n");
	return 64;
}

int main(int argc, char **argv)
{
	int samples = argc > 1 && strcmp(argv[1], "-s") == 0;

	argc -= samples;
	argv += samples;
	if (argc == 3 && strcmp(argv[1], "prepare") == 0)
		return prepare(argv[2]);
	if (argc != 3 && argc != 4)
		return usage();
	long count = atol(argv[2]);

	if (!getcwd(base, sizeof(base)))
		die("getcwd");
	if (argc == 4)
		snprintf(one, sizeof(one), "%s", argv[3]);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(cases[i].name, argv[1]) != 0)
			continue;
		cases[i].set();
		measure(cases[i].once, count, samples);
		return 0;
	}
	return usage();
}
