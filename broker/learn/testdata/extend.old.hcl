# Mine, with   odd   spaces.
extends = ["builtin:base"]

/* a person
   wrote this */
allow "run programs" {
  access = ["exec"]
  path   = ["/usr/bin/app"] # only this
}

# 3 times by app, for example openat /home/ann/shop/a.txt
allow "read the working directory" {
  access = ["read"]
  path = [
    "${cwd}/a.txt", # keep this one
    "${cwd}/conf/x.toml",
    "${cwd}/b.txt"
  ]
}

deny "mine" {
  access = ["read"]
  path   = ["${cwd}/forbidden"]
}

program "/usr/bin/other" {
  # nothing yet
}
