package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seccomp-broker/broker/audit"
	"seccomp-broker/rules"

	"github.com/bmatcuk/doublestar/v4"
)

// otherUse is a second, different but reasonable use of a program, for the
// figures in testdata/learn.
var otherUse = map[string][]string{
	"bash":   {"/bin/bash", "-c", "seq 9 | tac | head -3 >rev.txt; cp rev.txt copy.txt; mv copy.txt b.txt; cut -c1 b.txt | sort -r; ls -l >list; rm b.txt"},
	"python": {"/usr/bin/python3", "-c", "import helper, csv, zlib, html, datetime; open('new.csv','w').write('a,b'); print(zlib.crc32(b'x'))"},
	"gcc":    {"/bin/sh", "-c", "gcc -O2 -g -S main.c && gcc -O1 -c greet.c -o other.o && gcc main.c greet.c -lm -o other && ./other"},
	"make":   {"/bin/sh", "-c", "make -B -j2 && make -n >plan && touch greet.h && make"},
	"git":    {"/bin/sh", "-c", "git init -q p && cd p && git config user.email a@b && git config user.name a && echo 1 >x && git add x && git commit -qm 1 && git checkout -qb t && echo 2 >x && git stash -q && git stash pop -q && git diff --stat && git log -1 --format=%s && git gc -q"},
	"go":     {"/bin/sh", "-c", "go vet ./... ; go build -o other . && ./other </dev/null; go list ./..."},
	"node":   {"/usr/bin/node", "-e", "const fs=require('fs'),z=require('zlib');fs.writeFileSync('o.gz',z.gzipSync('x'));fs.mkdirSync('nd');console.log(fs.readdirSync('.').length)"},
	"tar":    {"/bin/sh", "-c", "mkdir d && echo 1 >d/a && tar czf d.tgz d && mkdir e && tar xzf d.tgz -C e && tar tzf d.tgz && tar cjf d.tbz d; ls e/d"},
	"sqlite": {"/bin/sh", "-c", "sqlite3 other.db 'create table t(a); insert into t values(1),(2); select sum(a) from t;' && sqlite3 other.db .dump >dump.sql"},
}

// TestLearnPrograms has the broker learn from each program twice, and then runs
// it under what was learned: the same comes out, and nothing is refused.
func TestLearnPrograms(t *testing.T) {
	var table [][]string
	for _, p := range realPrograms {
		t.Run(p.name, func(t *testing.T) {
			for _, who := range identities() {
				t.Run(who.name, func(t *testing.T) {
					row := p.learnAndEnforce(t, who)
					if len(table) == 0 || table[len(table)-1][0] != p.name {
						table = append(table, row)
					}
				})
			}
		})
	}
	if *updateDocs && !t.Failed() {
		writeLearnTable(t, table)
	}
}

func (p program) learnAndEnforce(t *testing.T, who identity) []string {
	w := newWorkspace(t, who)
	if p.env != nil {
		w.env = append(w.env, p.env(t, w)...)
	}
	learned := filepath.Join(filepath.Dir(w.log), "learned.hcl")
	native := p.runOnce(t, w, p.command)
	line := append([]string{brokerBinary(t), "learn", "-q", "-o", learned, "--"}, p.command...)
	for range 2 {
		compareOutcomes(t, native, p.runOnce(t, w, line))
	}
	text, err := os.ReadFile(learned)
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"validate", "lint"} {
		if o := w.run(t, brokerBinary(t), command, learned); o.Status != 0 || o.Stderr != "" && command == "lint" {
			t.Errorf("%s: status %d\n%s%s", command, o.Status, o.Stdout, o.Stderr)
		}
	}
	enforce := []string{brokerBinary(t), "--rules", learned, "--quiet", "--log", w.log, "--log-format", "json", "--log-allowed", "--"}
	compareOutcomes(t, native, p.runOnce(t, w, append(enforce, p.command...)))
	w.checkNoRefusals(t, nil)
	observed := w.decidedBy(t, learned)
	granted := w.grants(t, learned)
	_ = os.Remove(w.log)
	p.runOnce(t, w, append(enforce, otherUse[p.name]...))
	refused := w.refusedPlaces(t)
	if t.Failed() {
		t.Logf("learned:\n%s", text)
	}
	lines := bytes.Count(text, []byte("\n"))
	_, extends, _ := strings.Cut(string(text), "extends = [")
	extends, _, _ = strings.Cut(extends, "]")
	return []string{p.name, strings.ReplaceAll(extends, `"`, ""), fmt.Sprint(strings.Count(string(text), "allow \"")), fmt.Sprint(lines), fmt.Sprint(observed), fmt.Sprint(granted),
		fmt.Sprint(len(refused)), strings.Join(refused[:min(len(refused), 4)], ", ")}
}

// decidedBy counts the paths that the learned rules allowed.
func (w *workspace) decidedBy(t *testing.T, file string) int {
	t.Helper()
	paths := map[string]bool{}
	r, err := audit.OpenReader(w.log)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		e, err := r.Next()
		if err != nil {
			break
		}
		if e.Rule != nil && e.Rule.File == file {
			paths[e.Path+e.Address] = true
		}
	}
	return len(paths)
}

// grants counts the files of this machine that the learned rules open.
func (w *workspace) grants(t *testing.T, file string) int {
	t.Helper()
	options := ruleOptions([]string{file}, rules.Vars{Home: w.home, Cwd: w.work, Project: w.work, Tmp: w.tmp, UID: w.who.uid, User: w.who.name})
	policy, diags := rules.Load(options)
	if diags.HasErrors() {
		t.Fatal(diags.All())
	}
	paths := map[string]bool{}
	for _, r := range policy.Rules() {
		if r.File != file {
			continue
		}
		for _, pattern := range r.Patterns {
			found, err := doublestar.FilepathGlob(pattern)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				paths[f] = true
			}
			if len(found) == 0 {
				paths[pattern] = true // something that came and went
			}
		}
	}
	return len(paths)
}

// refusedPlaces lists what was refused, each place once.
func (w *workspace) refusedPlaces(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, e := range w.audit(t) {
		if e.Action == "denied" {
			all = append(all, fmt.Sprintf("%s `%s`", e.Access, strings.NewReplacer(w.work, "${cwd}", w.tmp, "${tmp}", w.home, "${home}").Replace(e.Path+e.Address)))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

const learnTable = "../../testdata/learn/README.md"

func writeLearnTable(t *testing.T, table [][]string) {
	t.Helper()
	var b strings.Builder
	b.WriteString(`# What learning gives

Written by ` + "`go test ./cmd/broker -run TestLearnPrograms -update`" + ` on a Debian 12 system. Each program in
testdata/victims is run twice under ` + "`broker learn`" + `, and then under what was learned: its output, its
exit status and its files are the native ones, and nothing is refused.

*observed* counts the different paths that the learned rules allowed in that run, beside what
the built-in sets allow; *granted* the files of the machine that they open, with a pattern that
matches nothing now counted as one. *refused* is how many different places a second, different use of the
same program asked for in vain before it gave up.

| program | extends | rules | lines | observed | granted | refused | such as |
| --- | --- | --- | --- | --- | --- | --- | --- |
`)
	for _, row := range table {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	if err := os.MkdirAll(filepath.Dir(learnTable), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(learnTable, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
