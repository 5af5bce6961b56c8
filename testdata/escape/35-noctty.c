/*
 * Opens a terminal without O_NOCTTY, by which a session without one takes it
 * as its own (tty_ioctl(4)): whoever makes the open gets the terminal, and the
 * signals that are typed on it. Says when it has, and waits to be told to end.
 */
#include "common.h"

int main(int argc, char **argv)
{
	char byte, *name;
	int master, fd;

	begin(argc, argv);
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		setup_failed("pseudo-terminal");
	name = ptsname(master);
	for (int flags = O_RDONLY; flags <= O_RDWR; flags++) {
		fd = open(name, flags | O_CLOEXEC);
		if (fd < 0)
			setup_failed("open %s", name);
		attempts++;
	}
	dprintf(1, "opened\n");
	while (read(0, &byte, 1) > 0)
		;
	done();
}
