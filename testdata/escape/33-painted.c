/*
 * Names that paint: control sequences, carriage returns, newlines with a
 * forged line after them, directions that turn, characters of no width. Natively
 * they reach whoever prints them; a supervisor's refusals must not carry them to
 * a terminal, a log or a summary. The thread's own name is painted too.
 */
#include "sockets.h"
#include <sys/prctl.h>

static const char *const names[] = {
	"\033]0;owned\007\033[2J\033[31mred",
	"line\nbroker: allowed everything",
	"over\rbroker: nothing was refused",
	"\302\233[31mC1",
	"\342\200\256txt.exe",
	"zero\342\200\213width\342\200\215\357\273\277",
	"\342\200\250separator\342\200\251",
	"\377\376 bytes",
};

static void abstract(void)
{
	union address a;
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);
	socklen_t n = local(&a, "@\033[2J\342\200\256painted");

	close(server(SOCK_DGRAM, &a, n)); /* may be bound */
	int bound = server(SOCK_DGRAM, &a, n);
	note("abstract", connect(fd, &a.any, n) == 0);
	close(bound);
	close(fd);
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	prctl(PR_SET_NAME, "\033[7m\r\342\200\256me");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *path = in(hide, names[i]);
		int won = leaks(open(path, O_RDONLY | O_CLOEXEC));

		if (won) /* as programs do in their messages */
			dprintf(2, "%s: found\n", path);
		note("open", won);
		note("rename", rename(path, in(data, names[i])) == 0);
		rename(in(data, names[i]), path);
	}
	abstract();
	finish();
}
