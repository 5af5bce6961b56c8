package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lives are the programs, and how each is used in another way.
func lives() []life {
	of := func(name string) networkProgram {
		for _, p := range networkPrograms {
			if p.name == name {
				return p
			}
		}
		for _, p := range realPrograms {
			if p.name == name {
				return networkProgram{program: p}
			}
		}
		panic("no program is called " + name)
	}
	shell := func(script string) otherUse { return otherUse{command: []string{"/bin/sh", "-c", script}} }
	return []life{
		{
			title: "git: clone, commit, push", networkProgram: of("git"), quick: true,
			other: shell("git init -q p && cd p && git config user.email a@b && git config user.name a && " +
				"echo 1 >x && git add x && git commit -qm 1 && git checkout -qb t && echo 2 >x && git stash -q && git stash pop -q && " +
				"git diff --stat && git log -1 --format=%s && git blame x >/dev/null && git gc -q && git bundle create -q ../p.bundle HEAD && git clone -q ../p.bundle q"),
		},
		{
			title: "gcc by make", networkProgram: of("make"), quick: true,
			other: shell("make -B -j2 CFLAGS='-O1 -g' && make -n >plan && touch greet.h && make check && gcc -S main.c && ls"),
		},
		{
			title: "python with a venv", networkProgram: networkProgram{
				program: program{
					name: "venv", command: []string{"/bin/sh", "run.sh"}, needs: []string{"/usr/bin/python3"},
					vague: `__pycache__/|home/\.cache/|report\.db$`,
				},
				serve: serveIndex,
			},
			other: shell("/usr/bin/python3 -m venv --without-pip other && printf 'kind,price\\nfig,1\\n' >other.csv && PYTHONPATH=lib " +
				"other/bin/python -c 'import csv, zlib, html, xml.dom.minidom, datetime, zipfile; print(len(list(csv.DictReader(open(\"other.csv\"))))); " +
				"zipfile.ZipFile(\"o.zip\", \"w\").write(\"other.csv\")' && ls"),
		},
		{
			title: "node with npm packages", networkProgram: of("npm"),
			other: shell("npm init -y --no-update-notifier >/dev/null && npm install --registry http://127.0.0.1:$REGISTRY_PORT/ --no-audit --no-fund --no-update-notifier --silent scales && " +
				"node -e 'const s=require(\"scales\"),z=require(\"zlib\"),fs=require(\"fs\");fs.writeFileSync(\"o.gz\",z.gzipSync(\"x\"));console.log(s.weigh(1,2))' && ls"),
		},
		{
			title: "go test", networkProgram: of("go"),
			other: shell("go vet ./words && go test -run Nothing ./words >/dev/null && go build -o other . && ./other >/dev/null; go list ./words"),
		},
		{
			title: "bash with coreutils", networkProgram: of("bash"), quick: true,
			other: otherUse{command: []string{"/bin/bash", "-c", "seq 9 | tac | head -3 >rev.txt; cp rev.txt copy.txt; mv copy.txt b.txt; cut -c1 b.txt | sort -r; ls >list; rm b.txt; ls"}},
		},
		{
			title: "sqlite3", networkProgram: of("sqlite"), quick: true,
			other: shell("sqlite3 other.db 'create table t(a); insert into t values(1),(2); select sum(a) from t;' && sqlite3 other.db .dump >dump.sql && sqlite3 new.db <dump.sql && ls"),
		},
		{
			title: "tar", networkProgram: of("tar"),
			other: shell("mkdir d && echo 1 >d/a && tar czf d.tgz d && mkdir e && tar xzf d.tgz -C e && tar tzf d.tgz && tar cjf d.tbz d; ls e/d"),
		},
		{
			title: "curl", networkProgram: of("curl"), quick: true,
			other: shell("curl -sSf --compressed -O http://127.0.0.1:$HTTP_PORT/page && curl -sS -d a=b http://127.0.0.1:$HTTP_PORT/echo >answer && " +
				"curl -sS -c jar --cacert ca.pem --resolve shop.test:$HTTPS_PORT:127.0.0.1 https://shop.test:$HTTPS_PORT/moved && cat page answer && ls"),
		},
		{
			title: "nginx", networkProgram: of("nginx"),
			other: otherUse{prepare: moveSite, drive: driveNginx},
		},
		{
			title: "redis", networkProgram: of("redis"),
			other: otherUse{command: []string{"/bin/sh", "once.sh"}},
		},
		{
			title: "ssh, scp, sftp", networkProgram: of("ssh"),
			other: shell("ssh -F $HOME/.ssh/config server hostname >/dev/null && mkdir d && echo 1 >d/a && scp -qr -F $HOME/.ssh/config d server:$PWD/e && cat e/a && " +
				"ssh -F $HOME/.ssh/config -o LogLevel=QUIET -E trace.log server true && ls"),
		},
		{
			title: "sshd", networkProgram: networkProgram{
				program: program{name: "sshd", command: []string{sshdPath, "-i", "-e"}},
				serve:   serveLogins, drive: driveLogin,
			},
			rules: sshdRules,
			other: otherUse{drive: driveCopy},
		},
	}
}

// moveSite has the server serve another folder.
func moveSite(t *testing.T, w *workspace) {
	t.Helper()
	file := filepath.Join(w.work, "nginx.conf")
	text := readFile(t, file)
	if err := os.Rename(filepath.Join(w.work, "site"), filepath.Join(w.work, "pages")); err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, strings.ReplaceAll(text, " site", " pages"))
	w.own(t, w.work)
}
