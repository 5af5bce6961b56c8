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
    "${cwd}/b.txt",
    "${cwd}/conf/*.toml", # whole directories: 2 seen
    "${cwd}/new.txt",
  ]
}

deny "mine" {
  access = ["read"]
  path   = ["${cwd}/forbidden"]
}

program "/usr/bin/other" {
  # nothing yet

  # once by other, for example openat /home/ann/notes/x
  allow "other: read the home directory" {
    access = ["read"]
    path   = ["${home}/notes/x"]
  }
}

# once by app, for example openat /home/ann/shop/out
allow "change the working directory" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${cwd}/out"]
}

program "/usr/bin/app" {
  # once by app, for example openat /srv/data/x
  allow "app: read other places" {
    access = ["read"]
    path   = ["/srv/data/x"]
  }
}
