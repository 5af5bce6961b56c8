#include "soak.h"

#include <sys/mman.h>

void die(const char *what, const char *name)
{
	printf("process %d: %s %s: %s\n", getpid(), what, name, strerror(errno));
	fflush(stdout);
	_exit(99);
}

uint64_t mix(uint64_t hash, uint64_t value)
{
	hash ^= value + 0x9e3779b97f4a7c15 + (hash << 6) + (hash >> 2);
	return hash * 0x2545f4914f6cdd1d;
}

uint64_t hash_text(uint64_t hash, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3;
	return hash;
}

uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state | 1;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return x >> 16;
}

const char *name_of(const char *folder, const char *what, long number)
{
	static __thread char names[16][160];
	static __thread int turn;
	char *name = names[turn++ % 16];

	snprintf(name, sizeof(names[0]), "%s/%s-%ld", folder, what, number);
	return name;
}

void make_folder(const char *name)
{
	if (mkdir(name, 0755) != 0 && errno != EEXIST)
		die("mkdir", name);
}

void write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t n = (ssize_t)strlen(text);

	if (fd < 0 || write(fd, text, (size_t)n) != n || close(fd) != 0)
		die("write", name);
}

uint64_t hash_file(const char *name)
{
	char text[256];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (n < 0)
		die("read", name);
	close(fd);
	return hash_text(14695981039346656037u, text, (size_t)n);
}

void *shared(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap", "");
	return memory;
}

pid_t start(void (*work)(long, uint64_t), long number, uint64_t seed)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork", "");
	if (pid == 0) {
		work(number, seed);
		_exit(0);
	}
	return pid;
}

int ended(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid", "");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
