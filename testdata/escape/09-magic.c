/*
 * Goes to the secret through the magic links of another process: one outside
 * of the supervised tree that works in the secret's directory and holds it
 * open ("outside"), and one of the same tree that does so ("tree").
 */
#include "common.h"
#include <sys/prctl.h>

static pid_t other;

/* spelled returns a path of the other process; the format has one %d. */
__attribute__((format(printf, 1, 0)))
static char *spelled(const char *format)
{
	char *path;

	if (asprintf(&path, format, other) < 0)
		setup_failed("asprintf");
	return path;
}

__attribute__((format(printf, 1, 0)))
static void by_path(const char *format)
{
	note(format, leaks(open(spelled(format), O_RDONLY | O_CLOEXEC)));
}

/* by_place takes a place in two steps: a descriptor, then a name below it. */
__attribute__((format(printf, 1, 0)))
static void by_place(const char *format, const char *name)
{
	int place = open(spelled(format), O_PATH | O_CLOEXEC), won = 0;

	if (place >= 0) {
		won = leaks(openat(place, name, O_RDONLY | O_CLOEXEC));
		int err = errno;
		close(place);
		errno = err;
	}
	note("from a descriptor", won);
}

static void by_directory(void)
{
	int won = chdir(spelled("/proc/%d/cwd")) == 0 && leaks(open("target", O_RDONLY | O_CLOEXEC)), err = errno;

	if (chdir("/") < 0)
		setup_failed("chdir /");
	errno = err;
	note("chdir", won);
}

static void by_symlink(void)
{
	char *name = in(data, "magic");

	if (symlink(spelled("/proc/%d/cwd/target"), name) < 0)
		setup_failed("symlink");
	note("symlink", leaks(open(name, O_RDONLY | O_CLOEXEC)));
	unlink(name);
}

static void by_link(void)
{
	char *name = in(data, "hard");
	int won = linkat(AT_FDCWD, spelled("/proc/%d/cwd/target"), AT_FDCWD, name, 0) == 0 && file_leaks(name);

	note("linkat", won);
	unlink(name);
}

static void by_rename(void)
{
	char *name = in(data, "stolen");
	int won = rename(spelled("/proc/%d/cwd/target"), name) == 0 && file_leaks(name);

	note("rename", won);
	if (won && rename(name, secret) < 0)
		setup_failed("moving the secret back");
}

static void by_unlink(void)
{
	char *victim = in(hide, "victim");

	unlink(spelled("/proc/%d/cwd/victim"));
	note("unlink", !exists(victim));
	if (!exists(victim))
		write_file(victim, "victim", 0644);
}

static void look(void)
{
	by_path("/proc/%d/cwd/target");
	by_path("/proc/%d/fd/5");
	by_path("/proc/%1$d/task/%1$d/cwd/target");
	by_path("/proc/%1$d/task/%1$d/fd/5");
	by_path("/proc/self/../%d/cwd/target");
	by_path("/proc/thread-self/../../../%d/fd/5");
	by_path("//proc/./%d//fd/../cwd/./target");
	note("root", leaks(open(in(spelled("/proc/%d/root"), secret + 1), O_RDONLY | O_CLOEXEC)));
	by_place("/proc/%d/cwd", "target");
	by_place("/proc/%d/fd", "5");
	by_place("/proc/%d", "cwd/target");
	by_directory();
	by_symlink();
	by_link();
	by_rename();
	by_unlink();
}

/* sibling is the process of the same tree: its first thread waits. */
static pid_t sibling(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) < 0)
		setup_failed("pipe");
	pid = fork();
	if (pid < 0)
		setup_failed("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		int fd = open(secret, O_PATH);
		if (fd < 0 || dup2(fd, 5) < 0 || chdir(hide) < 0 || write(ready[1], "r", 1) != 1)
			setup_failed("the sibling's places");
		for (;;)
			pause();
	}
	if (read(ready[0], &byte, 1) != 1)
		setup_failed("the sibling is not ready");
	return pid;
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (is("outside")) {
		const char *pid = getenv("ESCAPE_OUTSIDE");

		if (!pid)
			setup_failed("ESCAPE_OUTSIDE is not set");
		other = atoi(pid);
	} else if (is("tree"))
		other = sibling();
	else
		setup_failed("no subcase %s", subcase);
	look();
	if (is("tree"))
		kill(other, SIGKILL);
	finish();
}
