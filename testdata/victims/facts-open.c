/*
 * facts-open: opens five kinds of names with every combination of up to three
 * flags, and says what came out: the errno, or the number of the descriptor
 * and its flags as fcntl(2) and /proc/self/fdinfo know them.
 */
#include "facts.h"

static const struct flag { int bit; const char *name; } flags[] = {
	{ O_CREAT, "CREAT" }, { O_EXCL, "EXCL" }, { O_NOCTTY, "NOCTTY" }, { O_TRUNC, "TRUNC" },
	{ O_APPEND, "APPEND" }, { O_NONBLOCK, "NONBLOCK" }, { O_DSYNC, "DSYNC" }, { O_SYNC, "SYNC" },
	{ O_ASYNC, "ASYNC" }, { O_DIRECT, "DIRECT" }, { O_DIRECTORY, "DIRECTORY" }, { O_NOFOLLOW, "NOFOLLOW" },
	{ O_NOATIME, "NOATIME" }, { O_CLOEXEC, "CLOEXEC" }, { O_PATH, "PATH" }, { O_TMPFILE, "TMPFILE" },
	{ 0100000, "LARGEFILE" }, { 0x40000000, "unknown" },
};
static const char *const modes[] = { "RDONLY", "WRONLY", "RDWR", "3" };
static const char *const names[] = { "file", "full", "missing", "to-file", "dangling" };

/* info is the flags line of a descriptor's fdinfo. */
static unsigned info(int fd)
{
	char path[64], text[256], *at;
	unsigned flags = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	int f = open(path, O_RDONLY);
	ssize_t n = f < 0 ? -1 : read(f, text, sizeof(text) - 1);

	if (n > 0) {
		text[n] = 0;
		at = strstr(text, "flags:");
		if (at == NULL || sscanf(at, "flags: %o", &flags) != 1)
			flags = ~0U;
	}
	close(f);
	return flags;
}

static void open_once(const char *name, int mode, int bits, const char *spelled)
{
	struct stat st = { 0 };
	int fd = open(name, mode | bits, 0640);

	if (fd < 0) {
		printf("%s %s%s: %s\n", name, modes[mode], spelled, strerrorname_np(errno));
	} else {
		fstat(fd, &st);
		printf("%s %s%s: fd %d flags %o cloexec %d info %o mode %o size %lld\n", name, modes[mode], spelled, fd,
		       fcntl(fd, F_GETFL), fcntl(fd, F_GETFD), info(fd), st.st_mode,
		       S_ISDIR(st.st_mode) ? 0 : (long long)st.st_size);
		close(fd);
	}
	if (strcmp(name, "missing") == 0 || strcmp(name, "dangling") == 0) {
		unlink("missing");
		unlink("nowhere");
	} else if (bits & O_TRUNC) {
		put("file", "file\n");
	}
}

static void every_flag(const char *name)
{
	char spelled[64];

	for (int mode = 0; mode < 4; mode++)
		for (unsigned set = 0; set < 1U << COUNT(flags); set++) {
			int bits = 0;

			if (__builtin_popcount(set) > 3)
				continue;
			spelled[0] = 0;
			for (size_t i = 0; i < COUNT(flags); i++)
				if (set & 1U << i) {
					bits |= flags[i].bit;
					strcat(strcat(spelled, "|"), flags[i].name);
				}
			open_once(name, mode, bits, spelled);
		}
}

/* The number must be the lowest free one: open(2). */
static void lowest(void)
{
	int first = (int)must(open("file", O_RDONLY), "file");

	for (int i = 1; i < 20; i++)
		must(dup2(first, first + i), "dup2");
	for (int gap = 17; gap > 0; gap -= 3)
		close(first + gap);
	for (int i = 0; i < 8; i++)
		printf("lowest free: %d\n", open("file", O_RDONLY | (i % 2 ? O_CLOEXEC : 0)));
	for (int i = 0; i < 24; i++)
		close(first + i);
}

static void full_table(void)
{
	struct rlimit limit = { 10, 64 };

	must(setrlimit(RLIMIT_NOFILE, &limit), "RLIMIT_NOFILE");
	for (int i = 0; i < 9; i++) {
		int fd = open("file", O_RDONLY);

		printf("of 10: %d %s\n", fd, result(fd));
	}
	printf("creating: %s\n", result(open("missing", O_CREAT | O_RDWR, 0600)));
	unlink("missing"); /* whether it is there is not compared */
	close(9);
	printf("one closed: %d\n", open("file", O_RDONLY));
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	umask(022);
	build();
	if (argc == 2 && strcmp(argv[1], "flags") == 0)
		for (size_t i = 0; i < COUNT(names); i++)
			every_flag(names[i]);
	else if (argc == 2 && strcmp(argv[1], "lowest") == 0)
		lowest();
	else if (argc == 2 && strcmp(argv[1], "full") == 0)
		full_table();
	else
		return 64;
	return 0;
}
