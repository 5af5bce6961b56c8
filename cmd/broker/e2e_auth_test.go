package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// authCases are those of testdata/victims/auth.c. The second list needs
// rights that only root has.
var (
	authCases     = []string{"mounts", "places", "flags", "umask", "devices", "capabilities", "fsuid"}
	authRootCases = []string{"thread", "seteuid", "chroot", "namespace"}
)

// authDifferences are answers that differ on purpose.
var authDifferences = []difference{
	{`^  (from a descriptor outside|above it|unlink outside|link from outside|outside by|above the working)`, "ok", "EACCES",
		"rules have no name for a place outside of the target's root directory"},
	{`^  mine/tool2$`, ".*", ".*", "the link from outside was refused"},
}

// TestAuthority makes every class of call in places where the kernel has the
// last word: read-only, noexec, nodev and nosymfollow mounts, a full disk,
// immutable and append-only files, sticky, set-group-ID and ACL directories,
// device nodes; as root, as an ordinary user, and as what root can become.
// Every answer, and everything that is left, is as natively.
func TestAuthority(t *testing.T) {
	asRoot(t) // skips where there is none: the places are mounts
	for uid, cases := range map[int][]string{0: append(authCases, authRootCases...), nobody: authCases} {
		for _, name := range cases {
			t.Run(fmt.Sprintf("%d/%s", uid, name), func(t *testing.T) {
				w := asRoot(t)
				if err := os.Chmod(filepath.Dir(w.log), 0o777); err != nil {
					t.Fatal(err)
				}
				ground := []string{victim(t, "auth-ground"), strconv.Itoa(uid)}
				args := []string{victim(t, "auth"), name}
				native := w.run(t, append(ground, args...)...)
				if native.Status != 0 || native.Stderr != "" {
					t.Fatalf("natively status %d: %s\n%s", native.Status, tail(native.Stdout), native.Stderr)
				}
				w.reset(t, "")
				broker := w.run(t, append(ground, w.underBroker(t, w.authPolicy(t), args...)...)...)
				if broker.Status != 0 || broker.Stderr != "" {
					t.Errorf("under the broker status %d: %s\n%s", broker.Status, tail(broker.Stdout), broker.Stderr)
				}
				compareCalls(t, native.Stdout, broker.Stdout, authDifferences)
			})
		}
	}
}

// authPolicy allows everything, other root directories and mounts included,
// and names the device nodes, both from here and from another root directory.
func (w *workspace) authPolicy(t *testing.T) string {
	t.Helper()
	places := "mine,theirs,open,sticky,group,listed,write-only,read-only,readonly,noexec,nodev,nosymfollow,small,immutable,appended,fixed"
	text := fmt.Sprintf(`syscalls {
  allow = ["@default", "chroot", "unshare", "mount", "umount2"]
}
allow "everything" {
  access = [%[1]s]
  path   = ["/**"]
}
allow "device nodes" {
  access = [%[1]s]
  path   = [
    "%[2]s/ground/{%[3]s}/{device,block}",
    "/open/{device,block}",
    "%[2]s/ground/devices/{null,zero,full,tty,nothing,block,whiteout}",
    "%[2]s/ground/outside/linked",
  ]
}
`, classList(""), w.work, places)
	file := filepath.Join(w.base, "authority.hcl")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestAuthorityNeedsIdentity breaks the comparison on purpose: what root may
// do is not what nobody may, so a broker that lent its rights would be seen.
func TestAuthorityNeedsIdentity(t *testing.T) {
	w := asRoot(t)
	outputs := map[int]string{}
	for _, uid := range []int{0, nobody} {
		w.reset(t, "")
		o := w.run(t, victim(t, "auth-ground"), strconv.Itoa(uid), victim(t, "auth"), "places")
		outputs[uid] = o.Stdout
	}
	differ := 0
	theirs := strings.Split(outputs[nobody], "\n")
	for i, line := range strings.Split(outputs[0], "\n") {
		if i < len(theirs) && strings.Contains(line, ": ") && line != theirs[i] {
			differ++
		}
	}
	if differ < 100 {
		t.Errorf("%d lines differ between root and nobody: the places prove nothing", differ)
	}
}
