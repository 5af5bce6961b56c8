/*
 * Types into the controlling terminal (TIOCSTI), so that the shell that comes
 * after finds a command; and reaches for the console's selection (TIOCLINUX).
 * The upper half of the register means nothing to the kernel.
 */
#include "common.h"
#include <sys/ioctl.h>
#include <termios.h>

#define TALL(request) ((1UL << 32) | (request))

/* terminal makes a new terminal this session's own. */
static int terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), fd;
	struct termios raw;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		setup_failed("pseudo-terminal");
	fd = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || setsid() < 0 || ioctl(fd, TIOCSCTTY, 0) < 0 || tcgetattr(fd, &raw) < 0)
		setup_failed("terminal");
	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 0;
	if (tcsetattr(fd, TCSANOW, &raw) < 0)
		setup_failed("tcsetattr");
	return fd;
}

static int types(int fd, unsigned long request)
{
	char byte = 'x', got = 0;

	if (syscall(SYS_ioctl, fd, request, &byte) < 0)
		return 0;
	return read(fd, &got, 1) == 1 && got == 'x';
}

static int looks(int fd, unsigned long request)
{
	char code = 6; /* TIOCL_GETSHIFTSTATE: harmless */

	return syscall(SYS_ioctl, fd, request, &code) >= 0;
}

static int typist(void *unused)
{
	int fd = terminal(), tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	(void)unused;
	note("TIOCSTI", types(fd, TIOCSTI));
	note("TIOCSTI, tall", types(fd, TALL(TIOCSTI)));
	note("TIOCSTI on /dev/tty", types(tty, TIOCSTI));
	finish();
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (is("tiocsti"))
		return WEXITSTATUS(spawn(typist, NULL)); /* a session needs a process that leads no group */
	if (!is("tioclinux"))
		setup_failed("no subcase %s", subcase);
	int fd = open("/dev/tty0", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		note("TIOCLINUX: no console", 0);
		finish();
	}
	note("TIOCLINUX", looks(fd, TIOCLINUX));
	note("TIOCLINUX, tall", looks(fd, TALL(TIOCLINUX)));
	finish();
}
