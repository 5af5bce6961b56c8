/*
 * usage: soak SCALE, with commands on standard input:
 *
 *   round N   a round with seed N; prints a line for each part, then "done N"
 *   calm N    N quiet calls, one after the other; prints "calm"
 */
#include "soak.h"

#include <time.h>

char *self;

static const struct {
	const char *name;
	part *run;
	int size; /* at scale 100 */
} parts[] = {
	{ "files", files, 16 },   { "threads", threads, 24 }, { "refused", refused, 150 },
	{ "mistakes", mistakes, 100 }, { "crowd", crowd, 300 }, { "storm", storm, 1200 },
	{ "tree", tree, 5 },      { "orphans", orphans, 60 }, { "execs", execs, 80 },
	{ "kills", kills, 50 },   { "groups", groups, 12 },   { "fifos", fifos, 60 },
	{ "limits", limits, 12 },
};

static void round_of(uint64_t seed, int scale)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int n = parts[i].size * scale / 100;
		uint64_t hash = parts[i].run(n > 0 ? n : 1, mix(seed, i));

		printf("%s %016lx\n", parts[i].name, (unsigned long)hash);
		fflush(stdout);
	}
	printf("done %lu\n", (unsigned long)seed);
	fflush(stdout);
}

/* calm makes calls one at a time, with the queue empty between them. */
static void calm(int n)
{
	const struct timespec pause = { 0, 100000 };

	for (int i = 0; i < n; i++) {
		int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			die("open", ".");
		close(fd);
		nanosleep(&pause, NULL);
	}
	printf("calm\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char line[64];

	self = argv[0];
	if (argc > 1 && strcmp(argv[1], LINK_ARGUMENT) == 0)
		return run_link(argv);
	if (argc != 2)
		return 64;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		unsigned long n;

		if (sscanf(line, "round %lu", &n) == 1)
			round_of(n, atoi(argv[1]));
		else if (sscanf(line, "calm %lu", &n) == 1)
			calm((int)n);
		else
			return 65;
	}
	return 0;
}
