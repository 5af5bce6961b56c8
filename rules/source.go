package rules

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

const builtinPrefix = "builtin:"

//go:embed builtin/*.hcl
var builtinFiles embed.FS

// Builtins gives the names of the built-in sets, sorted; rules say
// extends = ["builtin:NAME"].
func Builtins() []string {
	entries, err := builtinFiles.ReadDir("builtin")
	if err != nil { // cannot happen: the folder is embedded
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".hcl"))
	}
	return names
}

// Builtin gives the text of a built-in set.
func Builtin(name string) ([]byte, bool) {
	text, err := builtinFiles.ReadFile(path.Join("builtin", path.Base(name)+".hcl"))
	return text, err == nil && path.Base(name) == name
}

// withoutComments blanks the lines of a built-in set that are comments: half of
// the time that HCL takes over a text is the same for every character of a
// token, and none of it falls on spaces. Every position stays.
func withoutComments(src []byte) []byte {
	out := bytes.Clone(src)
	for rest := out; len(rest) > 0; {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		if bytes.HasPrefix(bytes.TrimLeft(line, " "), []byte("#")) {
			for i := range line {
				line[i] = ' '
			}
		}
	}
	return out
}

// maxSource bounds one file: 100,000 rules take about 15 MB.
const maxSource = 32 << 20

// readSource reads a rule file. It never blocks on a pipe, and its errors are
// single lines that name the file and what to do.
func readSource(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case name == "":
		return nil, fmt.Errorf("the name of a file is empty; name a rules file, or a built-in set: %s", builtinList())
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%q does not exist; check the path, which is relative to the file that extends it or to the working directory", name)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%q cannot be reached (permission denied); make its folders searchable for this user", name)
	case err != nil:
		return nil, fmt.Errorf("%q: %w; check the path", name, cause(err))
	case info.IsDir():
		return nil, fmt.Errorf("%q is a directory; name a file in it", name)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%q is not a regular file; write the rules to one first", name)
	case info.Size() > maxSource:
		return nil, tooLarge(name)
	}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%q cannot be read (permission denied); make it readable for this user", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%q: %w; check the path", name, cause(err))
	}
	defer f.Close() // nothing was written
	var src bytes.Buffer
	src.Grow(int(info.Size()) + bytes.MinRead)
	if _, err := src.ReadFrom(io.LimitReader(f, maxSource+1)); err != nil {
		return nil, fmt.Errorf("%q: reading failed: %w", name, cause(err))
	}
	if src.Len() > maxSource {
		return nil, tooLarge(name)
	}
	return src.Bytes(), nil
}

func tooLarge(name string) error {
	return fmt.Errorf("%q has more than %d MiB; split it into several files, or use wildcards", name, maxSource>>20)
}

// cause drops the operation and the path, which the message has already.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// identity is the same for two names of one file. Where the links cannot be
// resolved the name must do: reading it will fail and say why.
func identity(name string) string {
	abs, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	return abs
}
