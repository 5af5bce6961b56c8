extends = ["../../policies/go.hcl"]
