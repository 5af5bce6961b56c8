extends = ["../../policies/tar.hcl"]
