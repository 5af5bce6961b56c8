# calls-program: the same with rules of a program, so that the
# broker has to ask for each call which program it is that calls.

extends = ["calls.hcl"]

# lint:accept writable-program: the block is for every program
program "/**" {
  # lint:accept unreachable: it has the rules asked, and gives nothing
  allow "more" {
    access = ["read"]
    path   = ["${cwd}/secret/open"]
  }
}
