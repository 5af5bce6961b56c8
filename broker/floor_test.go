package broker

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"seccomp-broker/rules"
)

func TestExecFloor(t *testing.T) {
	dir := Canonical(t.TempDir())
	for _, sub := range []string{"tools", "area/build"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("tools", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	policy := func(head, exec, remove string) *rules.Policy {
		text := head + "\nallow \"run\" {\n access = [\"exec\"]\n path = [\"" + dir + exec + "\"]\n}\n"
		if remove != "" {
			text += "allow \"change\" {\n access = [\"remove\"]\n path = [\"" + dir + remove + "\"]\n}\n"
		}
		return loadRules(t, text)
	}
	for _, tc := range []struct {
		name, head, exec, remove, want string // want below dir; "-" for no floor
	}{
		{"a directory", "", "/tools/**", "", "/tools"},
		{"names in a directory", "", "/tools/*.sh", "", "/tools"},
		{"one file, which may be replaced", "", "/tools/run", "", "/tools"},
		{"not there yet", "", "/tools/later/deep/**", "", "/tools"},
		{"the target may replace the directory", "", "/area/build/**", "/area/build/**", "/area"},
		{"and those above it", "", "/area/build/**", "/area/**", ""},
		{"behind a link, which is no executable", "", "/link/**", "", "/tools"},
		{"a link that the target may replace", "", "/link/**", "/link", ""},
		{"monitor mode refuses nothing", `mode = "monitor"`, "/tools/**", "", "-"},
		{"allowed by default", `default = "allow"`, "/tools/**", "", "-"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := execFloor(policy(tc.head, tc.exec, tc.remove), "/bin/sh")
			if tc.want == "-" {
				if got != nil {
					t.Errorf("floor %q, want none", got)
				}
				return
			}
			if tc.name == "behind a link, which is no executable" && slices.Contains(got, dir) {
				t.Errorf("floor %q has the directory of the link", got)
			}
			if !slices.Contains(got, dir+tc.want) {
				t.Errorf("floor %q, want %q among it", got, dir+tc.want)
			}
			if !slices.Contains(got, "/lib64/ld-linux-x86-64.so.2") {
				t.Errorf("floor %q lacks the dynamic loader", got)
			}
		})
	}
	// What is a link on this system has a floor all the same.
	if got := execFloor(loadRules(t, "allow \"run\" {\n access = [\"exec\"]\n path = [\"/bin/**\", \"/lib/**\"]\n}\n"), "/bin/sh"); got == nil {
		t.Error("no floor for /bin/** and /lib/**")
	}
	if got := execFloor(loadRules(t, allowAll), "/bin/sh"); got != nil {
		t.Errorf("floor %q where every place is allowed, want none", got)
	}
}
