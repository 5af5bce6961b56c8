package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"seccomp-broker/notify/filter"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// maxProfile bounds a profile's size. Docker's default has 20 KiB.
const maxProfile = 16 << 20

// document is any of the forms in which profiles are found: OCI's object,
// Docker's with its additions, a bundle's config.json, a Kubernetes resource.
type document struct {
	DefaultAction    specs.LinuxSeccompAction `json:"defaultAction"`
	DefaultErrnoRet  *uint                    `json:"defaultErrnoRet"`
	Architectures    []specs.Arch             `json:"architectures"`
	ArchMap          []archMap                `json:"archMap"`
	ListenerPath     string                   `json:"listenerPath"`
	ListenerMetadata string                   `json:"listenerMetadata"`
	Syscalls         []dockerRule             `json:"syscalls"`

	Linux *struct {
		Seccomp *document `json:"seccomp"`
	} `json:"linux"`

	Kind string    `json:"kind"`
	Spec *document `json:"spec"`
}

type archMap struct {
	Architecture specs.Arch `json:"architecture"`
}

// dockerRule is a rule that may hold under conditions of the container only.
type dockerRule struct {
	specs.LinuxSyscall
	Name     string    `json:"name"` // before Docker 1.12: one name
	Includes dockerSet `json:"includes"`
	Excludes dockerSet `json:"excludes"`
}

type dockerSet struct {
	Caps   []string `json:"caps"`
	Arches []string `json:"arches"`
}

// Decode reads a profile in any of the formats, and gives the rules that hold on
// x86-64 for a container with these capabilities (CAP_SYS_ADMIN and so on).
func Decode(text []byte, capabilities []string) (*specs.LinuxSeccomp, error) {
	if len(text) > maxProfile {
		return nil, fmt.Errorf("the profile has %d bytes, more than %d", len(text), maxProfile)
	}
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, located(text, err)
	}
	return d.profile(capabilities)
}

// located adds the line to an error of the JSON decoder.
func located(text []byte, err error) error {
	offset := int64(-1)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
	}
	if offset < 0 || offset > int64(len(text)) {
		return err
	}
	return fmt.Errorf("line %d: %w", 1+bytes.Count(text[:offset], []byte{'\n'}), err)
}

func (d *document) profile(capabilities []string) (*specs.LinuxSeccomp, error) {
	switch {
	case d.Linux != nil && d.Linux.Seccomp != nil:
		return d.Linux.Seccomp.profile(capabilities)
	case d.Kind == kubernetesKind && d.Spec != nil:
		return d.Spec.profile(capabilities)
	case d.DefaultAction == "":
		return nil, errors.New("there is no defaultAction: this is no seccomp profile (Docker's, podman's, a bundle's config.json, or a SeccompProfile of Kubernetes)")
	}
	p := &specs.LinuxSeccomp{
		DefaultAction: d.DefaultAction, DefaultErrnoRet: d.DefaultErrnoRet,
		ListenerPath: d.ListenerPath, ListenerMetadata: d.ListenerMetadata,
	}
	if !d.forThisMachine() {
		return nil, errors.New("the profile is for other architectures than x86-64")
	}
	for i := range d.Syscalls {
		r := &d.Syscalls[i]
		if r.Name != "" {
			r.Names = append(r.Names, r.Name)
		}
		if len(r.Names) == 0 {
			return nil, fmt.Errorf("rule %d of syscalls names no system call", i+1)
		}
		if r.holds(capabilities) {
			p.Syscalls = append(p.Syscalls, r.LinuxSyscall)
		}
	}
	return p, check(p)
}

// forThisMachine: a runtime adds its own architecture where none is named.
func (d *document) forThisMachine() bool {
	named := slices.Clone(d.Architectures)
	for _, m := range d.ArchMap {
		named = append(named, m.Architecture)
	}
	return len(named) == 0 || slices.Contains(named, specs.ArchX86_64)
}

const thisArch = "amd64" // as Docker calls it

func (r *dockerRule) holds(capabilities []string) bool {
	has := func(name string) bool { return slices.Contains(capabilities, name) }
	switch {
	case len(r.Includes.Arches) > 0 && !slices.Contains(r.Includes.Arches, thisArch),
		slices.Contains(r.Excludes.Arches, thisArch),
		slices.ContainsFunc(r.Excludes.Caps, has):
		return false
	}
	return !slices.ContainsFunc(r.Includes.Caps, func(name string) bool { return !has(name) })
}

// check refuses what this package could only guess the meaning of.
func check(p *specs.LinuxSeccomp) error {
	if _, err := action(p.DefaultAction, p.DefaultErrnoRet, nil); err != nil {
		return fmt.Errorf("defaultAction: %w", err)
	}
	for _, s := range p.Syscalls {
		if _, err := action(s.Action, s.ErrnoRet, p.DefaultErrnoRet); err != nil {
			return fmt.Errorf("%s: %w", s.Names[0], err)
		}
		for _, a := range s.Args {
			if a.Index >= filter.ArgCount {
				return fmt.Errorf("%s: a call has no argument %d", s.Names[0], a.Index)
			}
			if !operators[a.Op] {
				return fmt.Errorf("%s: there is no comparison %q", s.Names[0], a.Op)
			}
		}
	}
	return nil
}
