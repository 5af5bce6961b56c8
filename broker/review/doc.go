// Package review asks a policy about calls that nobody makes now: those of test
// blocks, of a command line, and of recorded events. It derives what a call asks
// for from the same table as the engine, and every verdict is [rules.Policy.Decide]'s.
//
//	r := review.Resolve("/bin/sh", true)
//	a, err := review.Ask(policy, &review.Question{Call: "execve", Path: r.Path})
//	fmt.Println(a.Verdict, a.Rule.Name)
//
// It knows what rules say. What depends on the object itself stays with the
// engine: device nodes, the /proc entries of processes outside the tree, and
// what a renamed directory holds.
package review
