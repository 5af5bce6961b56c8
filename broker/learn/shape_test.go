package learn

import (
	"slices"
	"strings"
	"testing"
)

func TestShaped(t *testing.T) {
	isPID := func(n int) bool { return n == 4711 }
	for _, tc := range []struct {
		name  string
		loose bool
		want  string
		kinds string
	}{
		{"main.c", false, "main.c", ""},
		{"libfoo.so.6", false, "libfoo.so.*", kindVersion},
		{"libfoo.so.1.2.3", false, "libfoo.so.*", kindVersion},
		{"python3.11", false, "python3.*", kindVersion},
		{"left-pad-1.3.0.tgz", false, "left-pad-*.tgz", kindVersion},
		{"v1.2.3", false, "v*", kindVersion},
		{"app-1.2.0-rc1", false, "app-*", kindVersion},
		{"chapter1.txt", false, "chapter1.txt", ""},
		{"sha256sum", true, "sha256sum", ""},
		{"x86_64-linux-gnu", true, "x86_64-linux-gnu", ""},
		{"3f2504e0-4f89-11d3-9a0c-0305e82c3301.sock", false, "*.sock", kindUUID},
		{"0123abcd9ef0", false, "*", kindHash},
		{"deadbeef", false, "deadbeef", ""},
		{"app.4711.lock", false, "app.*.lock", kindPID},
		{"app.4712.lock", false, "app.4712.lock", ""},
		{"12", false, "*", kindNumber},
		{"go-build1234567", false, "go-build*", kindNumber},
		{"log-2026-11-23.txt", false, "log-*.txt", kindTime},
		{"dump20261123T203002Z", false, "dump*", kindTime},
		{"2026-99-99", false, "2026-99-99", ""},
		{"ccAb3dEf.s", true, "cc*.s", kindTemporary},
		{"ccAb3dEf.s", false, "ccAb3dEf.s", ""},
		{"ccabcdef.o", true, "cc*.o", kindTemporary},
		{"tmp.Ab3dEf9hIj", true, "tmp.*", kindTemporary},
		{"tmpab_3d9xz", true, "tmp*", kindTemporary},
		{"tmp_obj_x7Yd2Q", true, "tmp_obj_*", kindTemporary},
		{"MyFile2.txt", true, "MyFile2.txt", ""},
		{"config.json", true, "config.json", ""},
		{"a-4711-0123abcd9ef0", false, "a-*", kindHash + "," + kindPID},
		{"odd*name", false, `odd\*name`, ""},
		{"a[1]", false, "a?1?", ""},
	} {
		got, kinds := shaped(tc.name, tc.loose, isPID)
		slices.Sort(kinds)
		if got != tc.want || strings.Join(kinds, ",") != tc.kinds {
			t.Errorf("%q (loose %v): %q %v, want %q %s", tc.name, tc.loose, got, kinds, tc.want, tc.kinds)
		}
	}
}
