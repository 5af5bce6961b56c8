/*
 * Calls of threads that do not lead their process, and of those whose leader
 * has ended: no pidfd of them, no /proc/PID/cwd. They must be served, and
 * held, like the leader.
 */
#include "common.h"

static pthread_t leader;

static void everything(const char *who)
{
	char by_fd[64];
	int place;

	control();
	dprintf(1, "%s\n", who);
	note("open", leaks(open(secret, O_RDONLY | O_CLOEXEC)));
	if (chdir(hide) < 0)
		setup_failed("chdir");
	note("relative", leaks(open("target", O_RDONLY | O_CLOEXEC)));
	note("thread-self", leaks(open("/proc/thread-self/cwd/target", O_RDONLY | O_CLOEXEC)));
	place = open(secret, O_PATH | O_CLOEXEC);
	snprintf(by_fd, sizeof by_fd, "/proc/thread-self/fd/%d", place);
	note("descriptor", leaks(open(by_fd, O_RDONLY | O_CLOEXEC)));
	close(place);
	place = open(hide, O_PATH | O_DIRECTORY | O_CLOEXEC);
	note("directory", leaks(openat(place, "target", O_RDONLY | O_CLOEXEC)));
	close(place);
	note("unlink", unlink("victim") == 0);
	if (!exists("victim"))
		write_file("victim", "victim", 0644);
	if (chdir(data) < 0)
		setup_failed("chdir");
}

static int child(void *unused)
{
	(void)unused;
	return leaks(open(secret, O_RDONLY | O_CLOEXEC)) ? 42 : 0;
}

static void *follower(void *unused)
{
	char *args[] = { "again", (char *)secret, (char *)data, "again", NULL };

	(void)unused;
	everything("another thread");
	if (is("leaderless")) {
		pthread_join(leader, NULL);
		everything("another thread without a leader");
	}
	note("child", WEXITSTATUS(spawn(child, NULL)) == 42);
	if (is("leaderless"))
		finish();
	execv("/proc/self/exe", args); /* makes this thread the leader */
	setup_failed("execv");
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (is("again")) {
		everything("a leader by exec");
		finish();
	}
	leader = pthread_self();
	start(follower, NULL);
	if (is("leaderless"))
		pthread_exit(NULL);
	for (;;)
		pause();
}
