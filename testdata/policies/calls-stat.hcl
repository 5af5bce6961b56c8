# calls-stat: the same with a rule that names stat, which has every call that
# looks at a file answered by the broker too.

extends = ["calls.hcl"]

allow "looking" {
  access = ["stat"]
  path   = ["/**"]
}
