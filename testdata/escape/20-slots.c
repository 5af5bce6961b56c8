/*
 * A second thread puts another file under a descriptor's number while the
 * first one makes a call with it.
 */
#include "race.h"
#include "sockets.h"

enum { MANY = 10000, FEW = 4000 };

static int slot, first, second; /* the number, and what it stands for by turns */

static void *turn(void *unused)
{
	(void)unused;
	do {
		dup2(second, slot);
		dup2(first, slot);
	} while (race_turn());
	return NULL;
}

static int by_openat(void)
{
	int fd = openat(slot, "target", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : leaks(fd);
}

static int by_linkat(void)
{
	static char *hard;

	if (!hard)
		hard = in(data, "hard");
	if (linkat(slot, "target", AT_FDCWD, hard, 0) < 0)
		return -1;
	int won = file_leaks(hard);
	if (unlink(hard) < 0)
		setup_failed("unlink %s", hard);
	return won;
}

static int by_unlinkat(void)
{
	static char *victim, *own;

	if (!victim) {
		victim = in(hide, "victim");
		own = in(data, "victim");
	}
	if (!exists(own))
		write_file(own, "own", 0644);
	if (unlinkat(slot, "victim", 0) < 0)
		return -1;
	int won = !exists(victim);
	if (won)
		write_file(victim, "victim", 0644);
	return won;
}

/* by_fchmod changes a file that may only be read. */
static int by_fchmod(void)
{
	struct stat st;

	if (fchmod(slot, 0640) < 0)
		return -1;
	if (fstat(second, &st) < 0)
		setup_failed("fstat");
	if ((st.st_mode & 07777) != 0640)
		return 0;
	if (fchmod(second, 0644) < 0)
		setup_failed("fchmod back");
	return 1;
}

/* by_sendto sends to 0.0.0.0, which means the address that the socket has. */
static int by_sendto(void)
{
	union address a;
	long sent = sendto(slot, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT, &a.any, inet4(&a, "0.0.0.0"));
	int got = reached();

	return sent < 0 && !got ? -1 : got;
}

static int bound(const char *ip)
{
	union address a;
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	socklen_t n = inet4(&a, ip);

	a.in.sin_port = 0;
	if (bind(fd, &a.any, n) < 0)
		setup_failed("bind %s", ip);
	return fd;
}

static void directories(void)
{
	first = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);
	second = open(hide, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void files(void)
{
	first = open(twin, O_RDONLY | O_CLOEXEC);
	second = open(in(readonly, "target"), O_RDONLY | O_CLOEXEC);
}

static void sockets(void)
{
	inet_servers();
	first = bound("127.0.0.3");
	second = bound("127.0.0.1");
}

static const struct {
	const char *name;
	void (*prepare)(void);
	int (*attempt)(void);
	long bound;
} races[] = {
	{ "openat", directories, by_openat, MANY },
	{ "linkat", directories, by_linkat, FEW },
	{ "unlinkat", directories, by_unlinkat, FEW },
	{ "fchmod", files, by_fchmod, MANY },
	{ "sendto", sockets, by_sendto, FEW },
};

int main(int argc, char **argv)
{
	size_t at = 0;

	begin(argc, argv);
	while (at < sizeof races / sizeof *races && !is(races[at].name))
		at++;
	if (at == sizeof races / sizeof *races)
		setup_failed("no subcase %s", subcase);
	races[at].prepare();
	slot = dup(first);
	if (first < 0 || second < 0 || slot < 0)
		setup_failed("descriptors");
	race(turn, races[at].attempt, races[at].bound);
	finish();
}
