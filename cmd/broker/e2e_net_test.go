package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// networkRules lets victims use the loopback and local sockets as they like.
const networkRules = `extends = ["victim.hcl"]

allow "network" {
  access  = ["connect", "bind"]
  address = ["127.0.0.0/8", "[::1]", "0.0.0.0", "[::]", "unix:*"]
}

allow "addresses that nobody has" {
  access  = ["connect", "bind"]
  address = ["255.255.255.255", "192.0.2.1"]
}
`

// networkPolicy writes rules for victims that use sockets.
func (w *workspace) networkPolicy(t *testing.T, text string) string {
	t.Helper()
	w.victimPolicy(t)
	file := filepath.Join(w.base, "network.hcl")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestNetworkFacts has victims print what sockets do. Every line must be the
// same natively and under the broker.
func TestNetworkFacts(t *testing.T) {
	for _, c := range []struct {
		victim string
		cases  []string
	}{
		{"net-inet", []string{"malformed", "tcp", "bound", "nonblocking"}},
		{"net-unix", []string{"paths", "modes", "abstract"}},
		{"net-send", []string{"datagrams", "vectors", "many", "rights", "streams", "pipes"}},
		{"net-block", []string{"connects", "sends", "others"}},
	} {
		for _, name := range c.cases {
			t.Run(c.victim+"/"+name, func(t *testing.T) {
				eachUser(t, func(t *testing.T, w *workspace) {
					w.compareUnder(t, w.networkPolicy(t, networkRules), victim(t, c.victim), name)
				})
			})
		}
	}
}

// TestPeers: a local peer is told the target's user and group, and, where
// listening is left to the kernel, who listens.
func TestPeers(t *testing.T) {
	const rest = `
allow "ports of the kernel's choice" {
  access  = ["bind"]
  address = ["*:0"]
}
`
	eachUser(t, func(t *testing.T, w *workspace) {
		w.compareUnder(t, w.networkPolicy(t, networkRules+rest), victim(t, "net-unix"), "peers")
	})
}

// TestRefusedAddresses: what rules do not let through fails, and is recorded
// with its address.
func TestRefusedAddresses(t *testing.T) {
	const rules = `extends = ["victim.hcl"]

allow "some" {
  access  = ["connect", "bind"]
  address = ["127.0.0.1", "unix:${cwd}/sock", "[::]:0"]
}

deny "others" {
  access  = ["connect"]
  address = ["127.0.0.2", "[::1]"]
  errno   = "ENETUNREACH"
}
`
	eachUser(t, func(t *testing.T, w *workspace) {
		policy := w.networkPolicy(t, rules)
		out := w.run(t, w.underBroker(t, policy, victim(t, "net-inet"), "tcp")...)
		for _, line := range []string{"ENETUNREACH\n", "EACCES\n", "ok\n  own: family 2 length 16 127.0.0.1\n"} {
			if !regexp.MustCompile(`(?m)^` + line).MatchString(out.Stdout) {
				t.Errorf("the victim did not print %q:\n%s", line, out.Stdout)
			}
		}
		var log strings.Builder
		for _, e := range w.audit(t) {
			fmt.Fprintf(&log, "%s %s %s %s %s\n", e.Action, e.Access, e.Address, e.Syscall, e.Errno)
		}
		for _, line := range []string{
			`denied connect 127\.0\.0\.2:\d+ connect ENETUNREACH`, `denied connect \[::1\]:\d+ connect ENETUNREACH`,
			`denied connect 255\.255\.255\.255:1 connect EACCES`,
		} {
			if !regexp.MustCompile(line).MatchString(log.String()) {
				t.Errorf("the log has no line like %s:\n%s", line, &log)
			}
		}
	})
}

// webRules are those of a small web server and its clients, who know it by
// name.
const webRules = `extends = ["builtin:base", "builtin:toolchain"]

allow "programs" {
  access = ["read", "exec"]
  path   = ["/usr/**", "/etc/**"]
}

allow "work" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${cwd}/**"]
}

allow "server" {
  access  = ["bind"]
  address = ["127.0.0.1", "[::]", "unix:${cwd}/*.sock"]
}

allow "clients" {
  access  = ["connect"]
  address = ["localhost", "unix:${cwd}/*.sock"]
}
`

// webProgram serves a file on the loopback and on a local socket, fetches it
// in the ways that are there, and says what came.
const webProgram = `
import functools, http.server, os, shutil, socket, socketserver, subprocess, sys, threading, urllib.request

open("page", "w").write("hello\n")
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args): pass
    def address_string(self): return "peer"
web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=web.serve_forever, daemon=True).start()
url = "http://localhost:%d/page" % web.server_address[1]
print(urllib.request.urlopen(url).read())
for command in (["curl", "-sS", "--noproxy", "*", "-4"], ["wget", "-q", "-O-", "-4", "--no-proxy"], ["git", "ls-remote"]):
    if not shutil.which(command[0]):
        continue
    done = subprocess.run(command + [url], capture_output=True)
    print(command[0], done.returncode, done.stdout)
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile: self.wfile.write(line.upper())
class Local(socketserver.ThreadingMixIn, socketserver.UnixStreamServer): pass
local = Local("echo.sock", Echo)
print(local.server_address)
threading.Thread(target=local.serve_forever, daemon=True).start()
client = socket.socket(socket.AF_UNIX)
client.connect(os.path.abspath("echo.sock"))
client.sendall(b"over a local socket\n")
print(client.recv(100), client.getpeername(), flush=True)
os._exit(0) # threads are waiting
`

// TestWeb: a server and its clients see each other as they do natively.
func TestWeb(t *testing.T) {
	eachUser(t, func(t *testing.T, w *workspace) {
		w.compareUnder(t, w.networkPolicy(t, webRules), "/usr/bin/python3", "-c", webProgram)
	})
}
