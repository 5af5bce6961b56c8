package filter

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestTableIsWellFormed(t *testing.T) {
	names, last := map[string]bool{}, -1
	for _, s := range Table() {
		if s.Number <= last {
			t.Errorf("%s: number %d follows %d", s.Name, s.Number, last)
		}
		last = s.Number
		if names[s.Name] {
			t.Errorf("%s: twice", s.Name)
		}
		names[s.Name] = true
		if s.Errno <= 0 || s.Errno > maxErrno {
			t.Errorf("%s: errno %d", s.Name, s.Errno)
		}
		needsReason := s.Disposition == Never || s.Disposition == Refused
		if needsReason != (s.Reason != "") {
			t.Errorf("%s is %v, reason %q", s.Name, s.Disposition, s.Reason)
		}
		if got := slices.Contains(s.Groups, "@default"); got != (s.Disposition == Default || s.Disposition == Stat) {
			t.Errorf("%s is %v, in @default: %v", s.Name, s.Disposition, got)
		}
		for _, g := range s.Groups {
			if !strings.HasPrefix(g, "@") || !Known(g) {
				t.Errorf("%s: group %q", s.Name, g)
			}
		}
	}
	if len(names) != 385 || last != 471 {
		t.Errorf("%d calls up to %d, want 385 up to 471", len(names), last)
	}
}

// Every guard and every list must name calls that exist, and a check for any
// bit looks at the lower word only.
func TestGuardsNameCalls(t *testing.T) {
	for _, set := range []map[string]guard{guards, unjudgedNetwork, openNetwork} {
		for name, g := range set {
			if _, ok := ByName(name); !ok {
				t.Errorf("guard for unknown call %q", name)
			}
			if g.lift != "" && !Known(g.lift) {
				t.Errorf("%s: lifted by unknown group %q", name, g.lift)
			}
			for _, c := range g.clauses {
				for _, k := range c.when {
					if k.value&^k.mask != 0 || k.any && k.mask > low {
						t.Errorf("%s: check %+v never holds as meant", name, k)
					}
				}
			}
		}
	}
	for name := range openNetwork {
		if _, ok := guards[name]; ok {
			t.Errorf("%s: two guards, the second has no effect", name)
		}
	}
	for _, name := range slices.Concat(networkTriggers, networkCalls) {
		if _, ok := ByName(name); !ok {
			t.Errorf("network list names unknown call %q", name)
		}
	}
}

func TestLookups(t *testing.T) {
	read, ok := ByName("read")
	if !ok || read.Number != 0 || read.Disposition != Default {
		t.Errorf("ByName(read) = %+v, %v", read, ok)
	}
	for _, name := range []string{"", "Read", "sys_read", "@default", "opnat"} {
		if s, ok := ByName(name); ok {
			t.Errorf("ByName(%q) = %+v", name, s)
		}
	}
	for _, nr := range []int{-1, 337, 400, 423, 472, 1 << 30} {
		if s, ok := ByNumber(nr); ok {
			t.Errorf("ByNumber(%d) = %+v", nr, s)
		}
	}
	if s, ok := ByNumber(257); !ok || s.Name != "openat" {
		t.Errorf("ByNumber(257) = %+v, %v", s, ok)
	}
	for entry, want := range map[string]bool{"read": true, "@debug": true, "debug": false, "": false, "@": false} {
		if Known(entry) != want {
			t.Errorf("Known(%q) = %v", entry, !want)
		}
	}
	if !slices.IsSorted(Names()) || !slices.IsSorted(Groups()) || len(Names()) != len(Table()) {
		t.Error("Names or Groups not sorted or not complete")
	}
	if s, _ := ByName("clone"); s.Lift != "@namespace" || !s.Conditional {
		t.Errorf("clone = %+v", s)
	}
}

// A caller that changes what it got must not change the table.
func TestTableIsACopy(t *testing.T) {
	s, _ := ByName("ptrace")
	s.Groups[0] = "@default"
	Table()[0].Groups[0] = "@mine"
	if again, _ := ByName("ptrace"); again.Groups[0] != "@debug" {
		t.Error("ByName shares its groups")
	}
	if Table()[0].Groups[0] != "@default" {
		t.Error("Table shares its groups")
	}
}

// The C library's header is an outside witness for the numbers it knows.
func TestNumbersAgreeWithHeader(t *testing.T) {
	var text []byte
	for _, dir := range []string{"/usr/include/x86_64-linux-gnu/asm", "/usr/include/asm"} {
		if raw, err := os.ReadFile(dir + "/unistd_64.h"); err == nil {
			text = raw
			break
		}
	}
	if text == nil {
		t.Fatal("no asm/unistd_64.h: install linux-libc-dev")
	}
	defines := regexp.MustCompile(`(?m)^#define __NR_(\w+) (\d+)$`).FindAllStringSubmatch(string(text), -1)
	if len(defines) < 350 {
		t.Fatalf("header defines only %d calls", len(defines))
	}
	for _, m := range defines {
		nr, _ := strconv.Atoi(m[2])
		if s, ok := ByNumber(nr); ok && s.Name != m[1] {
			t.Errorf("%d is %s, header says %s", nr, s.Name, m[1])
		} else if !ok && nr <= 471 {
			t.Errorf("%d (%s) is not in the table", nr, m[1])
		}
	}
}

// These are newer than most headers.
func TestNumbersOfNewCalls(t *testing.T) {
	for name, nr := range map[string]int{
		"uretprobe": 335, "uprobe": 336, "cachestat": unix.SYS_CACHESTAT, "fchmodat2": unix.SYS_FCHMODAT2,
		"map_shadow_stack": 453, "futex_wake": 454, "futex_wait": 455, "futex_requeue": 456,
		"statmount": 457, "listmount": 458, "lsm_get_self_attr": 459, "lsm_set_self_attr": 460,
		"lsm_list_modules": 461, "mseal": 462, "setxattrat": 463, "getxattrat": 464,
		"listxattrat": 465, "removexattrat": 466, "open_tree_attr": 467, "file_getattr": 468,
		"file_setattr": 469, "listns": 470, "rseq_slice_yield": 471,
	} {
		if s, ok := ByName(name); !ok || s.Number != nr {
			t.Errorf("%s = %d, want %d", name, s.Number, nr)
		}
	}
}
