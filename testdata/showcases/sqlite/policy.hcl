extends = ["../../policies/sqlite.hcl"]

allow "commits" {
  access = ["read"]
  path   = ["${cwd}/commits.sql"]
}
