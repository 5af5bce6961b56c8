/* What the launcher and the stub share: one anonymous mapping. */
#ifndef BROKER_STUB_H
#define BROKER_STUB_H

#include <stdint.h>

#define STUB_ARGV0 "[broker-stub]"
#define STUB_MAGIC 0x6272316b

enum stub_state {
	STUB_STARTING = 0,
	STUB_LISTENING = 1, /* the filter is installed, `listener` is valid */
	STUB_GO = 2,        /* set by the launcher: it holds the listener */
	STUB_FAILED = 3,    /* `step` failed with `error` */
};

enum stub_step {
	STUB_STEP_NONE = 0,
	STUB_STEP_CLOSE,
	STUB_STEP_DISPOSITIONS,
	STUB_STEP_NO_NEW_PRIVS,
	STUB_STEP_LANDLOCK,
	STUB_STEP_SECCOMP,
	STUB_STEP_WAIT,
	STUB_STEP_EXEC,
};

#define STUB_CONFINE 1u       /* in: the next descriptor is a Landlock ruleset */
#define STUB_WAIT_KILLABLE 1u /* out: WAIT_KILLABLE_RECV is on */

struct stub_page {
	uint32_t magic;
	uint32_t state;
	uint32_t step;
	int32_t error;
	int32_t listener;
	uint32_t want;
	uint32_t have;
	uint32_t instructions; /* of the filter, which follows this header */
	uint64_t ignored;      /* signals whose disposition must be SIG_IGN */
	uint64_t blocked;      /* signals that must be blocked */
};

/* Signals that were ignored when this process started, before Go's runtime
 * put its own handlers in place: bit n-1 for signal n. */
uint64_t broker_ignored_at_start(void);

/* Signals that were blocked then. Go's runtime unblocks some. */
uint64_t broker_blocked_at_start(void);

/* Gives the calling thread the timer slack that the process was started with:
 * the constructor has changed it for all threads. Returns 0 or an errno. */
int broker_restore_slack(void);

/* Standard descriptors that were closed when this process started, before
 * Go's runtime opened /dev/null there: bit n for descriptor n. */
unsigned broker_closed_at_start(void);

#endif
