// Package kerneltest runs a target for tests that need the real kernel: a
// small C program, compiled once for each test binary, that does one thing at
// a time as it is told through its standard input. It also holds what the
// tests of several packages share: filters written by hand, a run as an
// ordinary user, and a check for leaked descriptors.
//
// Only tests import it.
package kerneltest
