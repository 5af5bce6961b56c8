package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDecideCall: conditions look at as much of a register as the kernel does.
func TestDecideCall(t *testing.T) {
	p := mustLoad(t, `
emulate "no realtime" {
  syscall = ["sched_setscheduler"]
  when    = { policy = [1, 2] }
  value   = 0
}
emulate "nobody else" {
  syscall = ["sched_setscheduler"]
  when    = { pid = "-1", policy = "3-5" }
  errno   = "EPERM"
}
emulate "bits" {
  syscall = ["mprotect"]
  when    = { prot = "0x4/0x6", len = "4096-8192" }
  errno   = "EACCES"
}
emulate "by number" {
  syscall = ["prctl"]
  when    = { arg0 = 38, arg1 = "1" }
  value   = 7
}
program "/usr/bin/git" {
  emulate "named" {
    syscall = ["umask"]
    value   = 18
  }
}
`, emulateOptions)
	git := p.Program([]byte("/usr/bin/git"))
	for _, tc := range []struct {
		call  string
		args  [6]uint64
		scope *Scope
		want  string
	}{
		{"sched_setscheduler", [6]uint64{0, 1}, nil, "no realtime"},
		{"sched_setscheduler", [6]uint64{0, 0xbad_00000002}, nil, "no realtime"},
		{"sched_setscheduler", [6]uint64{0, 3}, nil, ""},
		{"sched_setscheduler", [6]uint64{1<<32 - 1, 5}, nil, "nobody else"},
		{"sched_setscheduler", [6]uint64{1<<64 - 1, 5}, nil, "nobody else"},
		{"sched_setscheduler", [6]uint64{1<<64 - 1, 6}, nil, ""},
		{"mprotect", [6]uint64{0, 4096, 5}, nil, "bits"},
		{"mprotect", [6]uint64{0, 8193, 5}, nil, ""},
		{"mprotect", [6]uint64{0, 4096, 7}, nil, ""},
		{"mprotect", [6]uint64{0, 1<<32 + 4096, 5}, nil, ""}, // a long: all of it counts
		{"prctl", [6]uint64{38 + 1<<32, 1}, nil, "by number"},
		{"prctl", [6]uint64{38, 1<<32 + 1}, nil, ""},
		{"umask", [6]uint64{}, nil, ""},
		{"umask", [6]uint64{}, git, "named"},
		{"uname", [6]uint64{}, git, ""},
	} {
		q := Query{Syscall: tc.call, Args: &tc.args, Scope: tc.scope}
		d := p.Decide(&q)
		got := ""
		if d.Verdict == Emulate {
			got = d.Rule.Name
		}
		if got != tc.want || got == "" && d != (Decision{Verdict: Allow}) {
			t.Errorf("%s%x: %+v, want %q", tc.call, tc.args, d, tc.want)
		}
		var all []string
		for _, e := range p.Explain(&q) {
			all = append(all, e.Rule.Name)
		}
		if strings.Join(all, " ") != tc.want {
			t.Errorf("%s%x: explained by %v", tc.call, tc.args, all)
		}
	}
	if diff := cmp.Diff([]string{"mprotect", "prctl", "sched_setscheduler", "umask"}, p.EmulatedCalls()); diff != "" {
		t.Error(diff)
	}
	if p.Classes() != 0 {
		t.Errorf("classes %v: no rule is about files", p.Classes())
	}
}

// TestDecideNarrowed: a rule that names calls holds for these alone, and a deny
// rule beats it.
func TestDecideNarrowed(t *testing.T) {
	p := mustLoad(t, `
allow "tree" {
  access = ["attr", "create"]
  path   = ["/srv/**"]
}
emulate "owners" {
  access  = ["attr"]
  path    = ["/srv/**"]
  except  = ["/srv/real/**"]
  syscall = ["chown", "fchownat"]
  value   = 0
}
emulate "modes" {
  access = ["attr"]
  path   = ["/srv/modes/**"]
  value  = 0
}
deny "keys" {
  access = ["attr"]
  path   = ["/srv/keys/**"]
}
program "/usr/bin/tar" {
  emulate "directories" {
    access  = ["create"]
    path    = ["/srv/**"]
    syscall = ["mkdir"]
    errno   = "EROFS"
  }
}
allow "net" {
  access  = ["connect"]
  address = ["*"]
}
emulate "silent" {
  access  = ["connect"]
  address = ["10.0.0.0/8"]
  syscall = ["sendto"]
  value   = 1
}
`, emulateOptions)
	tar := p.Program([]byte("/usr/bin/tar"))
	ten, err := ParseAddress("10.1.1.1:53")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		q    Query
		want string
	}{
		{Query{Access: Attr, Path: []byte("/srv/a"), Syscall: "chown"}, "emulate owners"},
		{Query{Access: Attr, Path: []byte("/srv/a"), Syscall: "fchownat"}, "emulate owners"},
		{Query{Access: Attr, Path: []byte("/srv/a"), Syscall: "chmod"}, "allow tree"},
		{Query{Access: Attr, Path: []byte("/srv/a")}, "allow tree"},
		{Query{Access: Attr, Path: []byte("/srv/real/a"), Syscall: "chown"}, "allow tree"},
		{Query{Access: Attr, Path: []byte("/srv/keys/a"), Syscall: "chown"}, "deny keys"},
		{Query{Access: Attr, Path: []byte("/srv/modes/a"), Syscall: "chmod"}, "emulate modes"},
		{Query{Access: Create, Path: []byte("/srv/a"), Syscall: "mkdir", Scope: tar}, "emulate directories"},
		{Query{Access: Create, Path: []byte("/srv/a"), Syscall: "mkdir"}, "allow tree"},
		{Query{Access: Create, Path: []byte("/srv/a"), Syscall: "mknod", Scope: tar}, "allow tree"},
		{Query{Access: Connect, Address: &ten, Syscall: "sendto"}, "emulate silent"},
		{Query{Access: Connect, Address: &ten, Syscall: "connect"}, "allow net"},
	} {
		d := p.Decide(&tc.q)
		if got := fmt.Sprintf("%s %s", d.Verdict, d.Rule.Name); got != tc.want {
			t.Errorf("%s %s by %q: %s, want %s", tc.q.Access, tc.q.Path, tc.q.Syscall, got, tc.want)
		}
		if all := p.Explain(&tc.q); len(all) == 0 || all[0] != d {
			t.Errorf("%s %s by %q: explained by %+v, decided by %+v", tc.q.Access, tc.q.Path, tc.q.Syscall, all, d)
		}
	}
}

// TestSettledAtLoad: symlinks on the way to what is served are followed once.
func TestSettledAtLoad(t *testing.T) {
	p := mustLoad(t, `
emulate "file" {
  access = ["read", "write", "create", "stat"]
  path   = ["/a"]
  file   = "/link/b"
}
emulate "socket" {
  access  = ["connect"]
  address = ["unix:/c"]
  to      = "unix:/link/d"
}
`, emulateOptions)
	for _, r := range p.Rules() {
		em := r.Emulate
		if em.File != "" && em.File != "/real/b" || em.To != nil && string(em.To.Name) != "/real/d" {
			t.Errorf("%q leads to %q %v", r.Name, em.File, em.To)
		}
	}
}
