/* What the prober and its child agree on. */
#ifndef BROKER_PROBE_CHILD_H
#define BROKER_PROBE_CHILD_H

#define PROBE_ARGV0 "[broker-probe]"
#define PROBE_PATH "/broker probe" /* what the child opens; never looked up */
#define PROBE_TEXT "known content" /* what it must read there */
#define PROBE_ANSWER 4711          /* what its interrupted call must return */

/* The child's steps, in order. A report is a notified getppid(2) whose first
 * argument is the step and whose second is the outcome, 0 or an errno. */
enum probe_step {
	PROBE_MEMORY = 1, /* second argument: the address of PROBE_TEXT */
	PROBE_ADDFD,
	PROBE_ADDFD_SEND,
	PROBE_SIGNALLED, /* a signal arrives while this call waits */
	PROBE_SIGNAL,    /* the outcome of that */
	PROBE_SCOPE,     /* the errno of kill(prober, 0) */
};

#endif
