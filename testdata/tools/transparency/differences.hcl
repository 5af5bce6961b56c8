# Tests of others that do not come to the same natively and under the broker,
# and why no broker of user notifications could do otherwise. `make transparency`
# fails on a difference that is not here and on an entry that no longer occurs.
#
# user: root, or user for the ordinary one; without it, both. tests: names; *
# stands for anything within a /-separated part, ** at the end for all the rest.

difference "go/syscall" {
  tests  = ["TestCloneTimeNamespace", "TestPidFDClone3"]
  reason = "clone3 takes its flags from memory, which a filter cannot read and which another thread can change after a supervisor has: it answers ENOSYS, as on an older kernel"
}

difference "go/syscall" {
  user   = "user"
  tests  = ["TestSCMCredentials"]
  reason = "sendmsg has its address in memory, so the broker sends the message itself, and without CAP_SYS_ADMIN nobody can put another process's number into SCM_CREDENTIALS: unix(7)"
}

difference "go/crypto/x509" {
  tests  = ["TestSetFallbackRoots", "TestSetFallbackRoots/*"]
  reason = "a child in a user namespace of its own writes below a directory that is closed to its owner, by capabilities that count in that namespace only; a supervisor outside has none there, and setns(2) lets no process with threads in"
}

difference "go/net" {
  user   = "root"
  tests  = ["TestIPConnRemoteName", "TestIPConnSpecificMethods"]
  reason = "a raw socket sends the headers that the program wrote, so that no address a rule could judge says where its packets go (raw(7)): the filter makes none"
}
