package syscalls

import (
	"strings"
	"testing"

	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

func TestAsks(t *testing.T) {
	const rd, wr, cr, rm = rules.Read, rules.Write, rules.Create, rules.Remove
	for _, tt := range []struct {
		call, flags string
		want        Asked
	}{
		{"open", "", Asked{First: rd, Follow: true}},
		{"openat", "O_WRONLY|O_CREAT", Asked{First: wr, Missing: cr, Follow: true}},
		{"openat2", "O_RDWR | O_CREAT | O_EXCL", Asked{First: rd | wr, Missing: cr}},
		{"openat", "O_RDONLY|O_TRUNC|O_NOFOLLOW", Asked{First: rd | wr}},
		{"openat", "O_RDWR|O_TMPFILE", Asked{First: rd | wr | cr, Temporary: true, Follow: true}},
		{"openat", "O_PATH", Asked{Follow: true}},
		{"openat", "0x241", Asked{First: wr, Missing: cr, Follow: true}},
		{"creat", "", Asked{First: wr, Missing: cr, Follow: true}},
		{"rename", "", Asked{First: rd | rm, Second: cr, Replaced: wr}},
		{"renameat2", "RENAME_EXCHANGE", Asked{First: rd | rm | cr, Second: cr | rm | rd, Replaced: wr}},
		{"renameat2", "RENAME_WHITEOUT", Asked{First: rd | rm | cr, Second: cr, Replaced: wr}},
		{"link", "", Asked{First: rd, Second: cr}},
		{"linkat", "AT_SYMLINK_FOLLOW", Asked{First: rd, Second: cr, Follow: true}},
		{"unlink", "", Asked{First: rm}},
		{"lchown", "", Asked{First: rules.Attr}},
		{"fchownat", "AT_SYMLINK_NOFOLLOW", Asked{First: rules.Attr}},
		{"statx", "", Asked{First: rules.Stat, Follow: true}},
		{"connect", "", Asked{First: rules.Connect, Address: true}},
		{"bind", "", Asked{First: rules.Bind, File: cr, Address: true}},
		{"execve", "", Asked{First: rules.Exec, Follow: true}},
	} {
		got, err := Asks(tt.call, tt.flags)
		if err != nil || got != tt.want {
			t.Errorf("%s %s: %+v, %v, want %+v", tt.call, tt.flags, got, err, tt.want)
		}
	}
	for _, bad := range [][2]string{{"read", ""}, {"openat", "O_WRONLY|O_NOPE"}, {"mkdir", "O_CREAT"}, {"creat", "O_EXCL"}, {"openat", "x"}, {"openat", "|"}} {
		if a, err := Asks(bad[0], bad[1]); err == nil {
			t.Errorf("%q: %+v", bad, a)
		}
	}
}

// Each mediated call can be asked about, and asks for nothing but the classes
// of its row.
func TestAsksAll(t *testing.T) {
	for _, c := range Table(false) {
		a, err := Asks(c.Name, "")
		if err != nil {
			t.Error(err)
			continue
		}
		all := a.First | a.Second | a.Missing | a.Replaced | a.File
		if all == 0 || all&^c.Access != 0 {
			t.Errorf("%s asks for %s, its row has %s", c.Name, all, c.Access)
		}
		if two := strings.Contains(c.Signature, "path2"); two != (a.Second != 0) {
			t.Errorf("%s: second path %v", c.Name, two)
		}
	}
}

// Flags are read as records write them.
func TestFlagsRoundTrip(t *testing.T) {
	known := flagsOf(&table[1])
	for _, flags := range []uint64{0, unix.O_RDWR, 3, unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL, unix.O_TMPFILE | unix.O_RDWR,
		unix.O_SYNC | unix.O_WRONLY, unix.O_DSYNC, unix.O_PATH | unix.O_DIRECTORY | unix.O_NOFOLLOW, 1 << 30} {
		text := string(appendOpenFlags(nil, flags))
		if got, err := parseFlags(text, known); err != nil || got != flags {
			t.Errorf("%#x is written %s, and read %#x, %v", flags, text, got, err)
		}
	}
}
