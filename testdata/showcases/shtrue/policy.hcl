extends = ["../../policies/shell.hcl"]
