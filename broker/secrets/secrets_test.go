package secrets

import (
	"strings"
	"testing"

	"seccomp-broker/rules"
)

func builtin(t *testing.T, home string) *rules.Policy {
	t.Helper()
	p, d := rules.Load(rules.Options{
		Files: []string{"builtin:workdir"}, Classes: rules.All,
		Vars: rules.Vars{Home: home, Cwd: "/srv/work", Project: "/srv/work", Tmp: "/tmp", User: "u", UID: 1000},
	})
	if p == nil {
		t.Fatal(d)
	}
	return p
}

// samples are paths that a pattern matches, as far as those of the built-in rules
// have it.
func samples(pattern string) []string {
	open := strings.IndexByte(pattern, '{')
	if open < 0 {
		pattern = strings.TrimSuffix(pattern, "/**")
		return []string{strings.ReplaceAll(pattern, "*", "x")}
	}
	end := open + strings.IndexByte(pattern[open:], '}')
	var list []string
	for _, one := range strings.Split(pattern[open+1:end], ",") {
		list = append(list, samples(pattern[:open]+one+pattern[end+1:])...)
	}
	return list
}

// What the built-in rules keep from a program is known here: else a suggested rule,
// or a learned one, would give it away.
func TestBuiltinRulesAreKnown(t *testing.T) {
	const home = "/home/u"
	p := builtin(t, home)
	tried := 0
	check := func(r *rules.Rule, pattern string, access rules.Access) {
		for _, path := range samples(pattern) {
			if path == home+"/.ssh" {
				path += "/some"
			}
			for class := rules.Access(1); class <= rules.All; class <<= 1 {
				if access&class == 0 {
					continue
				}
				tried++
				if Path(home, path, class) == "" {
					t.Errorf("%q at line %d keeps %v %s, here it is no secret", r.Name, r.Line, class, path)
				}
			}
		}
	}
	for _, r := range p.Rules() {
		switch {
		case r.Verdict == rules.Deny:
			for _, pattern := range r.Patterns {
				check(r, pattern, r.Access)
			}
		case r.Verdict == rules.Allow:
			for _, pattern := range r.Except {
				check(r, pattern, r.Access)
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d places tried", tried)
	}
}

func TestPath(t *testing.T) {
	for _, tt := range []struct {
		home, path string
		access     rules.Access
		secret     bool
	}{
		{"/home/u", "/home/u/.ssh/id_ed25519", rules.Read, true},
		{"/home/u", "/home/u/.ssh/work", rules.Read, true},
		{"/home/u", "/home/u/.ssh/keys/a", rules.Read, true},
		{"/home/u", "/home/u/.ssh", rules.Read, false},
		{"/home/u", "/home/u/.ssh/id_ed25519.pub", rules.Read, false},
		{"/home/u", "/home/u/.ssh/known_hosts.a1b2", rules.Create, false},
		{"/home/u", "/home/u/.ssh/config", rules.Read, false},
		{"/home/u", "/home/u/.ssh/config", rules.Write, true},
		{"/home/u", "/home/u/.ssh/id_rsa", rules.Stat, false},
		{"/home/u", "/home/u/.sshx/id", rules.Read, false},
		{"/home/u", "/home/u/.bash_history", rules.Read, true},
		{"/home/u", "/home/u/x/.bash_history", rules.Read, false},
		{"/home/u", "/home/u/notes", rules.Read, false},
		{"/", "/.ssh/id_rsa", rules.Read, true},
		{"/", "/.bash_history", rules.Read, true},
		{"/", "/srv/x", rules.Read, false},
		{"", "/.ssh/id_rsa", rules.Read, false}, // nobody's home
		{"", "/.bash_history", rules.Read, false},
		{"", "/etc/shadow", rules.Read, true},
		{"/home/u", "/etc/hosts", rules.Read, false},
		{"/home/u", "/etc/hosts", rules.Write, true},
		{"/home/u", "/dev/sda1", rules.Read, true},
		{"/home/u", "/dev/null", rules.Read, false},
		{"/home/u", "/usr/bin/sudo", rules.Exec, true},
		{"/home/u", "/usr/bin/sudo", rules.Read, false},
	} {
		if got := Path(tt.home, tt.path, tt.access); (got != "") != tt.secret {
			t.Errorf("home %q, %v %s: %q", tt.home, tt.access, tt.path, got)
		}
	}
}

func TestKeyName(t *testing.T) {
	for name, want := range map[string]bool{"/x/id_rsa": true, "/x/a.kdbx": true, "/x/id_rsa.pub": false, "/id_rsa/x": false} {
		if got := KeyName(name); (got != "") != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAround(t *testing.T) {
	for dir, want := range map[string]bool{
		"/home/u/.ssh": true, "/home/u/.aws": true, "/home/u/.aws/x": true, "/home/u/.config": true, "/home/u": true,
		"/run/secrets": true, "/run": true, "/etc": true, "/home/u/src": false, "/usr/share": false, "/srv": false,
	} {
		if got := Around("/home/u", dir); got != want {
			t.Errorf("%s: %v", dir, got)
		}
	}
}

func TestAddress(t *testing.T) {
	for address, want := range map[string]bool{
		"unix:/var/run/docker.sock": true, "unix:/tmp/.X11-unix/X0": true, "unix:@/tmp/.X11-unix/X0": true,
		"unix:/run/user/1000/bus": true, "unix:/tmp/ssh-x/agent.12": true, "unix:/run/user/1000/gnupg/S.gpg-agent.ssh": true,
		"unix:/run/user/1000/keyring/ssh": true, "unix:/run/app.sock": false,
		"169.254.169.254:80": true, "[::ffff:169.254.169.254]:80": true, "10.0.0.1:80": false, "none": false,
	} {
		if got := Address(address); (got != "") != want {
			t.Errorf("%s: %q", address, got)
		}
	}
}
