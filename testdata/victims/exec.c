/*
 * exec: executes files of all kinds in all ways, and prints what comes of it:
 * the arguments that a program was started with, or the error. "show" is this
 * program under another name; it prints its arguments.
 */
#include "facts.h"
#include <sys/mman.h>

#ifndef SYS_execveat
#define SYS_execveat 322
#endif
enum { EXECVE_CHECK = 0x10000 }; /* Linux 6.14 */

extern char **environ;
static char self[PATH_MAX];

/* show prints the arguments so that every byte can be seen. */
static int show(int argc, char **argv)
{
	for (int i = 0; i < argc && argc < 64; i++) {
		printf(i ? " [" : "runs [");
		size_t n = strlen(argv[i]);
		for (size_t at = 0; at < n; at++)
			if (n < 64 || at < 4 || at + 4 >= n)
				printf(argv[i][at] > ' ' ? "%c" : "\\%o", argv[i][at]);
		printf("]");
	}
	if (argc >= 64)
		printf("runs with %d", argc);
	printf("\n");
	return 0;
}

static char *with[] = { "name", "one", "two", NULL };

/* run makes the call in a child. */
enum { PLAIN = -1000 }; /* as a directory: execve, not execveat */
static void run(const char *what, int dir, const char *path, char **argv, int flags)
{
	pid_t pid;
	int status;

	printf("%s: ", what);
	fflush(stdout);
	pid = (pid_t)must(fork(), "fork");
	if (pid == 0) {
		if (dir == PLAIN)
			syscall(SYS_execve, path, argv, environ);
		else if (syscall(SYS_execveat, dir, path, argv, environ, flags) == 0)
			errno = 0;
		printf("%s\n", errno ? strerrorname_np(errno) : "would run");
		fflush(stdout);
		_exit(0);
	}
	must(waitpid(pid, &status, 0), "wait");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		printf("status %x\n", status);
}

static void plain(const char *what, const char *path) { run(what, PLAIN, path, with, 0); }

static void put_bytes(const char *name, const char *text, size_t n, int mode)
{
	int fd = (int)must(open(name, O_CREAT | O_WRONLY | O_TRUNC, 0700), name);

	must(write(fd, text, n), name);
	must(fchmod(fd, (mode_t)mode), name);
	must(close(fd), name);
}

static void script(const char *name, const char *text) { put_bytes(name, text, strlen(text), 0755); }

static void copy_self(const char *name, int mode)
{
	static char image[1 << 20];
	int fd = (int)must(open(self, O_RDONLY), self);
	ssize_t n = must(read(fd, image, sizeof image), self);

	close(fd);
	put_bytes(name, image, (size_t)n, mode);
}

static void case_lines(void)
{
	static const struct { const char *text; size_t n; } lines[] = {
#define LINE(s) { s, sizeof(s) - 1 }
		LINE("#!./show\n"), LINE("#! \t./show \t\n"), LINE("#!./show -e\n"), LINE("#!./show  -e  -x \nrest"),
		LINE("#!./show"), LINE("#!./show "), LINE("#!./show -e "), LINE("#!./show\0 -e\n"), LINE("#!./show -e\0x\n"),
		LINE("#!./show \0x\n"), LINE("#!show\n"), LINE("#!\n"), LINE("#! \t\n"), LINE("#!"), LINE("#!\0"), LINE("#"),
		LINE(" #!./show\n"), LINE(""), LINE("#!missing\n"), LINE("#!./show/x\n"), LINE("#!.\n"), LINE("#!./plain\n"),
		LINE("#!./show\r\n"), LINE("text\n"), LINE("\x7f" "ELF"), LINE("#!./show \\\"a b\" $x\n"),
	};
	char what[32];

	for (size_t i = 0; i < COUNT(lines); i++) {
		put_bytes("script", lines[i].text, lines[i].n, 0755);
		snprintf(what, sizeof what, "line %zu", i);
		plain(what, "./script");
	}
}

