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
	return opened(openat(slot, "target", O_RDONLY | O_CLOEXEC));
}

static int by_linkat(void)
{
	return linked(linkat(slot, "target", AT_FDCWD, stolen(), 0));
}

static int by_unlinkat(void)
{
	lay_victim();
	return unlinked(unlinkat(slot, "victim", 0));
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

/* turns_of makes the slot ready. */
static void turns_of(int one, int other)
{
	first = one;
	second = other;
	slot = dup(first);
	if (first < 0 || second < 0 || slot < 0)
		setup_failed("descriptors");
}

static void directories(const char *unused)
{
	(void)unused;
	turns_of(open(data, O_PATH | O_DIRECTORY | O_CLOEXEC), open(hide, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static void files(const char *unused)
{
	(void)unused;
	turns_of(open(twin, O_RDONLY | O_CLOEXEC), open(in(readonly, "target"), O_RDONLY | O_CLOEXEC));
}

static void sockets(const char *unused)
{
	(void)unused;
	inet_servers();
	turns_of(bound("127.0.0.3"), bound("127.0.0.1"));
}

int main(int argc, char **argv)
{
	static const struct race races[] = {
		{ "openat", turn, by_openat, MANY, directories, NULL },
		{ "linkat", turn, by_linkat, FEW, directories, NULL },
		{ "unlinkat", turn, by_unlinkat, FEW, directories, NULL },
		{ "fchmod", turn, by_fchmod, MANY, files, NULL },
		{ "sendto", turn, by_sendto, FEW, sockets, NULL },
		{ 0 },
	};

	begin(argc, argv);
	run_race(races);
}
