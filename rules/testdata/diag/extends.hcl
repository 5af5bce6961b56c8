extends = [
  "builtin:bsae",
  "sub/missing.hcl",
  "sub",
  "",
  "sub/circle.hcl",
  "sub/wrong.hcl",
]
