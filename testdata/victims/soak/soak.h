/*
 * soak: mixed load in rounds that end in numbers. Every part of a round works
 * on files of its own and prints a hash of what its processes found there, so
 * that two runs of the same round can be compared; none of the numbers depends
 * on who was scheduled when.
 */
#ifndef SOAK_H
#define SOAK_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* A part of a round. n is how much of it, seed makes two rounds differ. */
typedef uint64_t part(int n, uint64_t seed);

part files, threads, refused, mistakes;      /* work.c */
part crowd, storm, tree, orphans, execs;     /* storm.c */
part kills, groups;                          /* kills.c */
part fifos, limits;                          /* wait.c */

/* What execs starts: this program again, with that first argument. */
#define LINK_ARGUMENT "--link"
int run_link(char **argv);
extern char *self;

/* die prints what went wrong, where the test looks for numbers, and ends. */
void die(const char *what, const char *name) __attribute__((noreturn));

uint64_t mix(uint64_t hash, uint64_t value);
uint64_t hash_text(uint64_t hash, const char *text, size_t n);
uint64_t next_random(uint64_t *state);

/* A name below a part's folder, good until the 16th call after it. */
const char *name_of(const char *folder, const char *what, long number);

void make_folder(const char *name);
void write_file(const char *name, const char *text);
/* The hash of a file's content; the file must exist. */
uint64_t hash_file(const char *name);

/* Memory that this process and its children share; freed by nobody. */
void *shared(size_t bytes);

pid_t start(void (*work)(long, uint64_t), long number, uint64_t seed);
/* The status of a child as a shell has it. */
int ended(pid_t pid);

#endif
