#include "soak.h"

#include <sys/mman.h>

/*
 * Processes that are killed in the middle of whatever they are doing. What
 * they leave is checked: a call was done as a whole or not at all.
 */

static volatile uint64_t *progress;

static void step(long number) { __atomic_add_fetch(&progress[number], 1, __ATOMIC_RELAXED); }

/* A file that goes from one name to the other and back, for ever. */
static void mover(long number)
{
	const char *here = name_of("kills", "here", number), *there = name_of("kills", "there", number);
	char a[160], b[160];

	snprintf(a, sizeof(a), "%s", here);
	snprintf(b, sizeof(b), "%s", there);
	for (;;) {
		if (rename(a, b) != 0 || rename(b, a) != 0)
			die("rename", a);
		step(number);
	}
}

/* A file that is replaced again and again, as a careful editor does. */
static void editor(long number)
{
	char draft[160], final[160];

	snprintf(draft, sizeof(draft), "%s", name_of("kills", "draft", number));
	snprintf(final, sizeof(final), "%s", name_of("kills", "here", number));
	for (;;) {
		write_file(draft, "whole");
		if (rename(draft, final) != 0)
			die("rename", draft);
		step(number);
	}
}

static void __attribute__((noinline)) run_true(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	if (pid < 0 || ended(pid) != 0)
		die("run", "/bin/true");
}

/* Opens, reads, lists and makes processes that do. */
static void busy(long number)
{
	for (int i = 0;; i++) {
		hash_file(name_of("kills", "here", number));
		close(open("kills", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		if (i % 8 == 0)
			run_true();
		step(number);
	}
}

static void live(long number, uint64_t seed)
{
	signal(SIGTERM, SIG_DFL);
	switch (seed % 3) {
	case 0:
		mover(number);
		break;
	case 1:
		editor(number);
		break;
	default:
		busy(number);
	}
}

/* The hash of the file if it exists under the one name and not the other. */
static int only(const char *name, const char *other, uint64_t *hash)
{
	char text[64];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (fd >= 0)
		close(fd);
	*hash = n < 0 ? 0 : hash_text(1, text, (size_t)n);
	return n >= 0 && access(other, F_OK) != 0;
}

/*
 * What is left must be whole: exactly one of the two names, with its text. A
 * supervisor may be in the middle of the last call when the process dies, and
 * finish it then: look again before that is called an error.
 */
static uint64_t remains(long number)
{
	const char *here = name_of("kills", "here", number), *there = name_of("kills", "there", number);
	uint64_t hash;
	int looks = 0;

	while (!only(here, there, &hash) && !only(there, here, &hash)) {
		if (++looks == 1000)
			die("after a kill there are not one but 0 or 2 of", here);
		sched_yield();
	}
	unlink(here);
	unlink(there);
	unlink(name_of("kills", "draft", number));
	return hash;
}

/* kills: n processes, ten at a time, each killed at a random moment. */
uint64_t kills(int n, uint64_t seed)
{
	enum { AT_ONCE = 10 };
	uint64_t hash = 0, random = seed;
	pid_t pids[n];

	make_folder("kills");
	progress = shared((size_t)n * sizeof(*progress));
	for (int first = 0; first < n; first += AT_ONCE) {
		int last = first + AT_ONCE < n ? first + AT_ONCE : n;

		for (int i = first; i < last; i++) {
			write_file(name_of("kills", "here", i), "whole");
			pids[i] = start(live, i, (uint64_t)i);
		}
		for (int i = first; i < last; i++) {
			uint64_t steps = 1 + next_random(&random) % 30;

			while (progress[i] < steps)
				sched_yield();
			if (i % 5 == 0) {
				kill(pids[i], SIGSTOP);
				kill(pids[i], SIGCONT);
			}
			kill(pids[i], i % 2 ? SIGKILL : SIGTERM);
			hash = mix(hash, (uint64_t)ended(pids[i]));
		}
		for (int i = first; i < last; i++)
			hash = mix(hash, remains(i));
	}
	munmap((void *)progress, (size_t)n * sizeof(*progress));
	return hash;
}

static int alive[2];

static void leader(long number, uint64_t seed)
{
	(void)seed;
	setpgid(0, 0);
	close(alive[0]);
	for (int i = 0; i < 4; i++)
		start(live, number * 5 + i, (uint64_t)i);
	live(number * 5 + 4, 2);
}

/* groups: n process groups of five, killed as groups at a random moment. */
uint64_t groups(int n, uint64_t seed)
{
	uint64_t hash = 0, random = seed;
	char byte;

	make_folder("kills");
	progress = shared((size_t)n * 5 * sizeof(*progress));
	for (int i = 0; i < n; i++) {
		uint64_t steps = 1 + next_random(&random) % 20;

		if (pipe2(alive, O_CLOEXEC) != 0)
			die("pipe2", "");
		for (int k = 0; k < 5; k++)
			write_file(name_of("kills", "here", i * 5 + k), "whole");
		pid_t pid = start(leader, i, seed);

		close(alive[1]);
		for (int k = 0; k < 5; k++)
			while (progress[i * 5 + k] < steps)
				sched_yield();
		kill(-pid, i % 2 ? SIGKILL : SIGTERM);
		hash = mix(hash, (uint64_t)ended(pid));
		/* The others are somebody else's children now: wait for the last. */
		if (read(alive[0], &byte, 1) != 0)
			die("read", "a group");
		close(alive[0]);
		for (int k = 0; k < 5; k++)
			hash = mix(hash, remains(i * 5 + k));
	}
	munmap((void *)progress, (size_t)n * 5 * sizeof(*progress));
	return hash;
}
