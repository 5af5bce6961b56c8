package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// goPackages are the packages of the Go standard library whose tests reach the
// kernel. What is quick runs for every change.
var goPackages = []struct {
	name  string
	quick bool
	alone bool
	short bool // its long tests compute
}{
	{name: "os", quick: true},
	{name: "os/exec", quick: true},
	{name: "os/signal", alone: true},
	{name: "os/user", quick: true},
	{name: "io/fs", quick: true},
	{name: "io/ioutil", quick: true},
	{name: "path/filepath", quick: true},
	{name: "syscall", quick: true},
	{name: "internal/poll", quick: true},
	{name: "internal/syscall/unix", quick: true},
	{name: "archive/tar", quick: true},
	{name: "archive/zip", short: true},
	{name: "testing/fstest", quick: true},
	{name: "embed/internal/embedtest"},
	{name: "mime"},
	{name: "mime/multipart"},
	{name: "debug/elf"},
	{name: "go/build"},
	{name: "log/syslog"},
	{name: "net", alone: true},
	{name: "net/http", short: true},
	{name: "net/http/fcgi"},
	{name: "net/rpc", quick: true},
	{name: "net/smtp", quick: true},
	{name: "net/textproto"},
	{name: "time", alone: true},
	{name: "crypto/x509"},
	{name: "cmd/go/internal/lockedfile"},
}

// slow are tests that take minutes together and are left out where that matters.
const slow = "^(TestExecutableDeleted|TestRootMultiRename|TestRootMultiLink|TestUnshareMountNameSpaceChroot)$"

func goSuites() []suite {
	var list []suite
	for _, p := range goPackages {
		list = append(list, suite{
			name: "go/" + p.name, quick: p.quick, alone: p.alone,
			prepare: buildGo, outcomes: goOutcomes,
			stage: func(b *bench, s suite, f folder) (command, error) { return stageGo(b, s, f, p.short) },
		})
	}
	return list
}

func (b *bench) goBinary(s suite) string {
	name := strings.ReplaceAll(s.name, "/", "-") + ".test"
	return filepath.Join(b.cache, runtime.Version(), name)
}

// buildGo compiles the tests of a package once for each version of Go.
func buildGo(ctx context.Context, b *bench, s suite) error {
	binary := b.goBinary(s)
	if _, err := os.Stat(binary); err != nil {
		say("building %s", s.name)
		cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-o", binary, strings.TrimPrefix(s.name, "go/"))
		cmd.Env = append(os.Environ(), "GOFLAGS=")
		if err := output(cmd); err != nil {
			return err
		}
	}
	return place(binary, filepath.Join(b.work, filepath.Base(binary)))
}

// stageGo runs a test binary in the folder of its sources, as go test does.
func stageGo(b *bench, s suite, f folder, short bool) (command, error) {
	root, err := goRoot()
	if err != nil {
		return command{}, err
	}
	// Some tests build programs. All runs of a user share the cache for that.
	cache := filepath.Join(b.work, "gocache-"+f.user.name)
	if err := os.Mkdir(cache, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return command{}, err
	} else if err == nil {
		if err := f.user.own(cache); err != nil {
			return command{}, err
		}
	}
	argv := []string{
		filepath.Join(b.work, filepath.Base(b.goBinary(s))),
		"-test.v=test2json", "-test.paniconexit0", fmt.Sprintf("-test.timeout=%s", s.limit),
	}
	if b.only != "" {
		argv = append(argv, "-test.run="+b.only)
	}
	if b.quick || short {
		argv = append(argv, "-test.short")
	}
	if b.quick {
		argv = append(argv, "-test.skip="+slow)
	}
	return command{
		dir:  filepath.Join(root, "src", strings.TrimPrefix(s.name, "go/")),
		argv: argv,
		env:  []string{"GOROOT=" + root, "GOCACHE=" + cache, "GOFLAGS=", "GOPROXY=off", "GOTOOLCHAIN=local"},
	}, nil
}

func goRoot() (string, error) {
	text, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// goOutcomes reads the lines that -test.v=test2json marks with a SYN, which may
// stand behind output without a newline: cmd/internal/test2json.
func goOutcomes(_ suite, _ folder, log []byte) (outcomes, error) {
	found := outcomes{}
	for marked := range bytes.SplitSeq(log, []byte{0x16}) {
		line, _, _ := bytes.Cut(marked, []byte{'\n'})
		words := strings.Fields(string(line))
		if len(words) < 3 || words[0] != "---" {
			continue
		}
		switch words[1] {
		case "PASS:":
			found.add(words[2], passed)
		case "FAIL:":
			found.add(words[2], failed)
		case "SKIP:":
			found.add(words[2], skipped)
		}
	}
	return found, nil
}
