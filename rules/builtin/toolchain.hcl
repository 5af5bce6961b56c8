# toolchain: compilers, build tools and package managers, with their caches. It
# gives no access to any source code; extend it beside a rule for that:
#
#   extends = ["builtin:toolchain"]
#   allow "source" {
#     access = ["read", "write", "create", "remove", "attr"]
#     path   = ["${project}/**"]
#   }
#
# Caches are shared with builds that run outside the broker, so a build in here
# can plant files for those. Where that matters set GOCACHE, CARGO_HOME and the
# like to a folder of their own: the rules follow these variables.

extends = ["builtin:base"]

allow "compilers and tools" {
  access = ["read", "exec"]
  path   = ["/usr/**", "/bin/**", "/sbin/**", "/lib/**", "/lib64/**", "/opt/**"]
}

allow "system settings of tools" {
  access = ["read"]
  path = [
    "/etc/{gitconfig,npmrc,pip.conf,gprofng.rc,bash.bashrc,profile,environment}",
    "/etc/profile.d/**", "/etc/alternatives/**", "/etc/python3*/**", "/etc/java*/**",
    "/etc/ssl/{certs/**,openssl.cnf,cert.pem}", "/etc/ca-certificates/**", "/etc/pki/tls/certs/**",
  ]
}

allow "own settings of tools" {
  # No credentials: those of cargo and npm are kept in other files.
  access = ["read"]
  path = [
    "${home}/.gitconfig", "${home}/.config/git/{config,ignore,attributes}",
    "${home}/.config/{go/env,pip/pip.conf}",
    "${env("CARGO_HOME", "${home}/.cargo")}/{config,config.toml,env}",
  ]
}

allow "toolchains in the home directory" {
  access = ["read", "exec"] # lint:accept write-exec: go keeps its downloaded toolchains among its modules
  path = [
    "${home}/{go,sdk}/**", "${home}/.{nvm,volta,pyenv,rbenv,sdkman,local}/**",
    "${env("CARGO_HOME", "${home}/.cargo")}/bin/**",
    "${env("RUSTUP_HOME", "${home}/.rustup")}/**",
  ]
  except = ["${home}/.local/share/{keyrings,kwalletd}/**"]
}

allow "caches" {
  access = ["read", "write", "create", "remove", "attr", "exec"] # lint:accept write-exec: build tools run what they have cached
  path = [
    "${env("GOCACHE", "${home}/.cache/go-build")}/**",
    "${env("GOMODCACHE", "${home}/go/pkg")}/**",
    "${env("CARGO_HOME", "${home}/.cargo")}/{registry,git,.package-cache*,.global-cache*}/**",
    "${home}/.cache/{pip,ccache,bazel,node,node-gyp,yarn,pnpm,uv,golangci-lint,clangd,meson}/**",
    "${home}/.{ccache,npm/_cacache,npm/_logs,npm/_npx,gradle/caches,m2/repository}/**",
    "${home}/.config/go/telemetry/**",
  ]
}

allow "temporary files" {
  # exec: configure scripts and `go test` run what they have just built.
  access = ["read", "write", "create", "remove", "attr", "exec"] # lint:accept write-exec: see above
  path   = ["${tmp}/**", "/tmp/**", "/var/tmp/**", "/dev/shm/**"]
}
