package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"seccomp-broker/broker"
	"seccomp-broker/broker/audit"
	"seccomp-broker/broker/profile"
	"seccomp-broker/rules"

	"github.com/spf13/cobra"
)

const exportLong = `export writes the kernel part of a policy as a seccomp profile for a container
runtime: what the kernel lets pass, refuses or kills by itself, and the calls
that it hands to an agent (SCMP_ACT_NOTIFY). The rules about paths and
addresses stay with the agent: a profile cannot say them.

Formats:
  oci      the object linux.seccomp of a bundle's config.json; also a kubelet's
           profile for type Localhost, and containerd's --seccomp-profile
  docker   for docker run --security-opt seccomp=FILE. Docker 20.10 drops the
           listener from a profile; its notified calls answer ENOSYS then
  podman   for podman run --security-opt seccomp=FILE
  k8s      a SeccompProfile of the security-profiles-operator

Without --listener the runtime has nobody to hand notified calls to: crun
answers them with ENOSYS, and runc does not start the container. The profile is
for x86-64; calls of other architectures end the process.`

const exportExample = `  broker export --listener /run/broker.sock app.hcl >profile.json
  broker export --format k8s --name web -o web.json app.hcl`

const exportAfter = `Exit status:
  0    done
  64   the command line is wrong
  65   a rules file is wrong
  66   a rules file cannot be read
  73   the output cannot be written; a file is as it was
`

type exportOptions struct {
	format, listener, metadata, name, output string
}

func newExport() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:         "export [flags] FILE...",
		Short:       "Write a policy's kernel part as a container's seccomp profile",
		Long:        exportLong,
		Example:     exportExample,
		Annotations: map[string]string{afterKey: exportAfter},
		Args:        atLeastOneFile,

		DisableFlagsInUseLine: true,
		ValidArgsFunction:     completeRules,
		RunE:                  func(cmd *cobra.Command, files []string) error { return o.run(cmd, files) },
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", string(profile.OCI), "`format`: "+formatNames())
	f.StringVar(&o.listener, "listener", "", "the agent's `socket`, an absolute path")
	f.StringVar(&o.metadata, "metadata", "", "`text` that the runtime passes on to the agent, which chooses its rules by it")
	f.StringVar(&o.name, "name", "", "`name` of the object, only with --format k8s")
	addOutput(cmd, &o.output)
	_ = cmd.RegisterFlagCompletionFunc("format", fixed(strings.Split(formatNames(), ", ")...))
	return cmd
}

func formatNames() string {
	var names []string
	for _, f := range profile.Formats() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// atLeastOneFile is for commands about rule files that they are given.
func atLeastOneFile(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return nil
	}
	return exitf(statusUsage, "name the rules file, for example: %s app.hcl", cmd.CommandPath())
}

// maxObjectName and objectName are what Kubernetes takes for a name: RFC 1123.
// The length is no part of the expression, and that is compiled when it is
// needed: {0,251} is 251 copies, and took 0.8 ms of every start of every command.
const maxObjectName = 253

var objectName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`)
})

func (o *exportOptions) check() error {
	format := profile.Format(o.format)
	switch {
	case !slices.Contains(profile.Formats(), format):
		return exitf(statusUsage, "there is no format %q; there are %s", o.format, formatNames())
	case o.listener != "" && !strings.HasPrefix(o.listener, "/"):
		return exitf(statusUsage, "--listener %s: the runtime has another working directory; write an absolute path", audit.Quote(o.listener))
	case o.metadata != "" && o.listener == "":
		return exitf(statusUsage, "--metadata is for the agent; add --listener")
	case format == profile.Kubernetes && (len(o.name) > maxObjectName || !objectName().MatchString(o.name)):
		return exitf(statusUsage, "--format k8s needs a --name of lower case letters, digits, - and ., not %q", o.name)
	case format != profile.Kubernetes && o.name != "":
		return exitf(statusUsage, "--name is for --format k8s; the other formats have none")
	}
	return nil
}

func (o *exportOptions) run(cmd *cobra.Command, files []string) error {
	if err := o.check(); err != nil {
		return err
	}
	policy, err := loadPolicy(files, "", nil)
	if err != nil {
		return err
	}
	// In a container the target may become another user.
	p, err := profile.Export(broker.Plan(policy, true), profile.Listener{Path: o.listener, Metadata: o.metadata})
	if err != nil {
		return exitf(statusData, "%w", err)
	}
	if o.listener == "" {
		fmt.Fprintln(os.Stderr, "broker: no --listener: nobody decides about files and addresses, and every call that names one fails")
	}
	if policy.Mode() == rules.Monitor {
		fmt.Fprintln(os.Stderr, "broker: the mode of the rules, monitor, is the agent's matter; the profile refuses what the kernel refuses")
	}
	text, err := profile.Encode(p, profile.Format(o.format), o.name)
	if err != nil {
		return exitf(statusSoftware, "%w", err)
	}
	return writeOutput(cmd, o.output, text)
}
