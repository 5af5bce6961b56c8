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

/* A subcase: what is raced, how often at least, and what is made ready before. */
struct race {
	const char *name;
	void *(*other)(void *);
	int (*attempt)(void);
	long bound;
	void (*prepare)(const char *of); /* may be NULL */
	const char *of;
};

/* run_race runs the row of the subcase; a row without a name is the last. */
__attribute__((noreturn)) static inline void run_race(const struct race *row)
{
	while (row->name && !is(row->name))
		row++;
	if (!row->name)
		setup_failed("no subcase %s", subcase);
	if (row->prepare)
		row->prepare(row->of);
	race(row->other, row->attempt, row->bound);
	finish();
}

/* What an attempt at the secret "target" came to, from the result of its call.
 * A link or a rename goes to the name that is in the open directory; what came
 * there goes back. */
static inline int opened(long fd)
{
	return fd < 0 ? -1 : leaks((int)fd);
}

static inline char *stolen(void)
{
	static char *name;

	return name ? name : (name = in(data, "stolen"));
}

static inline int linked(long result)
{
	if (result < 0)
		return -1;
	int won = file_leaks(stolen());
	if (unlink(stolen()) < 0)
		setup_failed("unlink %s", stolen());
	return won;
}

static inline int renamed(long result)
{
	if (result < 0)
		return -1;
	int won = file_leaks(stolen());
	if (rename(stolen(), won ? secret : twin) < 0)
		setup_failed("moving %s back", stolen());
	return won;
}

/* unlinked is about a file "victim" of both directories; lay_victim puts the
 * open one there, before the call. */
static inline void lay_victim(void)
{
	static char *own;

	if (!own)
		own = in(data, "victim");
	if (!exists(own))
		write_file(own, "own", 0644);
}

static inline int unlinked(long result)
{
	static char *hidden;

	if (result < 0)
		return -1;
	if (!hidden)
		hidden = in(hide, "victim");
	int won = !exists(hidden);
	if (won)
		write_file(hidden, "victim", 0644);
	return won;
}

#endif
