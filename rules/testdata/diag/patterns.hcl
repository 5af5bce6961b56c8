allow "bad" {
  access = ["read"]
  path = [
    "",
    "~/x",
    "usr/lib",
    "/a/../b",
    "/a/./b",
    "/a/x**",
    "/a/[ab]",
    "/a//b",
    "/a/",
    "/{a,b",
    "/a}",
    "/a\\b",
    "/{0,1,2,3,4,5,6,7,8,9}{0,1,2,3,4,5,6,7,8,9}{0,1,2,3,4,5,6,7,8,9}{0,1}",
    "/a\u0000b",
  ]
  except = ["x/*", "/ok/**"]
}
program "git" {
}
program "/home/${user}/bin/git" {
}
program {
  mode = "monitor"
  locals {}
}
