// Package lint finds what is right in a policy's syntax and wrong in its sense:
// rules that do nothing, rules that give away more than their author can have
// meant, and rules that another rule undoes.
//
// Rules are compared exactly, as sets of paths (rules.Witness), never by how
// they are written. A finding must hold whatever the variables are: a policy is
// looked at with the values of its user, with those of a user who works in a
// folder of an ordinary home directory, and with a working directory of "/".
// So `${cwd}/**` is not taken for the home directory because somebody works
// there, and a denial that only matters there is not called idle.
//
// The package is pure. What only a host knows comes in through [Options].
package lint
