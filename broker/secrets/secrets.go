// Package secrets knows the places that a careful person is asked about before a
// program may use them: what holds keys, tokens and passwords, and what would
// run or answer outside the broker. Nobody proposes a rule about them unasked.
package secrets

import (
	"net/netip"
	"path"
	"slices"
	"strings"

	"seccomp-broker/rules"
)

// suspicion is a place that a careful person asks about first.
type suspicion struct {
	access rules.Access // of which of these
	why    string
	under  []string // directories and files, below home unless absolute
	names  []string // patterns of path.Match for what is directly in under; nil is all of it
	except []string // the same, for what is none
}

// Changes are the classes that change what is there.
const Changes = rules.Write | rules.Create | rules.Remove | rules.Attr

const anything = rules.Read | rules.Write | rules.Create | rules.Remove | rules.Attr | rules.Exec

// suspicions are looked through in order; the first that fits is shown.
var suspicions = []suspicion{
	{access: Changes, why: "what is written there runs outside the broker later", under: []string{
		".profile", ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".zshenv", ".zprofile",
		".zshrc", ".zlogin", ".zlogout", ".config/fish", ".config/autostart", ".config/systemd", ".config/environment.d",
		".xprofile", ".xinitrc", ".xsession", ".xsessionrc", ".pam_environment", ".ssh/authorized_keys", ".ssh/config", ".ssh/rc",
		".gitconfig", ".config/git/config",
	}},
	{access: Changes, why: "it changes the system for everybody", under: []string{"/etc", "/boot", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/var/spool/cron"}},
	{access: anything, why: "private keys", under: []string{".gnupg", ".pki", "/etc/ssl/private", "/etc/pki/tls/private", "/etc/wireguard", "/etc/openvpn", "/etc/docker/key.json"}},
	{access: anything, why: "private keys", under: []string{".ssh"}, names: []string{"?*"}, except: []string{
		"*.pub", "config", "known_hosts*", "authorized_keys", "rc",
	}},
	{access: anything, why: "keys of the host", under: []string{"/etc/ssh"}, names: []string{"ssh_host_*_key"}},
	{access: anything, why: "stored passwords", under: []string{
		".password-store", ".local/share/keyrings", ".local/share/kwalletd", ".netrc", ".pgpass", ".my.cnf", ".authinfo",
		".authinfo.gpg", ".config/op", ".config/keepassxc", ".config/Bitwarden", "/etc/shadow", "/etc/gshadow", "/etc/shadow-",
		"/etc/gshadow-", "/etc/sudoers", "/etc/sudoers-", "/etc/sudoers.d", "/etc/security/opasswd", "/etc/krb5.keytab",
		"/etc/ipsec.secrets", "/etc/NetworkManager/system-connections", "/etc/wpa_supplicant",
	}},
	{access: anything, why: "stored passwords", under: []string{"/etc/ppp"}, names: []string{"*-secrets"}},
	{access: anything, why: "stored passwords", under: []string{"/etc/cups"}, names: []string{"subscriptions.conf*"}},
	{access: anything, why: "tokens of cloud services", under: []string{
		".aws", ".azure", ".kube", ".oci", ".config/gcloud", ".config/doctl", ".config/rclone", ".config/sops", ".s3cfg", ".boto",
		".docker", ".terraform.d", ".vault-token", "/etc/kubernetes", "/etc/rancher", "/var/run/secrets", "/run/secrets",
	}},
	{access: anything, why: "tokens that publish in your name", under: []string{
		".git-credentials", ".config/git/credentials", ".config/gh", ".config/hub", ".config/glab-cli", ".npmrc", ".pypirc",
		".yarnrc.yml", ".cargo/credentials", ".cargo/credentials.toml", ".gem/credentials",
	}},
	{access: anything, why: "tokens that publish in your name", under: []string{".m2"}, names: []string{"settings*.xml"}},
	{access: anything, why: "a browser's or mail program's sessions", under: []string{
		".mozilla", ".thunderbird", ".config/google-chrome", ".config/chromium", ".config/BraveSoftware", ".config/microsoft-edge",
		".config/vivaldi", ".config/opera", "snap/firefox", "snap/chromium", "snap/thunderbird",
	}},
	{access: anything, why: "a browser's or mail program's sessions", under: []string{".config"}, names: []string{"google-chrome-*"}},
	{access: anything, why: "histories hold passwords that were typed by mistake", under: []string{
		".histfile", ".lesshst", ".viminfo", ".local/share/fish/fish_history", ".wget-hsts",
	}},
	{access: anything, why: "histories hold passwords that were typed by mistake", under: []string{""}, names: []string{".*_history", ".*_history-*"}},
	{access: anything, why: "it reaches the memory of the kernel or the whole disk", under: []string{
		"/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore", "/proc/kmem", "/proc/sysrq-trigger",
	}},
	{access: anything, why: "it reaches whole disks", under: []string{"/dev"}, names: []string{"sd*", "nvme*", "vd*", "xvd*", "dm-*", "loop*", "mapper"}},
	{access: rules.Exec, why: "it asks for the rights of another user; under the broker it gets none", under: []string{
		"/usr/bin/sudo", "/usr/bin/su", "/usr/bin/doas", "/usr/bin/pkexec", "/usr/bin/newgrp", "/usr/bin/mount", "/usr/bin/umount",
	}},
}

// secretNames are names that hold keys wherever they lie.
var secretNames = []string{"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "*.kdbx", "*_rsa.key"}

// Path says why a person should be asked before a path, which is canonical, may be
// used; "" where there is no reason. home may be empty.
func Path(home, name string, access rules.Access) string {
	for i := range suspicions {
		s := &suspicions[i]
		if access&s.access != 0 && s.fits(home, name) {
			return s.why
		}
	}
	return ""
}

// KeyName says why a person should be asked, by what keys are usually called
// wherever they lie; "" where there is no reason.
func KeyName(name string) string {
	if matchesAny(secretNames, path.Base(name)) {
		return "private keys"
	}
	return ""
}

func (s *suspicion) fits(home, name string) bool {
	for _, dir := range s.under {
		dir, ok := place(home, dir)
		if !ok {
			continue
		}
		rest, ok := below(name, dir)
		if !ok {
			continue
		}
		first, _, _ := strings.Cut(rest, "/")
		if (s.names == nil || matchesAny(s.names, first)) && !matchesAny(s.except, first) {
			return true
		}
	}
	return false
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, _ := path.Match(pattern, name)
		return ok
	})
}

// place is where an entry of the table is, and false if it is in a home that is not
// known.
func place(home, dir string) (string, bool) {
	if strings.HasPrefix(dir, "/") {
		return dir, true
	}
	return path.Join(home, dir), home != ""
}

// below gives what of name is below dir: "" for dir itself.
func below(name, dir string) (rest string, ok bool) {
	if dir == "/" {
		return strings.TrimPrefix(name, "/"), true
	}
	rest, ok = strings.CutPrefix(name, dir)
	return strings.TrimPrefix(rest, "/"), ok && (rest == "" || rest[0] == '/')
}

// Around reports whether dir is a place of secrets, or lies in or directly around
// one, so that no pattern may stand for the names in it.
func Around(home, dir string) bool {
	for i := range suspicions {
		s := &suspicions[i]
		if s.access != anything {
			continue
		}
		for _, under := range s.under {
			at, ok := place(home, under)
			if !ok {
				continue
			}
			if _, inside := below(dir, at); s.names != nil && dir == at || s.names == nil && (inside || path.Dir(at) == dir) {
				return true
			}
		}
	}
	return false
}

// Address says why a person should be asked before an address may be
// connected or bound to; "" where there is no reason. It is written as in audit records.
func Address(address string) string {
	kind, name, _ := strings.Cut(address, ":")
	if kind == "unix" {
		switch base := path.Base(name); {
		case base == "docker.sock", base == "podman.sock", base == "containerd.sock", base == "crio.sock", base == "lxd.socket":
			return "who reaches a container engine rules the machine"
		case strings.Contains(name, ".X11-unix/"), strings.Contains(name, "/wayland-"):
			return "who reaches the display sees what is typed"
		case strings.HasPrefix(base, "S.gpg-agent"), strings.HasPrefix(base, "agent."), strings.Contains(base, "ssh_auth_sock"),
			strings.HasSuffix(name, "/keyring/ssh"), strings.HasSuffix(name, "/keyring/control"):
			return "an agent signs with private keys for whoever asks"
		case strings.HasPrefix(name, "/run/dbus/"), strings.HasPrefix(name, "/run/systemd/"), base == "bus":
			return "who answers there acts for the caller, outside the broker"
		}
		return ""
	}
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return ""
	}
	switch ap.Addr().Unmap().String() {
	case "169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200":
		return "a cloud's metadata service hands out credentials of the machine"
	}
	return ""
}
