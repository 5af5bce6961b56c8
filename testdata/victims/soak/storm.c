#include "soak.h"

#include <sys/mman.h>

/* read_one opens a file of the folder by its number and returns 7 bits of it. */
static int read_one(const char *folder, long number)
{
	return (int)(hash_file(name_of(folder, "file", number)) & 0x7f);
}

enum { SOURCES = 20 };

static void make_sources(const char *folder, uint64_t seed)
{
	make_folder(folder);
	for (long i = 0; i < SOURCES; i++) {
		char text[32];

		snprintf(text, sizeof(text), "%016lx", (unsigned long)mix(seed, (uint64_t)i));
		write_file(name_of(folder, "file", i), text);
	}
}

static int gate[2];

static void member(long number, uint64_t seed)
{
	char byte;
	int sum = 0;

	(void)seed;
	close(gate[1]);
	if (read(gate[0], &byte, 1) != 0)
		die("read", "the gate");
	for (long i = 0; i < SOURCES; i++)
		sum += read_one("crowd", (number + i) % SOURCES) * (int)(1 + (number + i) % 3);
	_exit(sum & 0x7f);
}

/* crowd: n processes that all run at once, from one moment on. */
uint64_t crowd(int n, uint64_t seed)
{
	uint64_t hash = 0;
	pid_t pids[n];

	make_sources("crowd", seed);
	if (pipe2(gate, O_CLOEXEC) != 0)
		die("pipe2", "");
	for (int i = 0; i < n; i++)
		pids[i] = start(member, i, seed);
	close(gate[0]);
	close(gate[1]);
	for (int i = 0; i < n; i++)
		hash = mix(hash, (uint64_t)ended(pids[i]));
	return hash;
}

static void short_life(long number, uint64_t seed)
{
	(void)seed;
	_exit(read_one("storm", number % SOURCES));
}

/* storm: n processes of one call each, sixteen at a time. */
uint64_t storm(int n, uint64_t seed)
{
	enum { AT_ONCE = 16 };
	pid_t pids[AT_ONCE] = { 0 };
	uint64_t hash = 0;

	make_sources("storm", seed);
	for (int i = 0; i < n + AT_ONCE; i++) {
		if (pids[i % AT_ONCE] != 0)
			hash = mix(hash, (uint64_t)ended(pids[i % AT_ONCE]));
		pids[i % AT_ONCE] = i < n ? start(short_life, i, seed) : 0;
	}
	return hash;
}

static void branch(long depth, uint64_t seed)
{
	enum { FAN = 5 };
	pid_t pids[FAN];
	uint64_t sum = (uint64_t)read_one("tree", (long)(seed % SOURCES));

	for (int i = 0; depth > 0 && i < FAN; i++)
		pids[i] = start(branch, depth - 1, mix(seed, (uint64_t)i));
	for (int i = 0; depth > 0 && i < FAN; i++)
		sum += (uint64_t)ended(pids[i]);
	_exit((int)(sum & 0x7f));
}

/* tree: processes that start five each, n deep and at most four. */
uint64_t tree(int n, uint64_t seed)
{
	make_sources("tree", seed);
	return mix(seed, (uint64_t)ended(start(branch, n > 4 ? 4 : n, seed)));
}

static int results[2];

static void orphan_maker(long number, uint64_t seed)
{
	if (fork() != 0)
		_exit(0);
	/* Now this is the grandchild, and its parent ends. */
	while (getppid() == (pid_t)seed)
		sched_yield();
	unsigned char byte = (unsigned char)read_one("orphans", number % SOURCES);

	if (write(results[1], &byte, 1) != 1)
		die("write", "a result");
	_exit(0);
}

static void orphan_parent(long number, uint64_t seed)
{
	(void)seed;
	orphan_maker(number, (uint64_t)getpid());
}

/* orphans: n processes that go on after their parents. */
uint64_t orphans(int n, uint64_t seed)
{
	uint64_t sum = 0;
	unsigned char byte;
	pid_t pids[n];

	make_sources("orphans", seed);
	if (pipe2(results, O_CLOEXEC) != 0)
		die("pipe2", "");
	for (int i = 0; i < n; i++)
		pids[i] = start(orphan_parent, i, seed);
	for (int i = 0; i < n; i++)
		ended(pids[i]);
	close(results[1]);
	while (read(results[0], &byte, 1) == 1)
		sum += byte;
	close(results[0]);
	return mix(seed, sum);
}

/* execs: n processes at a time that replace themselves again and again. */
uint64_t execs(int n, uint64_t seed)
{
	enum { LINKS = 4 };
	uint64_t hash = 0;
	pid_t pids[n];

	make_sources("execs", seed);
	for (int i = 0; i < n; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			char left[16], number[16];
			char *argv[] = { self, LINK_ARGUMENT, left, number, "0", NULL };

			snprintf(left, sizeof(left), "%d", LINKS);
			snprintf(number, sizeof(number), "%d", i);
			execv(self, argv);
			die("execv", self);
		}
	}
	for (int i = 0; i < n; i++)
		hash = mix(hash, (uint64_t)ended(pids[i]));
	return hash;
}

/* run_link: soak --link LEFT NUMBER SUM, one image of a chain. */
int run_link(char **argv)
{
	char left[16], sum[16];
	char *next[] = { argv[0], argv[1], left, argv[3], sum, NULL };
	int total = (atoi(argv[4]) + read_one("execs", (atoi(argv[3]) + atoi(argv[2])) % SOURCES)) & 0x7f;

	if (atoi(argv[2]) == 0)
		return total;
	snprintf(left, sizeof(left), "%d", atoi(argv[2]) - 1);
	snprintf(sum, sizeof(sum), "%d", total);
	execv(argv[0], next);
	die("execv", argv[0]);
}
