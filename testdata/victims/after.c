// after: what a call has touched is free again when the call has returned. Prints
// how often it was not; natively never.
//
//	after ports        bind, close, and bind the same port
//	after mounts DIR   mount a file system on DIR, make a directory, unmount
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { rounds = 200 };

static int bound(struct sockaddr_in *a) {
	int s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0 || bind(s, (struct sockaddr *)a, sizeof *a) < 0) {
		if (errno != EADDRINUSE) {
			perror("bind");
			exit(2);
		}
		close(s);
		return -1;
	}
	return s;
}

static int ports(void) {
	int busy = 0;
	for (int i = 0; i < rounds; i++) {
		struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		socklen_t len = sizeof a;
		int s = bound(&a);
		getsockname(s, (struct sockaddr *)&a, &len);
		close(s);
		if ((s = bound(&a)) < 0)
			busy++;
		else
			close(s);
	}
	return busy;
}

static int mounts(const char *dir) {
	char inside[4096];
	int busy = 0;
	snprintf(inside, sizeof inside, "%s/inside", dir);
	for (int i = 0; i < rounds; i++) {
		if (mount("tmpfs", dir, "tmpfs", 0, "") < 0 || mkdir(inside, 0700) < 0) {
			perror(dir);
			exit(2);
		}
		if (umount2(dir, 0) < 0) {
			busy++;
			umount2(dir, MNT_DETACH);
		}
	}
	return busy;
}

int main(int argc, char **argv) {
	if (argc == 2 && !strcmp(argv[1], "ports"))
		printf("%d of %d ports were in use\n", ports(), rounds);
	else if (argc == 3 && !strcmp(argv[1], "mounts"))
		printf("%d of %d mounts were busy\n", mounts(argv[2]), rounds);
	else
		return 64;
}
