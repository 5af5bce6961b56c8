/*
 * Descriptors that came with the process. It is started with the
 * secret open at descriptor 9, and holds nothing of its own beyond 2.
 */
#include "common.h"

int main(int argc, char **argv)
{
	begin(argc, argv);
	for (int fd = 3; fd < 1024; fd++) {
		if (fcntl(fd, F_GETFD) < 0) {
			attempts++;
			continue;
		}
		dprintf(1, "descriptor %d is open%s\n", fd, starts(fd, "SECRET") ? ": the secret" : "");
		attempts++;
		wins++;
	}
	finish();
}
