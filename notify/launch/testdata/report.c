/*
 * What a command starts with: "report" prints its descriptors, signals,
 * limits, arguments, environment and directory, a line each. "start PROGRAM"
 * executes PROGRAM in the state that the tests want a supervisor to be
 * started in.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

extern char **environ;

static void hex(const char *what, const char *s)
{
	printf("%s ", what);
	for (; *s; s++)
		printf("%02x", (unsigned char)*s);
	puts("");
}

static void descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;

	printf("fds");
	for (int fd = 0; fd < 1024; fd++)
		if (fd != dirfd(dir) && fcntl(fd, F_GETFD) >= 0)
			printf(" %d", fd);
	while ((e = readdir(dir)))
		if (atoi(e->d_name) >= 1024)
			printf(" %s", e->d_name);
	puts("");
	closedir(dir);
}

static void status(void)
{
	char line[4096];
	FILE *f = fopen("/proc/self/status", "r");

	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "Sig", 3) || !strncmp(line, "NoNewPrivs", 10) || !strncmp(line, "Uid", 3))
			fputs(line, stdout);
	fclose(f);
}

static int report(int argc, char **argv)
{
	struct rlimit limit;
	char cwd[4096];

	descriptors();
	status();
	getrlimit(RLIMIT_NOFILE, &limit);
	printf("files %lu %lu\n", (unsigned long)limit.rlim_cur, (unsigned long)limit.rlim_max);
	for (int i = 0; i < argc; i++)
		hex("arg", argv[i]);
	for (char **e = environ; *e; e++)
		hex("env", *e);
	hex("cwd", getcwd(cwd, sizeof(cwd)));
	return 0;
}

static int start(char *program)
{
	struct rlimit limit = { .rlim_cur = 100, .rlim_max = 200 };
	int ignored[] = { SIGPIPE, SIGTERM, SIGHUP, SIGRTMIN + 5 };

	for (unsigned i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	if (dup2(0, 9) != 9 || setrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 1;
	execl(program, program, (char *)NULL);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "start"))
		return start(argv[2]);
	return report(argc, argv);
}