/* long_line puts n bytes before the end: blanks, or a name that leads to show. */
static void long_line(int n, const char *blank, const char *end, size_t end_length)
{
	char text[1024] = "#!", what[64];
	int at = 2;

	if (!blank) { /* "./././show", a slash more where the length is odd */
		while (at + 2 + 4 <= n)
			text[at++] = '.', text[at++] = '/';
		if (at + 4 < n)
			text[at++] = '/';
		at += sprintf(text + at, "show");
	} else {
		at += sprintf(text + at, "%s", blank);
		while (at < n)
			text[at++] = ' ';
	}
	memcpy(text + at, end, end_length);
	put_bytes("script", text, (size_t)at + end_length, 0755);
	snprintf(what, sizeof what, "%d bytes%s%s, %zu more", at, blank ? " with " : "", blank ? blank : "", end_length);
	plain(what, "./script");
}

static void case_length(void)
{
	for (int n = 253; n < 259; n++) {
		long_line(n, NULL, "\n", 1);
		long_line(n, NULL, "", 0);
		long_line(n, NULL, " x\n", 3);
		long_line(n, NULL, "\0x\n", 3);
		long_line(n, "./show", "x\n", 2);
		long_line(n, "./show", " \n", 2);
		long_line(n, "./show a", "b\n", 2);
	}
	for (int n = 244; n < 252; n++)
		long_line(n, "", "./show\n", 7);
}

static void case_chain(void)
{
	static const char *const ends[] = { "./show", "./missing", ".", "./plain", "./text", "./show/x" };
	char name[16], text[64], what[64];

	for (size_t e = 0; e < COUNT(ends); e++)
		for (int n = 1; n < 9; n++) {
			for (int i = 1; i <= n; i++) {
				if (i == 1)
					snprintf(text, sizeof text, "#!%s\n", ends[e]);
				else
					snprintf(text, sizeof text, "#!./s%d a%d\n", i - 1, i);
				snprintf(name, sizeof name, "s%d", i);
				script(name, text);
			}
			snprintf(what, sizeof what, "%d scripts, then %s", n, ends[e]);
			plain(what, name);
		}
	script("loop", "#!./loop\n");
	plain("itself", "loop");
}

static void case_ways(void)
{
	int dir = (int)must(open(".", O_RDONLY | O_DIRECTORY), "."), path = (int)must(open("show", O_PATH), "show");
	int cloexec, fd, text;
	char proc[64];

	script("script", "#!./show x\n");
	text = (int)must(open("script", O_RDONLY), "script");
	cloexec = (int)must(open("script", O_RDONLY | O_CLOEXEC), "script");
	must(symlink("show", "link"), "link");
	must(symlink("dangling", "nowhere"), "nowhere");
	must(mkdir("sub", 0755), "sub");
	plain("show", "show");
	plain("a link", "link");
	plain("a dangling link", "nowhere");
	plain("a directory", "sub");
	plain("not executable", "plain");
	plain("nothing", "");
	plain("a device", "/dev/null");
	run("at", dir, "show", with, 0);
	run("at a closed one", 999, "show", with, 0);
	run("at a file", path, "show", with, 0);
	run("script at", dir, "script", with, 0);
	run("script at the working directory", AT_FDCWD, "script", with, 0);
	run("link, not followed", dir, "link", with, AT_SYMLINK_NOFOLLOW);
	run("file, not followed", dir, "copy", with, AT_SYMLINK_NOFOLLOW);
	run("descriptor", path, "", with, AT_EMPTY_PATH);
	run("descriptor without the flag", path, "", with, 0);
	run("descriptor of a directory", dir, "", with, AT_EMPTY_PATH);
	run("working directory", AT_FDCWD, "", with, AT_EMPTY_PATH);
	run("flag with a path", dir, "show", with, AT_EMPTY_PATH);
	run("unknown flag", dir, "show", with, 0x200000);
	run("script by descriptor", text, "", with, AT_EMPTY_PATH);
	run("script by one that closes", cloexec, "", with, AT_EMPTY_PATH);
	snprintf(proc, sizeof proc, "/proc/self/fd/%d", path);
	plain("by /proc", proc);
	snprintf(proc, sizeof proc, "/dev/fd/%d", text);
	plain("script by /dev/fd", proc);
	plain("itself by /proc", "/proc/self/exe");
	fd = (int)must(open("copy", O_WRONLY), "copy");
	plain("open for writing", "copy");
	close(fd);
	plain("no longer", "copy");
}

