package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func busyboxSuites() []suite {
	return []suite{{
		name: "busybox", quick: true, limit: 5 * time.Minute,
		prepare: buildBusybox, stage: stageBusybox, outcomes: busyboxOutcomes,
	}}
}

func (b *bench) busybox() string { return filepath.Join(b.cache, "busybox") }

// buildBusybox fetches Debian's source package and builds it with everything
// in. apt reads a list of sources of its own and keeps its state in the cache, so
// that the machine's configuration stays as it is.
func buildBusybox(ctx context.Context, b *bench, _ suite) error {
	dir := b.busybox()
	if _, err := os.Stat(filepath.Join(dir, "built", "busybox")); err == nil {
		return nil
	}
	say("building busybox")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "apt/lists/partial"), 0o755); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "apt/cache/archives/partial"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "apt/sources.list"), []byte(debianSource), 0o644); err != nil {
		return err
	}
	for _, step := range []string{
		aptGet + "update", aptGet + "source busybox", "mv busybox-*/ source",
		"make -C source defconfig", "make -C source -j2", "mv source built",
	} {
		cmd := exec.CommandContext(ctx, "sh", "-ec", step)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		if err := output(cmd); err != nil {
			return err
		}
	}
	return nil
}

const (
	debianSource = "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main\n"
	aptGet       = "apt-get -q -o Dir::Etc::sourcelist=$PWD/apt/sources.list -o Dir::Etc::sourceparts=/dev/null " +
		"-o Dir::State::lists=$PWD/apt/lists -o Dir::Cache=$PWD/apt/cache -o APT::Sandbox::User=root "
)

// stageBusybox gives every run a copy: the suite writes beside itself.
func stageBusybox(b *bench, _ suite, f folder) (command, error) {
	built := filepath.Join(b.busybox(), "built")
	cmd := exec.Command("cp", "-a", "busybox", ".config", "scripts", "testsuite", f.join("tmp"))
	cmd.Dir = built
	if err := output(cmd); err != nil {
		return command{}, err
	}
	if err := f.user.own(f.join("tmp")); err != nil {
		return command{}, err
	}
	applets := strings.Fields(b.only)
	if b.quick && b.only == "" {
		var err error
		if applets, err = lightApplets(f.join("tmp/testsuite")); err != nil {
			return command{}, err
		}
	}
	return command{dir: f.join("tmp/testsuite"), argv: append([]string{"/bin/sh", "./runtest", "-v"}, applets...)}, nil
}

// lightApplets are those with tests, without the ones that compute: they take
// most of the time and hardly call the kernel.
func lightApplets(testsuite string) ([]string, error) {
	const heavy = " bc factor md5sum sha1sum sha256sum sha3sum sha512sum "
	entries, err := os.ReadDir(testsuite)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".tests")
		if (ok || e.IsDir()) && !strings.Contains(heavy, " "+name+" ") {
			list = append(list, name)
		}
	}
	return slices.Compact(list), nil
}

// busyboxOutcomes reads testing.sh's and runtest's words. A name may come more
// than once.
func busyboxOutcomes(_ suite, _ folder, log []byte) (outcomes, error) {
	found := outcomes{}
	for raw := range bytes.SplitSeq(log, []byte{'\n'}) {
		word, name, ok := strings.Cut(string(raw), ": ")
		if !ok {
			continue
		}
		switch word {
		case "PASS":
			found.add(name, passed)
		case "FAIL":
			found.add(name, failed)
		case "SKIPPED", "UNTESTED":
			found.add(name, skipped)
		}
	}
	return found, nil
}
