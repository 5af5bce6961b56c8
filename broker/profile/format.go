package profile

import (
	"encoding/json"
	"fmt"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Format is how a profile is written down.
type Format string

const (
	// OCI is the object linux.seccomp of a bundle's config.json.
	OCI Format = "oci"
	// Docker is a file for --security-opt seccomp=FILE.
	Docker Format = "docker"
	// Podman is the same for podman.
	Podman Format = "podman"
	// Kubernetes is a SeccompProfile of the security-profiles-operator. A
	// kubelet's own Localhost profiles are in the format OCI.
	Kubernetes Format = "k8s"
)

// Formats are all formats, in the order of the documentation.
func Formats() []Format { return []Format{OCI, Docker, Podman, Kubernetes} }

// kubernetesObject is the custom resource of the security-profiles-operator.
type kubernetesObject struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   objectName     `json:"metadata"`
	Spec       kubernetesSpec `json:"spec"`
}

type objectName struct {
	Name string `json:"name"`
}

// kubernetesSpec is OCI's object without defaultErrnoRet, which the resource does
// not have.
type kubernetesSpec struct {
	DefaultAction    specs.LinuxSeccompAction `json:"defaultAction"`
	Architectures    []specs.Arch             `json:"architectures,omitempty"`
	ListenerPath     string                   `json:"listenerPath,omitempty"`
	ListenerMetadata string                   `json:"listenerMetadata,omitempty"`
	Syscalls         []specs.LinuxSyscall     `json:"syscalls,omitempty"`
}

const (
	kubernetesVersion = "security-profiles-operator.x-k8s.io/v1beta1"
	kubernetesKind    = "SeccompProfile"
)

// Encode writes the profile down, with a newline at the end. name is that of the
// object in Kubernetes; the other formats have none.
func Encode(p *specs.LinuxSeccomp, f Format, name string) ([]byte, error) {
	var v any = p
	switch f {
	case OCI, Docker, Podman:
	case Kubernetes:
		v = kubernetesObject{
			APIVersion: kubernetesVersion, Kind: kubernetesKind, Metadata: objectName{name},
			Spec: kubernetesSpec{p.DefaultAction, p.Architectures, p.ListenerPath, p.ListenerMetadata, p.Syscalls},
		}
	default:
		return nil, fmt.Errorf("there is no format %q", f)
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}
