/*
 * facts-limits: lengths, loops, busy files, bad pointers and bad descriptors.
 */
#include "facts.h"
#include <sys/mman.h>

static char path[3 * PATH_MAX];

/* spell fills path with n bytes that name "file" in the current directory. */
static char *spell(int n)
{
	memset(path, '/', (size_t)n);
	memcpy(path, "./", 2);
	for (int i = 2; i + 5 < n; i += 2)
		path[i] = '.';
	if (n % 2)
		path[n - 5] = '/';
	memcpy(path + n - 4, "file", 5);
	return path;
}

static void case_length(void)
{
	put("file", "file\n");
	for (int n = PATH_MAX - 3; n < PATH_MAX + 3; n++)
		printf("path of %d: %s\n", n, result(open(spell(n), O_RDONLY)));
	for (int n = NAME_MAX - 2; n < NAME_MAX + 3; n++) {
		memset(path, 'n', (size_t)n);
		path[n] = 0;
		printf("name of %d: open %s", n, result(open(path, O_RDONLY)));
		printf(", create %s", result(open(path, O_CREAT | O_RDWR, 0600)));
		printf(", mkdir %s", result(mkdir(path, 0700)));
		printf(", rename %s", result(rename(path, "renamed")));
		printf(", unlink %s\n", result(unlink(path)));
		unlink("renamed");
	}
	path[0] = 0;
	printf("empty: %s\n", result(open(path, O_RDONLY)));
	memset(path, 0x80, 200);
	path[200] = 0;
	printf("no UTF-8: %s\n", result(open(path, O_CREAT | O_RDWR, 0600)));
	describe(path);
	printf("newline: %s\n", result(mkdir("a\nb\t\033[31m", 0700)));
}

static void case_loop(void)
{
	char name[16], to[16];

	put("link0", "the file");
	for (int i = 1; i <= 42; i++) {
		snprintf(name, sizeof(name), "link%d", i);
		snprintf(to, sizeof(to), "link%d", i - 1);
		must(symlink(to, name), name);
	}
	for (int i = 38; i <= 42; i++) {
		snprintf(name, sizeof(name), "link%d", i);
		printf("%d links: open %s", i, result(open(name, O_RDONLY)));
		printf(", nofollow %s", result(open(name, O_RDONLY | O_NOFOLLOW)));
		printf(", write %s", result(open(name, O_WRONLY | O_CREAT, 0600)));
		printf(", chmod %s\n", result(chmod(name, 0600)));
	}
	must(mkdir("dir", 0700), "dir");
	must(symlink("../dir/again", "dir/again"), "again");
	printf("loop of two: %s\n", result(open("dir/again", O_RDONLY)));
	must(symlink("dir/", "slash"), "slash");
	printf("to dir/: %s\n", result(open("slash", O_RDONLY | O_DIRECTORY)));
	must(symlink("link0/", "slashed-file"), "slashed-file");
	printf("to file/: %s\n", result(open("slashed-file", O_RDONLY)));
}

/* A program that runs cannot be written to: ETXTBSY. */
static void case_busy(void)
{
	int pipes[2], status, in = (int)must(open("/proc/self/exe", O_RDONLY), "exe");
	int out = (int)must(open("prog", O_CREAT | O_WRONLY, 0755), "prog");
	ssize_t n;

	while ((n = read(in, path, sizeof(path))) > 0)
		must(write(out, path, (size_t)n), "prog");
	pid_t pid = fork();

	if (pid == 0) {
		execl("./prog", "prog", "none", (char *)NULL);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	printf("open for writing, executed: %s\n", strerrorname_np(WEXITSTATUS(status)));
	close(out);
	must(pipe(pipes), "pipe");
	pid = fork();
	if (pid == 0) {
		dup2(pipes[0], 0);
		dup2(pipes[1], 1);
		execl("./prog", "prog", "wait", (char *)NULL);
		_exit(errno);
	}
	must(read(pipes[0], path, 1), "the program that runs");
	printf("running, opened: read %s", result(open("prog", O_RDONLY)));
	printf(", write %s", result(open("prog", O_WRONLY)));
	printf(", truncated %s", result(open("prog", O_RDONLY | O_TRUNC)));
	printf(", truncate %s\n", result(truncate("prog", 0)));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static void case_pointers(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(munmap(page + 4096, 4096), "munmap");
	put("file", "file\n");
	memcpy(page + 4096 - 5, "file", 5);
	printf("ends with the page: %s\n", result(open(page + 4096 - 5, O_RDONLY)));
	printf("runs out of it: %s\n", result((int)syscall(SYS_openat, AT_FDCWD, page + 4096 - 1, O_RDONLY)));
	memcpy(page + 4096 - 4, "file", 4);
	printf("no end: %s\n", result((int)syscall(SYS_openat, AT_FDCWD, page + 4096 - 4, O_RDONLY)));
	printf("NULL: %s\n", result((int)syscall(SYS_openat, AT_FDCWD, NULL, O_RDONLY)));
	printf("kernel's: %s\n", result((int)syscall(SYS_openat, AT_FDCWD, -4096L, O_RDONLY)));
	printf("rename to NULL: %s\n", result(syscall(SYS_rename, "file", NULL)));
	printf("execve NULL: %s\n", result(syscall(SYS_execve, NULL, NULL, NULL)));
	printf("descriptor -1: %s\n", result(openat(-1, "file", O_RDONLY)));
	printf("descriptor 99: %s\n", result(openat(99, "file", O_RDONLY)));
	printf("descriptor 99, absolute: %s\n", result(openat(99, "/proc/self/status", O_RDONLY)));
	int fd = open("file", O_RDONLY);

	printf("descriptor of a file: %s\n", result(openat(fd, "file", O_RDONLY)));
	printf("descriptor of a file, empty: %s\n", result(openat(fd, "", O_RDONLY)));
	int dir = open(".", O_PATH | O_DIRECTORY);

	printf("O_PATH directory: %s\n", result(openat(dir, "file", O_RDONLY)));
	must(mkdir("gone", 0700), "gone");
	dir = open("gone", O_RDONLY);
	must(rmdir("gone"), "gone");
	printf("removed directory: open %s", result(openat(dir, "x", O_CREAT | O_RDWR, 0600)));
	printf(", mkdir %s\n", result(mkdirat(dir, "x", 0700)));
	printf("openat2 of size 0: %s\n", result(syscall(SYS_openat2, AT_FDCWD, "file", page, 0)));
	printf("openat2 at NULL: %s\n", result(syscall(SYS_openat2, AT_FDCWD, "file", NULL, 24)));
}

/* openat2 with O_PATH: its flags are in memory. */
static void case_reference(void)
{
	struct { unsigned long long flags, mode, resolve; } how = { O_PATH, 0, 0 };

	printf("openat: %s\n", result(openat(AT_FDCWD, ".", O_PATH)));
	printf("openat2: %s\n", result(syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof(how))));
}

/* Run by case_busy: says that it runs, and waits to be killed. */
static void case_wait(void)
{
	must(write(1, "x", 1), "write");
	for (;;)
		pause();
}

static void case_none(void) {}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } cases[] = {
		{ "length", case_length }, { "loop", case_loop }, { "busy", case_busy },
		{ "pointers", case_pointers }, { "reference", case_reference },
		{ "wait", case_wait }, { "none", case_none },
	};

	setvbuf(stdout, NULL, _IOLBF, 1 << 16);
	umask(022);
	for (size_t i = 0; i < COUNT(cases); i++)
		if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			return 0;
		}
	return 64;
}
