package learn

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
	names  []string // patterns of path.Match for the last component, anywhere in under
}

const (
	anything = rules.Read | rules.Write | rules.Create | rules.Remove | rules.Attr | rules.Exec
	changes  = rules.Write | rules.Create | rules.Remove | rules.Attr
)

// suspicions are looked through in order; the first that fits is shown.
var suspicions = []suspicion{
	{changes, "what is written there runs outside the broker later", []string{
		".profile", ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".zshenv", ".zprofile",
		".zshrc", ".zlogin", ".zlogout", ".config/fish", ".config/autostart", ".config/systemd", ".config/environment.d",
		".xprofile", ".xinitrc", ".xsession", ".xsessionrc", ".pam_environment", ".ssh/authorized_keys", ".ssh/config", ".ssh/rc",
	}, nil},
	{changes, "it changes the system for everybody", []string{"/etc", "/boot", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/var/spool/cron"}, nil},
	{anything, "private keys", []string{".gnupg", ".pki", "/etc/ssl/private", "/etc/pki/tls/private", "/etc/wireguard", "/etc/openvpn"}, nil},
	{anything, "private keys", []string{".ssh"}, []string{"id_*", "*.pem", "*.key", "identity", "ssh_host_*"}},
	{anything, "keys of the host", []string{"/etc/ssh"}, []string{"ssh_host_*_key"}},
	{anything, "stored passwords", []string{
		".password-store", ".local/share/keyrings", ".local/share/kwalletd", ".netrc", ".pgpass", ".my.cnf", ".authinfo",
		".authinfo.gpg", ".config/op", ".config/keepassxc", ".config/Bitwarden", "/etc/shadow", "/etc/gshadow", "/etc/shadow-",
		"/etc/gshadow-", "/etc/sudoers", "/etc/sudoers.d", "/etc/security/opasswd", "/etc/krb5.keytab",
	}, nil},
	{anything, "tokens of cloud services", []string{
		".aws", ".azure", ".kube", ".oci", ".config/gcloud", ".config/doctl", ".config/rclone", ".config/sops", ".s3cfg", ".boto",
		".docker", ".terraform.d", ".vault-token", "/etc/kubernetes", "/var/run/secrets", "/run/secrets",
	}, nil},
	{anything, "tokens that publish in your name", []string{
		".git-credentials", ".config/git/credentials", ".config/gh", ".config/hub", ".config/glab-cli", ".npmrc", ".pypirc",
		".yarnrc.yml", ".cargo/credentials", ".cargo/credentials.toml", ".gem/credentials", ".m2/settings.xml", ".m2/settings-security.xml",
	}, nil},
	{anything, "a browser's or mail program's sessions", []string{
		".mozilla", ".thunderbird", ".config/google-chrome", ".config/chromium", ".config/BraveSoftware", ".config/microsoft-edge",
		".config/vivaldi", ".config/opera", "snap/firefox", "snap/chromium", "snap/thunderbird",
	}, nil},
	{anything, "histories hold passwords that were typed by mistake", []string{
		".histfile", ".lesshst", ".viminfo", ".local/share/fish/fish_history", ".wget-hsts",
	}, nil},
	{anything, "histories hold passwords that were typed by mistake", []string{""}, []string{".*_history", ".*_history-*"}},
	{anything, "it reaches the memory of the kernel or the whole disk", []string{
		"/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore", "/proc/kmem", "/proc/sysrq-trigger",
	}, nil},
	{anything, "it reaches whole disks", []string{"/dev"}, []string{"sd*", "nvme*", "vd*", "xvd*", "dm-*", "loop*", "mapper"}},
	{rules.Exec, "it asks for the rights of another user; under the broker it gets none", []string{
		"/usr/bin/sudo", "/usr/bin/su", "/usr/bin/doas", "/usr/bin/pkexec", "/usr/bin/newgrp", "/usr/bin/mount", "/usr/bin/umount",
	}, nil},
}

// secretNames are names that hold keys wherever they lie.
var secretNames = []string{"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "*.kdbx", "*_rsa.key"}

// suspicious says why a person should be asked before a path may be used; ""
// where there is no reason.
func (p *Places) suspicious(name string, access rules.Access) string {
	for i := range suspicions {
		s := &suspicions[i]
		if access&s.access != 0 && p.fits(s, name) {
			return s.why
		}
	}
	base := path.Base(name)
	for _, pattern := range secretNames {
		if ok, _ := path.Match(pattern, base); ok && !p.temporary(name) {
			return "private keys"
		}
	}
	return p.ofOthers(name)
}

func (p *Places) fits(s *suspicion, name string) bool {
	for _, dir := range s.under {
		if !strings.HasPrefix(dir, "/") {
			if p.Vars.Home == "" {
				continue
			}
			dir = strings.TrimSuffix(p.Vars.Home+"/"+dir, "/")
		}
		rest, ok := below(name, dir)
		if !ok {
			continue
		}
		if s.names == nil || slices.ContainsFunc(s.names, func(n string) bool {
			first, _, _ := strings.Cut(rest, "/")
			fits, _ := path.Match(n, first)
			return fits
		}) {
			return true
		}
	}
	return false
}

// ofOthers tells the homes of other users, and processes outside the tree.
func (p *Places) ofOthers(name string) string {
	if isBelow(name, p.Vars.Home) || p.own(name) {
		return ""
	}
	if rest, ok := below(name, "/home"); ok && strings.Contains(rest, "/") {
		return "it belongs to another user"
	}
	if isBelow(name, "/root") {
		return "it belongs to another user"
	}
	return ""
}

// secretDir reports whether any of the suspicious places is dir, or lies
// directly in it, or around it, so that no pattern may stand for names there.
func (p *Places) secretDir(dir string) bool {
	for i := range suspicions {
		s := &suspicions[i]
		if s.access != anything {
			continue
		}
		for _, place := range s.under {
			if !strings.HasPrefix(place, "/") {
				place = p.Vars.Home + "/" + place
			}
			if s.names != nil && dir == place || s.names == nil && (isBelow(dir, place) || path.Dir(place) == dir) {
				return true
			}
		}
	}
	return false
}

// suspiciousAddress says why a person should be asked before an address may be
// connected or bound to.
func suspiciousAddress(address string) string {
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
