# calls-program: the same with rules of a program, so that the
# broker has to ask for each call which program it is that calls.

extends = ["calls.hcl"]

program "/**" {
  allow "more" {
    access = ["read"]
    path   = ["${cwd}/secret/open"]
  }
}