static void case_check(void)
{
	int dir = (int)must(open(".", O_RDONLY | O_DIRECTORY), "."), path = (int)must(open("show", O_PATH), "show");

	script("script", "#!./missing\n");
	script("empty", "");
	run("show", dir, "show", with, EXECVE_CHECK);
	run("descriptor", path, "", with, EXECVE_CHECK | AT_EMPTY_PATH);
	run("script without its interpreter", dir, "script", with, EXECVE_CHECK);
	run("empty", dir, "empty", with, EXECVE_CHECK);
	run("not executable", dir, "plain", with, EXECVE_CHECK);
	run("missing", dir, "missing", with, EXECVE_CHECK);
	run("directory", AT_FDCWD, ".", with, EXECVE_CHECK);
	run("closed", 999, "show", with, EXECVE_CHECK);
	run("unknown flag besides", dir, "show", with, EXECVE_CHECK | 0x200000);
	if (syscall(SYS_execveat, dir, "show", with, environ, EXECVE_CHECK) < 0)
		printf("%s\n", strerrorname_np(errno));
	printf("still here\n");
	fflush(stdout);
	plain("afterwards", "show");
}

static void case_arguments(void)
{
	static char big[130000], *many[6000], *none[] = { NULL };
	char *one[] = { "name", big, NULL };
	char **edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (edge == MAP_FAILED)
		must(-1, "mmap");
	must(munmap((char *)edge + 4096, 4096), "munmap");
	script("script", "#!./show x\n");
	run("no vector", PLAIN, "show", NULL, 0);
	run("no arguments", PLAIN, "show", none, 0);
	run("script without arguments", PLAIN, "script", none, 0);
	memset(big, 'b', sizeof big - 1);
	run("a long one", PLAIN, "show", one, 0);
	for (int i = 0; i < 3000; i++)
		many[i] = "m";
	many[3000] = NULL;
	run("many", PLAIN, "show", many, 0);
	edge[511] = NULL;
	edge[510] = "last";
	run("up to the end of memory", PLAIN, "show", edge + 510, 0);
}

/* What the bound on arguments that are judged makes differ. */
static void case_unjudged(void)
{
	static char *many[6000], *bad[] = { "x", (char *)1, NULL };

	run("bad pointer", PLAIN, "show", bad, 0);
	run("bad vector", PLAIN, "show", (char **)8, 0);
	for (int i = 0; i < 5000; i++)
		many[i] = "m";
	run("too many", PLAIN, "show", many, 0);
}

/* What the broker refuses on purpose. */
static void case_refused(void)
{
	int fd = (int)must(memfd_create("image", 0), "memfd"), image = (int)must(open(self, O_RDONLY), self);
	char buf[65536], proc[64];
	ssize_t n;

	while ((n = read(image, buf, sizeof buf)) > 0)
		must(write(fd, buf, (size_t)n), "image");
	char *shown[] = { "show", NULL };
	snprintf(proc, sizeof proc, "/proc/self/fd/%d", fd);
	run("memfd by /proc", PLAIN, proc, shown, 0);
	fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
	/* Open for writing it is busy: reopen it. */
	int again = (int)must(open(proc, O_RDONLY), proc);
	close(fd);
	run("sealed memfd", again, "", shown, AT_EMPTY_PATH);
	copy_self("closed", 0111);
	run("execute only", PLAIN, "closed", shown, 0);
}

static void prepare(void)
{
	must(readlink("/proc/self/exe", self, sizeof self - 1), "/proc/self/exe");
	must(symlink(self, "show"), "show");
	put_bytes("plain", "#!./show\n", 9, 0644);
	put_bytes("text", "just text\n", 10, 0755);
	copy_self("copy", 0755);
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } cases[] = {
		{ "lines", case_lines }, { "length", case_length }, { "chain", case_chain }, { "ways", case_ways },
		{ "check", case_check }, { "arguments", case_arguments }, { "unjudged", case_unjudged }, { "refused", case_refused },
	};

	for (size_t i = 0; argc == 2 && i < COUNT(cases); i++)
		if (strcmp(argv[1], cases[i].name) == 0) {
			prepare();
			cases[i].run();
			return 0;
		}
	return show(argc, argv);
}
