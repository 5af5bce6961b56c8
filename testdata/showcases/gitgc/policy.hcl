extends = ["../../policies/git.hcl"]
