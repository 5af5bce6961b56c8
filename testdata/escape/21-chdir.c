/*
 * The working directory belongs to all threads (clone(2), CLONE_FS): a second
 * one changes it while the first one uses a relative path.
 */
#include "race.h"

enum { MANY = 10000, FEW = 4000 };

static int data_fd, hide_fd;

static void *by_name(void *unused)
{
	(void)unused;
	do
		if (chdir(hide) < 0 || chdir(data) < 0)
			setup_failed("chdir");
	while (race_turn());
	return NULL;
}

static void *by_descriptor(void *unused)
{
	(void)unused;
	do
		if (fchdir(hide_fd) < 0 || fchdir(data_fd) < 0)
			setup_failed("fchdir");
	while (race_turn());
	return NULL;
}

static int by_open(void)
{
	int fd = open("target", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : leaks(fd);
}

static int by_create(void)
{
	static char *planted, *own;
	int fd = open("born", O_CREAT | O_WRONLY | O_CLOEXEC, 0600), won;

	if (fd < 0)
		return -1;
	close(fd);
	if (!planted) {
		planted = in(hide, "born");
		own = in(data, "born");
	}
	won = exists(planted);
	unlink(planted);
	unlink(own);
	return won;
}

static int by_unlink(void)
{
	static char *victim, *own;

	if (!victim) {
		victim = in(hide, "victim");
		own = in(data, "victim");
	}
	if (!exists(own))
		write_file(own, "own", 0644);
	if (unlink("victim") < 0)
		return -1;
	int won = !exists(victim);
	if (won)
		write_file(victim, "victim", 0644);
	return won;
}

static int by_rename(void)
{
	static char *stolen;

	if (!stolen)
		stolen = in(data, "stolen");
	if (rename("target", stolen) < 0)
		return -1;
	int won = file_leaks(stolen);
	if (rename(stolen, won ? secret : twin) < 0)
		setup_failed("moving %s back", stolen);
	return won;
}

static const struct {
	const char *name;
	void *(*other)(void *);
	int (*attempt)(void);
	long bound;
} races[] = {
	{ "open", by_name, by_open, MANY },
	{ "open-fchdir", by_descriptor, by_open, MANY },
	{ "create", by_descriptor, by_create, FEW },
	{ "unlink", by_descriptor, by_unlink, FEW },
	{ "rename", by_descriptor, by_rename, FEW },
};

int main(int argc, char **argv)
{
	size_t at = 0;

	begin(argc, argv);
	while (at < sizeof races / sizeof *races && !is(races[at].name))
		at++;
	if (at == sizeof races / sizeof *races)
		setup_failed("no subcase %s", subcase);
	data_fd = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);
	hide_fd = open(hide, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (data_fd < 0 || hide_fd < 0 || chdir(data) < 0)
		setup_failed("directories");
	race(races[at].other, races[at].attempt, races[at].bound);
	finish();
}
