package broker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindAccount(t *testing.T) {
	for spec, want := range map[string]*Account{
		"nobody":         {Name: "nobody", UID: 65534, GID: 65534, Groups: []uint32{65534}, Home: "/nonexistent", Shell: "/usr/sbin/nologin"},
		"65534":          {Name: "nobody", UID: 65534, GID: 65534, Groups: []uint32{65534}, Home: "/nonexistent", Shell: "/usr/sbin/nologin"},
		"nobody:777":     {Name: "nobody", UID: 65534, GID: 777, Groups: []uint32{777}, Home: "/nonexistent", Shell: "/usr/sbin/nologin"},
		"nobody:daemon":  {Name: "nobody", UID: 65534, GID: 1, Groups: []uint32{1}, Home: "/nonexistent", Shell: "/usr/sbin/nologin"},
		"54321:12345":    {Name: "54321", UID: 54321, GID: 12345, Groups: []uint32{12345}, Home: "/nonexistent", Shell: "/bin/sh"},
		"4294967294:0":   {Name: "4294967294", UID: 4294967294, Groups: []uint32{0}, Home: "/nonexistent", Shell: "/bin/sh"},
		"0065534:nobody": nil, // a user's name is no group's
	} {
		got, err := FindAccount(spec)
		if want == nil {
			if err == nil {
				t.Errorf("%q: %+v, want an error", spec, got)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", spec, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", spec, diff)
		}
	}
}

func TestFindNoAccount(t *testing.T) {
	for spec, want := range map[string]string{
		"":                "write the name",
		":nogroup":        "write the name",
		"no such user":    "there is no such user",
		"54321":           "give it a group too, for example 54321:54321",
		"-1":              "no such user",
		"4294967295:1":    "no such user",
		"4294967296:1":    "no such user",
		"1e3:1":           "no such user",
		"nobody:":         `no group ""`,
		"nobody:1:2":      `no group "1:2"`,
		"nobody:nosuch":   `no group "nosuch"`,
		"nobody:-1":       `no group "-1"`,
		"root":            "root's rights",
		"0":               "root's rights",
		"0:nogroup":       "root's rights",
		"000":             "root's rights",
		"../../etc/hosts": "no such user",
	} {
		if a, err := FindAccount(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, error %v, want one with %q", spec, a, err, want)
		}
	}
}

func TestSetGroup(t *testing.T) {
	a := Account{GID: 104, Groups: []uint32{104, 20, 103}}
	a.setGroup(103)
	if diff := cmp.Diff(Account{GID: 103, Groups: []uint32{103, 20}}, a); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoginShell(t *testing.T) {
	file := filepath.Join(t.TempDir(), "passwd")
	text := "ann:x:1000:1000:Ann,,,:/home/ann:/bin/zsh\nbroken:line\nnone:x:1001:1001::/home/none:\n+::::::\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"ann": "/bin/zsh", "none": "/bin/sh", "broken": "/bin/sh", "elsewhere": "/bin/sh"} {
		if got := loginShell(file, name); got != want {
			t.Errorf("%s has the shell %q, want %q", name, got, want)
		}
	}
	if got := loginShell(file+".missing", "ann"); got != "/bin/sh" {
		t.Errorf("without the file: %q", got)
	}
}

func TestVarsOfAnAccount(t *testing.T) {
	v := Vars(&Account{Name: "ann", UID: 1000, Home: "/home/ann/"})
	if v.User != "ann" || v.UID != 1000 || v.Home != "/home/ann" {
		t.Errorf("user %q, uid %d, home %q", v.User, v.UID, v.Home)
	}
}
