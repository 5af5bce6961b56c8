extends = ["../../policies/python.hcl"]
