package filter

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// check is a test of one argument: (argument & mask) == value, or, if any is
// set, (argument & mask) != 0, or, if high is not 0, (argument & mask) between
// value and high; the last two look at the lower 32 bits only.
type check struct {
	arg   int
	mask  uint64
	value uint64
	any   bool
	high  uint64
}

// low is the mask for what the kernel declares as an int: the upper half of
// the register does not exist for it.
const low = 0xffffffff

// is tests an int for a value.
func is(arg int, value uint32) check { return check{arg: arg, mask: low, value: uint64(value)} }

// bits tests some bits of an int for a value.
//
//nolint:unparam // the argument is named where the test is used, as for the others
func bits(arg int, mask, value uint32) check {
	return check{arg: arg, mask: uint64(mask), value: uint64(value)}
}

// anyOf tests whether at least one of the bits of an int is set.
func anyOf(arg int, mask uint32) check { return check{arg: arg, mask: uint64(mask), any: true} }

// null tests all 64 bits of a pointer or a long for 0.
func null(arg int) check { return check{arg: arg, mask: ^uint64(0)} }

// effect says who has the last word about a part of a call.
type effect uint8

const (
	// rest: the plan decides as it does for a call without arguments.
	rest effect = iota
	// fixed: the errno, whatever the plan says.
	fixed
	// unmediated: the errno, unless the plan kills or denies the call. Allow
	// and Notify do not help.
	unmediated
	// notified: a notification, unless the plan kills or denies the call.
	notified
	// told: as rest, but what is allowed is notified with [Spec.Securebits].
	told
	// part: the errno, unless Allow names the call or the group that lifts it.
	part
)

// outcome is an effect and the errno that it may answer with.
type outcome struct {
	effect effect
	errno  syscall.Errno
}

// clause applies its outcome when all its checks hold.
type clause struct {
	when []check
	then outcome
}

// guard splits a call by its arguments: the first clause that applies wins,
// and otherwise is for the arguments that no clause wants.
type guard struct {
	clauses   []clause
	otherwise outcome
	lift      string // group whose members include the outcome part
}

func when(then outcome, checks ...check) clause { return clause{checks, then} }

var (
	pass   = outcome{effect: rest}
	lifted = outcome{part, unix.EPERM}
)

func never(errno syscall.Errno) outcome { return outcome{fixed, errno} }
