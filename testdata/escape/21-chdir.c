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
	return opened(open("target", O_RDONLY | O_CLOEXEC));
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
	lay_victim();
	return unlinked(unlink("victim"));
}

static int by_rename(void)
{
	return renamed(rename("target", stolen()));
}

int main(int argc, char **argv)
{
	static const struct race races[] = {
		{ "open", by_name, by_open, MANY, NULL, NULL },
		{ "open-fchdir", by_descriptor, by_open, MANY, NULL, NULL },
		{ "create", by_descriptor, by_create, FEW, NULL, NULL },
		{ "unlink", by_descriptor, by_unlink, FEW, NULL, NULL },
		{ "rename", by_descriptor, by_rename, FEW, NULL, NULL },
		{ 0 },
	};

	begin(argc, argv);
	data_fd = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);
	hide_fd = open(hide, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (data_fd < 0 || hide_fd < 0 || chdir(data) < 0)
		setup_failed("directories");
	run_race(races);
}
