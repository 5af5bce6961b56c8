/* What the floor's two halves share. */
#ifndef FLOOR_H
#define FLOOR_H
#define _GNU_SOURCE
#include <linux/seccomp.h>
#include <sys/types.h>

/* What an openat is answered with instead of the file: -a. */
enum answer { AS_ASKED, DENY, CONTENT };

/* The supervisor: a listener, a target, no rules. */
struct floor {
	int listener;
	int pidfd;	    /* of the target, for its sockets */
	int served;	    /* a memory file with the content to serve */
	int colocate;	    /* let the target wake on this processor: -c */
	enum answer answer; /* to every openat */
};

/* handle carries a call out and answers it. */
void handle(const struct floor *f, const struct seccomp_notif *n);

/* memory_file makes the file that CONTENT serves; -1 if it cannot. */
int memory_file(void);

#endif
