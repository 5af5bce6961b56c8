// Package learn writes rules from what a program was seen to do.
//
// A [Collector] takes audit events, from a run that refuses nothing or from a
// recorded log, and keeps each thing that was done once, with a count.
// [ReadStrace] makes the same of a log of strace(1). A [Learner] then turns what was
// collected into rules as a person would write them: what built-in sets cover
// already is left out, places are named by variables before wildcards, names that will
// be others the next time (temporary ones, process ids, hashes, versions) become
// patterns, and a directory is opened as a whole only when several names in it
// were used, and never where keys and settings lie. What a careful person would
// ask about first is written as a comment, not as a rule.
//
// Whether something is allowed already is asked of the rules themselves
// ([rules.Policy.Decide]), so a file that a person has edited is extended by
// what it does not yet allow, and keeps every other byte.
package learn
