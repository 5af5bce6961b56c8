/*
 * Racing a second thread against a call, bounded by attempts, not by time.
 *
 * On a busy machine the second thread may hardly run while the first one
 * makes its calls, and then nothing is raced. So the second thread counts
 * its turns, and an attempt counts as raced when the count moved meanwhile.
 */
#ifndef ESCAPE_RACE_H
#define ESCAPE_RACE_H

#include "common.h"

/* STRETCH times the wanted attempts are made at most to get RACED_SHARE of
 * them raced. */
enum { STRETCH = 20, RACED_SHARE = 10 };

static _Atomic long race_turns;
static _Atomic int race_over;
static long race_raced;

/* race_least is how many attempts the native run took, when this is the other
 * one: it gets no fewer. */
static inline long race_least(void)
{
	const char *least = getenv("ESCAPE_ATTEMPTS");

	return least ? atol(least) : 0;
}

/* race_turn is called by the second thread after each turn; it says whether
 * to go on. */
static inline int race_turn(void)
{
	/* One writer: no locked instruction, which would slow the turns down. */
	long turns = atomic_load_explicit(&race_turns, memory_order_relaxed);

	atomic_store_explicit(&race_turns, turns + 1, memory_order_relaxed);
	return !atomic_load_explicit(&race_over, memory_order_relaxed);
}

/* race runs attempt against other at least bound times. An attempt returns 1
 * for a win, 0 for a success that is allowed, -1 for a refusal. */
static inline void race(void *(*other)(void *), int (*attempt)(void), long bound)
{
	long succeeded = 0, before = 0, least = race_least();
	pthread_t thread = start(other, NULL);

	while (attempts < bound || attempts < least || (race_raced < bound / RACED_SHARE && attempts < STRETCH * bound)) {
		int got = attempt();
		long turns = race_turns;

		attempts++;
		wins += got > 0;
		succeeded += got >= 0;
		if (turns != before)
			race_raced++;
		else
			sched_yield();
		before = turns;
	}
	race_over = 1;
	pthread_join(thread, NULL);
	dprintf(1, "%ld calls succeeded, %ld were raced\n", succeeded, race_raced);
	if (race_raced < bound / RACED_SHARE)
		setup_failed("the second thread hardly ran");
}

#endif
