// Package broker is the engine: it joins the kernel's side (package notify)
// to the policy (package rules).
//
// [Plan] turns a policy into the filter's syscall plan; [Run] starts a
// command under that filter, serves its notifications until it and its
// descendants are gone, and returns how it ended; [Engine] is the serving
// part alone, for a listener that came from elsewhere.
package broker
