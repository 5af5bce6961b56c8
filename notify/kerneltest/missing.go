package kerneltest

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// Kernel gives the running kernel's version. Only tests look at it: programs
// try what they need.
func Kernel(t testing.TB) (major, minor int) {
	t.Helper()
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d", &major, &minor); err != nil {
		t.Fatal(err)
	}
	return major, minor
}

var since = regexp.MustCompile(`\(Linux (\d+)\.(\d+)\)$`)

// Missing skips a test that found a feature of the kernel to be missing. Where
// the feature's name ends in the release that brought it, as in "pidfd_getfd
// (Linux 5.6)", a kernel that is no older fails the test: there the feature is
// broken or was not looked for as it should, which a skip would hide.
func Missing(t testing.TB, feature string) {
	t.Helper()
	if m := since.FindStringSubmatch(feature); m != nil {
		first, _ := strconv.Atoi(m[1])
		second, _ := strconv.Atoi(m[2])
		if major, minor := Kernel(t); major > first || major == first && minor >= second {
			t.Fatalf("Linux %d.%d should have what is missing: %s", major, minor, feature)
		}
	}
	t.Skip("missing: " + feature)
}
