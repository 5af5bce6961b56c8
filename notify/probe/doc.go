// Package probe finds out what the running kernel lets this process do, by
// doing it: a child is put under a filter and served, from the first
// notification to a descriptor injected into it. A feature that is there but
// refused, by a security module or a container's own filter, shows as what it
// is, missing; no version number is looked at.
//
//	for _, r := range probe.Probe() {
//		if !r.OK && r.Need == probe.Required {
//			fmt.Println(r.Name, r.Err, r.Remedy)
//		}
//	}
//
// The child is the running program itself, executed again: importing this
// package gives it a constructor (child.c) that recognises that case.
package probe
