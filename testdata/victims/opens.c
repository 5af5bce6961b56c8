/* The measured target: opens and closes one file again and again, and prints
 * the nanoseconds of each batch, one a line. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: opens FILE BATCHES OPENS_PER_BATCH\n");
		return 64;
	}
	int batches = atoi(argv[2]), opens = atoi(argv[3]);

	for (int b = 0; b < batches; b++) {
		long start = now();

		for (int i = 0; i < opens; i++) {
			long fd = syscall(SYS_openat, AT_FDCWD, argv[1], O_RDONLY | O_CLOEXEC, 0);

			if (fd < 0) {
				perror(argv[1]);
				return 1;
			}
			if (fd < 3) {
				fprintf(stderr, "open answered %ld, which is taken\n", fd);
				return 1;
			}
			syscall(SYS_close, fd);
		}
		printf("%ld\n", (now() - start) / opens);
	}
	return 0;
}
