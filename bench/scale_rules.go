package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// rulesText is a policy of n rules, as different from one another as those that
// people write. One of them allows what is measured.
func rulesText(n int, measured []string) string {
	var b strings.Builder
	b.WriteString("syscalls {\n  allow = [\"@default\"]\n}\n\n")
	writeRule(&b, "allow", "measured", []string{"read", "exec"}, measured)
	for i := 1; i < n; i++ {
		kind := [...]string{"allow", "allow", "deny"}[i%3]
		access := [...][]string{{"read"}, {"read", "write", "create", "remove"}, {"read", "exec"}}[i/3%3]
		path := [...]string{
			"/srv/app%d/data/**", "/home/user%d/.config/*.conf", "/opt/vendor/tool-%d/bin/*", "/var/lib/service%d/state",
			"/var/cache/**/part%d/*.bin", "/etc/app%d.d/{main,local}.conf",
		}[i%6]
		writeRule(&b, kind, fmt.Sprintf("rule %d", i), access, []string{fmt.Sprintf(path, i)})
	}
	return b.String()
}

// pathsText is a policy with one rule of n paths.
func pathsText(n int, measured []string) string {
	var b strings.Builder
	b.WriteString("syscalls {\n  allow = [\"@default\"]\n}\n\n")
	paths := append([]string(nil), measured...)
	for i := len(paths); i < n; i++ {
		paths = append(paths, fmt.Sprintf("/srv/site%d/page-%d/*.html", i%97, i))
	}
	writeRule(&b, "allow", "pages", []string{"read", "exec"}, paths)
	return b.String()
}

func writeRule(b *strings.Builder, kind, name string, access, paths []string) {
	fmt.Fprintf(b, "%s %q {\n  access = [%s]\n  path = [\n    %s,\n  ]\n}\n", kind, name, quoted(access, ", "), quoted(paths, ",\n    "))
}

func quoted(words []string, between string) string {
	var list []string
	for _, w := range words {
		list = append(list, fmt.Sprintf("%q", w))
	}
	return strings.Join(list, between)
}

// filesByDepth makes a file for each number of components that a path can have
// below dir, and returns their names, with the directories to remove again.
// The number is at least that of a file in dir itself.
func filesByDepth(dir string, depths []int) (files map[int]string, remove func(), err error) {
	if dir, err = filepath.EvalSymlinks(dir); err != nil { // rules are about canonical paths
		return nil, nil, err
	}
	made, err := os.MkdirTemp(dir, "broker-bench-")
	if err != nil {
		return nil, nil, err
	}
	shallow := made + ".file"
	remove = func() { _, _ = os.RemoveAll(made), os.Remove(shallow) }
	files = map[int]string{}
	for _, depth := range depths {
		path := shallow
		if more := depth - strings.Count(made, "/") - 1; more >= 0 {
			path = made + strings.Repeat("/dir", more) + "/file.txt"
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			remove()
			return nil, nil, err
		}
		if err := os.WriteFile(path, []byte("text\n"), 0o644); err != nil {
			remove()
			return nil, nil, err
		}
		files[depth] = path
	}
	return files, remove, nil
}
