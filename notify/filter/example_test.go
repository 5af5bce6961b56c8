package filter_test

import (
	"fmt"

	"golang.org/x/sys/unix"

	"seccomp-broker/notify/filter"
)

// What a plan means for single calls can be asked without installing it.
func Example() {
	program, err := filter.Compile(filter.Spec{
		Notify: []string{"@file", "@exec"},
		Deny:   []filter.Denial{{Name: "personality", Errno: int(unix.ENOSYS)}},
		Kill:   []string{"kexec_load"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"read", "openat", "personality", "kexec_load", "ptrace"} {
		call, _ := filter.ByName(name)
		fmt.Printf("%s: %v\n", name, program.Run(filter.Data{
			Nr:   int32(call.Number),
			Arch: unix.AUDIT_ARCH_X86_64,
		}))
	}
	// Output:
	// read: allow
	// openat: notify
	// personality: errno ENOSYS
	// kexec_load: kill process
	// ptrace: errno EPERM
}

// A plan's mistakes are all reported, each with its entry.
func ExampleCompile_errors() {
	_, err := filter.Compile(filter.Spec{
		Allow:  []string{"@default", "openat", "clone3"},
		Notify: []string{"file"},
	})
	fmt.Println(err)
	// Output:
	// allow: openat is mediated; write an allow block instead
	// allow: clone3 can not be allowed: its flags are in memory, where a filter cannot read them; the C library falls back to clone
	// notify: "file" is a group: write "@file"
}
