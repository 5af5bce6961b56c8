# calls-emulate: the same with rules about system calls that name no file: one that
# the broker answers, and one that it is asked about and lets pass.

extends = ["calls.hcl"]

emulate "another release" {
  syscall = ["uname"]
  answer  = { release = "6.1.0" }
}

program "/usr/bin/nice" {
  emulate "nothing is nice" {
    syscall = ["getpriority"]
    errno   = "EPERM"
  }
}
