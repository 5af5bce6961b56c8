package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/seccomp/libseccomp-golang"
	"github.com/spf13/cobra"
)

// version is set by the linker: -X main.version=v1.2.3.
var version = ""

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:         "version",
		Short:       "Print the version of broker and of what it is built on",
		Long:        "version prints one line: the versions of broker, Go and libseccomp.",
		Example:     "  broker version",
		Annotations: map[string]string{afterKey: printAfter},
		Args:        noArguments,

		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "broker %s (%s, %s/%s, libseccomp %s)\n",
				versionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH, libseccompVersion())
			return err
		},
	}
}

// libseccompVersion is that of the library in use, not of its headers.
func libseccompVersion() string {
	major, minor, micro := seccomp.GetLibraryVersion()
	return fmt.Sprintf("%d.%d.%d", major, minor, micro)
}

// versionText is the linker's version, else what the Go command recorded.
func versionText() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return info.Main.Version
}
