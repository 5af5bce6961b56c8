# workdir: the policy when no rules are given. A program may read and run what
# the system has installed, may do as it likes in the working directory and in
# the folders for temporary files, and sees nothing else of the home directory.
#
# The working directory may be the home directory, or "/". The denials at the end
# hold even then, because deny beats allow wherever they meet.
#
# Files in the working directory that other programs act on later, such as
# .git/hooks, .envrc or a Makefile, are writable: `git init` itself writes hooks.
# Look at them before you run them outside.

extends = ["builtin:base"]

allow "installed programs" {
  access = ["read", "exec"]
  path   = ["/usr/**", "/bin/**", "/sbin/**", "/lib/**", "/lib64/**", "/opt/**"]
}

allow "system configuration" {
  access = ["read"]
  path   = ["/etc/**"] # lint:accept broad-etc: what holds secrets is taken out below

  # Taken out of this rule, so nothing allows them.
  except = [
    "/etc/{shadow,gshadow,shadow-,gshadow-}",
    "/etc/{sudoers,sudoers-}", "/etc/sudoers.d/**",
    "/etc/security/opasswd",
    "/etc/ssh/ssh_host_*_key", "/etc/ssl/private/**", "/etc/pki/tls/private/**",
    "/etc/wireguard/**", "/etc/openvpn/**", "/etc/ipsec.secrets", "/etc/ppp/*-secrets",
    "/etc/NetworkManager/system-connections/**", "/etc/wpa_supplicant/**",
    "/etc/krb5.keytab", "/etc/kubernetes/**", "/etc/rancher/**", "/etc/docker/key.json",
    "/etc/cups/subscriptions.conf*",
  ]
}

allow "working directory" {
  access = ["read", "write", "create", "remove", "attr", "exec"] # lint:accept write-exec: it is for building and testing there
  path   = ["${cwd}/**"]
}

allow "temporary files" {
  access = ["read", "write", "create", "remove", "attr", "exec"] # lint:accept write-exec: builds run what they put there
  path   = ["${tmp}/**", "/tmp/**", "/var/tmp/**", "/dev/shm/**"]
}

allow "settings in the home directory" {
  # Shells, git and editors give up when one of these is there and unreadable.
  access = ["read"]
  path = [
    "${home}/.{profile,bashrc,bash_profile,bash_login,bash_logout,bash_aliases,zshenv,zprofile,zshrc,inputrc}",
    "${home}/.{gitconfig,gitignore,vimrc,editorconfig,terminfo}",
    "${home}/.config/git/{config,ignore,attributes}",
  ]
}

deny "ssh keys" {
  access = ["read"]
  path   = ["${home}/.ssh/**"]
  except = ["${home}/.ssh/{config,known_hosts,known_hosts2}", "${home}/.ssh/*.pub"]
  reason = "private keys stay with their owner"
}

deny "ssh configuration" {
  # ProxyCommand and authorized_keys run programs outside the broker.
  access = ["write", "create", "remove", "attr"]
  path   = ["${home}/.ssh/**"]
  reason = "changing it would open a way in from outside"
}

deny "encryption keys and passwords" {
  access = ["read", "write", "create", "remove", "attr"]
  path = [
    "${home}/.{gnupg,pki,password-store}/**",
    "${home}/.local/share/{keyrings,kwalletd}/**",
    "${home}/.{netrc,pgpass,my.cnf,vault-token,authinfo,authinfo.gpg}",
    "${home}/.config/{op,keepassxc,Bitwarden}/**",
  ]
  reason = "keys and stored passwords stay with their owner"
}

deny "cloud credentials" {
  access = ["read", "write", "create", "remove", "attr"]
  path = [
    "${home}/.{aws,azure,kube,oci}/**",
    "${home}/.config/{gcloud,doctl,rclone,sops}/**",
    "${home}/.docker/config.json",
    "${home}/.{s3cfg,boto}",
    "${home}/.terraform.d/credentials.tfrc.json",
  ]
  reason = "cloud credentials reach far beyond this machine"
}

deny "code hosting and package registries" {
  access = ["read", "write", "create", "remove", "attr"]
  path = [
    "${home}/.git-credentials", "${home}/.config/git/credentials",
    "${home}/.config/{gh,hub,glab-cli}/**",
    "${home}/.{npmrc,pypirc,yarnrc.yml}",
    "${home}/.cargo/credentials{,.toml}", "${home}/.gem/credentials", "${home}/.m2/settings*.xml",
  ]
  reason = "tokens that publish in your name"
}

deny "browsers and mail" {
  access = ["read", "write", "create", "remove", "attr"]
  path = [
    "${home}/.{mozilla,thunderbird}/**",
    "${home}/.config/{google-chrome,google-chrome-*,chromium,BraveSoftware,microsoft-edge,vivaldi,opera}/**",
    "${home}/snap/{firefox,chromium,thunderbird}/**",
  ]
  reason = "profiles hold sessions that are logged in"
}

deny "histories" {
  access = ["read", "write", "create", "remove", "attr"]
  path = [
    "${home}/.*_history", "${home}/.histfile", "${home}/.lesshst", "${home}/.viminfo",
    "${home}/.local/share/fish/fish_history",
  ]
  reason = "command histories hold passwords typed by mistake"
}

deny "start-up files" {
  # Readable, but a line added here would run outside the broker at next login.
  access = ["write", "create", "remove", "attr"]
  path = [
    "${home}/.{profile,bashrc,bash_profile,bash_login,bash_logout,bash_aliases,zshenv,zprofile,zshrc,zlogin,zlogout}",
    "${home}/.config/{fish,autostart,systemd,environment.d}/**",
    "${home}/.{xprofile,xinitrc,xsession,xsessionrc,pam_environment}",
    "${home}/.{gitconfig,config/git/config}",
  ]
  reason = "it would run outside the broker later"
}
