#include "soak.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* One file's life, and what was seen of it. */
static uint64_t life(const char *folder, int at, long number, uint64_t seed)
{
	char text[64], target[32];
	const char *made = name_of(folder, "made", number), *moved = name_of(folder, "moved", number);
	const char *linked = name_of(folder, "linked", number), *soft = name_of(folder, "soft", number);
	struct stat st;
	struct timespec times[2] = { { 1000000 + number, 0 }, { 2000000 + number, 0 } };
	uint64_t hash;
	int fd = open(made, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	snprintf(text, sizeof(text), "%016lx of %ld", (unsigned long)mix(seed, (uint64_t)number), number);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) != 0)
		die("make", made);
	if (rename(made, moved) != 0 || link(moved, linked) != 0)
		die("rename and link", moved);
	snprintf(target, sizeof(target), "linked-%ld", number);
	if (symlink(target, soft) != 0)
		die("symlink", soft);
	hash = mix(hash_file(soft), hash_file(linked));
	if (chmod(moved, 0640) != 0 || utimensat(AT_FDCWD, moved, times, 0) != 0 || lstat(moved, &st) != 0)
		die("change", moved);
	hash = mix(mix(hash, st.st_mode), mix((uint64_t)st.st_mtime, st.st_nlink));
	fd = openat(at, target, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		die("openat", target);
	close(fd);
	hash = mix(hash, (uint64_t)st.st_size);
	if (truncate(moved, 5) != 0 || unlink(soft) != 0 || unlinkat(at, target, 0) != 0)
		die("remove", soft);
	return mix(hash, hash_file(moved));
}

enum { LIVES = 60 };
static uint64_t *found;

static void worker(long number, uint64_t seed)
{
	const char *folder = name_of("files", "worker", number);
	char own[160];
	DIR *dir;

	snprintf(own, sizeof(own), "%s", folder);
	make_folder(own);
	int at = open(own, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (long i = 0; i < LIVES; i++)
		found[number] = mix(found[number], life(own, at, i, mix(seed, (uint64_t)number)));
	dir = opendir(own);
	if (dir == NULL)
		die("opendir", own);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		if (e->d_name[0] != '.' && unlinkat(at, e->d_name, 0) != 0)
			die("unlinkat", e->d_name);
	closedir(dir);
	close(at);
	if (rmdir(own) != 0)
		die("rmdir", own);
}

/* files: n processes give each of their files a whole life. */
uint64_t files(int n, uint64_t seed)
{
	uint64_t hash = 0;
	pid_t pids[n];

	make_folder("files");
	found = shared((size_t)n * sizeof(*found));
	for (int i = 0; i < n; i++)
		pids[i] = start(worker, i, seed);
	for (int i = 0; i < n; i++) {
		hash = mix(hash, (uint64_t)ended(pids[i]));
		hash = mix(hash, found[i]);
	}
	munmap(found, (size_t)n * sizeof(*found));
	return hash;
}

struct job {
	pthread_t thread;
	int number;
	uint64_t seed, hash;
};

static void *thread_work(void *arg)
{
	struct job *job = arg;
	int at = open("threads", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (long i = 0; i < LIVES / 2; i++)
		job->hash = mix(job->hash, life("threads", at, job->number * 1000L + i, job->seed));
	for (long i = 0; i < LIVES / 2; i++)
		unlink(name_of("threads", "moved", job->number * 1000L + i));
	close(at);
	return NULL;
}

/* threads: the same by n threads of one process, in one folder. */
uint64_t threads(int n, uint64_t seed)
{
	struct job jobs[n];
	uint64_t hash = 0;

	make_folder("threads");
	for (int i = 0; i < n; i++) {
		jobs[i] = (struct job){ .number = i, .seed = seed };
		if (pthread_create(&jobs[i].thread, NULL, thread_work, &jobs[i]) != 0)
			die("pthread_create", "");
	}
	for (int i = 0; i < n; i++) {
		pthread_join(jobs[i].thread, NULL);
		hash = mix(hash, jobs[i].hash);
	}
	return hash;
}

/*
 * refused: n calls of each kind on files that are not there, or that the rules
 * refuse: all the same to the one who counts.
 */
uint64_t refused(int n, uint64_t seed)
{
	uint64_t got_in = 0;

	for (int i = 0; i < n; i++) {
		const char *name = name_of("secret", "file", i % 50);
		char *argv[] = { (char *)name, NULL };
		int fd = open(name, O_RDONLY | O_CLOEXEC);

		got_in += fd >= 0;
		got_in += openat(AT_FDCWD, name, O_WRONLY | O_TRUNC | O_CLOEXEC) >= 0;
		got_in += rename(name, "stolen") == 0;
		got_in += link(name, "stolen") == 0;
		got_in += unlink(name) == 0;
		got_in += chmod(name, 0777) == 0;
		got_in += execv(name, argv) == 0;
	}
	return mix(seed, got_in);
}

/* mistakes: n calls of each kind whose arguments are wrong. */
uint64_t mistakes(int n, uint64_t seed)
{
	static char longest[5000];
	char *unmapped = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(longest, 'x', sizeof(longest) - 1);
	for (int i = 0; i < n; i++) {
		const char *names[] = { unmapped, longest, "", "mistakes/missing", "main/../../nothing", "/dev/null/x" };

		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			errno = 0;
			seed = mix(seed, (uint64_t)syscall(SYS_openat, AT_FDCWD, names[k], O_RDONLY, 0));
			seed = mix(seed, (uint64_t)errno);
		}
		seed = mix(seed, (uint64_t)openat(12345, "x", O_RDONLY));
		seed = mix(seed, (uint64_t)errno);
	}
	munmap(unmapped, 4096);
	return seed;
}
