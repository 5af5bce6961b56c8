package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// nginxConfig is for a server that is all in one directory. %[1]s is its port,
// %[2]s the directory, %[3]s whom the workers are.
const nginxConfig = `%[3]s
worker_processes 2;
pid nginx.pid;
error_log error.log error;
events { worker_connections 256; }
http {
  types { text/html html; text/plain txt; }
  sendfile on;
  log_format plain '$request_method $uri $status $body_bytes_sent $remote_addr';
  access_log access.log plain;
  client_body_temp_path tmp/body;
  proxy_temp_path tmp/proxy;
  fastcgi_temp_path tmp/fastcgi;
  uwsgi_temp_path tmp/uwsgi;
  scgi_temp_path tmp/scgi;
  server {
    listen 127.0.0.1:%[1]s;
    listen unix:%[2]s/nginx.sock;
    root site;
    location /fetched/ { proxy_pass http://unix:%[2]s/nginx.sock:/; }
    location /put/ { dav_methods PUT DELETE; }
    location /list/ { autoindex on; alias site/folder/; index nothing; }
    location /load/ { alias site/; access_log off; }
    location /words { return 200 "some words"; access_log off; }
  }
}
`

// prepareNginx writes the settings and what is too large for a file of the
// repository.
func prepareNginx(t testing.TB, w *workspace) {
	t.Helper()
	workers := ""
	if os.Geteuid() == 0 && !w.who.switched {
		workers = "user nobody nogroup;"
	}
	writeFile(t, filepath.Join(w.work, "nginx.conf"), fmt.Sprintf(nginxConfig, w.value("NGINX_PORT"), w.work, workers))
	large := filepath.Join(w.work, "site", "large.txt")
	writeFile(t, large, strings.Repeat("a line of a large page\n", 100_000))
	put := filepath.Join(w.work, "site", "put")
	for _, dir := range []string{put, filepath.Join(w.work, "tmp")} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(put, 0o777); err != nil { // for the workers
		t.Fatal(err)
	}
	// Its date is in the answers, and makes the entity tag.
	err := filepath.WalkDir(filepath.Join(w.work, "site"), func(name string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(name, fixedTime, fixedTime)
	})
	if err != nil {
		t.Fatal(err)
	}
	w.own(t, w.work)
}

// driveNginx starts the server, asks it as others would, natively, makes it
// read its settings again, and lets wrk load it.
func driveNginx(t *testing.T, w *workspace, args []string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), e2eLimit)
	defer cancel()
	cmd := w.command(ctx, args)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, lines := talkTo(t, cmd)
	next := func() string {
		line, _ := lines.ReadString('\n')
		return line
	}
	var o outcome
	site := "http://127.0.0.1:" + w.value("NGINX_PORT")
	if next() == "ready\n" {
		o.Stdout += askNginx(t, site) + loadNginx(t, site+"/load/page.html")
		fmt.Fprintln(stdin, "reload")
		o.Stdout += next() + askNginx(t, site)
		fmt.Fprintln(stdin, "quit")
		o.Stdout += next()
	}
	stdin.Close()
	rest, _ := io.ReadAll(lines)
	_ = cmd.Wait()
	o.Stdout += string(rest) + nginxLogs(t, w)
	o.Stderr = stderr.String()
	o.Status = targetStatus(unix.WaitStatus(cmd.ProcessState.Sys().(syscall.WaitStatus)))
	return o
}

// nginxStamp begins a line of the error log: when, and which process.
var nginxStamp = regexp.MustCompile(`(?m)^\S+ \S+ (\[\w+\]) \d+#\d+:( \*\d+)?`)

// nginxLogs are the lines that the server wrote, whichever worker was first.
func nginxLogs(t *testing.T, w *workspace) string {
	t.Helper()
	access := slices.Sorted(strings.Lines(readFile(t, filepath.Join(w.work, "access.log"))))
	errors := nginxStamp.ReplaceAllString(readFile(t, filepath.Join(w.work, "error.log")), "$1")
	return strings.Join(append(access, slices.Sorted(strings.Lines(errors))...), "")
}

// askNginx makes requests of every kind and describes the answers.
func askNginx(t *testing.T, site string) string {
	t.Helper()
	var said strings.Builder
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for _, r := range []struct{ method, path, body, bytes string }{
		{"GET", "/page.html", "", ""},
		{"HEAD", "/page.html", "", ""},
		{"GET", "/large.txt", "", ""},
		{"GET", "/large.txt", "", "bytes=100-199"},
		{"GET", "/folder/", "", ""},
		{"GET", "/folder", "", ""},
		{"GET", "/list/", "", ""},
		{"GET", "/nothing", "", ""},
		{"GET", "/fetched/page.html", "", ""},
		{"GET", "/fetched/large.txt", "", ""},
		{"PUT", "/put/new.txt", "put here", ""},
		{"PUT", "/put/large.txt", strings.Repeat("too large for memory\n", 20_000), ""},
		{"GET", "/put/new.txt", "", ""},
		{"DELETE", "/put/large.txt", "", ""},
		{"DELETE", "/put/new.txt", "", ""},
		{"PUT", "/page.html", "not here", ""},
		{"PUT", "/put/stays.txt", "this one stays", ""},
	} {
		request, err := http.NewRequestWithContext(t.Context(), r.method, site+r.path, strings.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		if r.bytes != "" {
			request.Header.Set("Range", r.bytes)
		}
		answer, err := client.Do(request)
		if err != nil {
			fmt.Fprintf(&said, "%s %s: %v\n", r.method, r.path, err)
			continue
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		answer.Header.Del("Date")
		if r.path == "/put/new.txt" {
			answer.Header.Del("Last-Modified")
			answer.Header.Del("Etag")
		}
		var header bytes.Buffer
		_ = answer.Header.Write(&header)
		fmt.Fprintf(&said, "%s %s: %s, %d bytes, %v\n%s\n%s\n", r.method, r.path, answer.Status, len(body), err, &header, body[:min(len(body), 300)])
	}
	return said.String()
}

// troubleOfWrk is what wrk prints when not all went well.
var troubleOfWrk = regexp.MustCompile(`(?m)^ *(Socket errors|Non-2xx).*$`)

// loadNginx has wrk ask as fast as it can from several connections.
func loadNginx(t *testing.T, page string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "wrk", "-t1", "-c16", "-d1s", page).CombinedOutput()
	if err != nil {
		t.Fatalf("wrk: %v\n%s", err, out)
	}
	if !regexp.MustCompile(`\d+ requests in`).Match(out) {
		t.Fatalf("wrk said:\n%s", out)
	}
	trouble := troubleOfWrk.FindAllString(string(out), -1)
	slices.Sort(trouble)
	return strings.Join(trouble, "\n") + "loaded\n"
}
