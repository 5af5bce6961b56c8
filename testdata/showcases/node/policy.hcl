extends = ["../../policies/node.hcl"]
