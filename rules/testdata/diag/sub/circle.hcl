extends = ["../extends.hcl"]
