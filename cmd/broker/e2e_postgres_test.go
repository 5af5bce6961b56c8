package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// servePostgres starts a database server with a user and a database for the
// programs. It refuses to be root, so root's test starts it as another user.
func servePostgres(t testing.TB, w *workspace) {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	if len(found) == 0 {
		t.Fatal("no PostgreSQL server: make test installs it")
	}
	bin := filepath.Dir(slices.Max(found))
	dir := filepath.Join(w.base, "postgres")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var as *syscall.Credential
	if os.Geteuid() == 0 {
		as = &syscall.Credential{Uid: nobody, Gid: nobody}
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	data, port := filepath.Join(dir, "data"), freePort(t)
	run := func(name string, args ...string) error {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.Env = dir, []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
		var said bytes.Buffer
		log, err := os.CreateTemp(w.base, name)
		if err != nil {
			return err
		}
		defer log.Close()
		// A file, since the server keeps it open: waiting for a pipe would not end.
		cmd.Stdout, cmd.Stderr = log, log
		if err = cmd.Run(); err != nil {
			text, _ := os.ReadFile(log.Name())
			said.Write(text)
			t.Logf("%s: %v\n%s", name, err, &said)
		}
		return err
	}
	if err := run("initdb", "--no-sync", "--auth=trust", "--username=ada", "--pgdata="+data); err != nil {
		t.Fatal(err)
	}
	// Nothing outlives the test, so nothing has to reach the disk.
	options := "-F -p " + port + " -c listen_addresses=127.0.0.1 -c unix_socket_directories=" + dir +
		" -c autovacuum=off -c shared_buffers=8MB -c max_connections=20"
	if err := run("pg_ctl", "start", "-w", "-s", "-D", data, "-l", filepath.Join(dir, "log"), "-o", options); err != nil {
		t.Log(readFile(t, filepath.Join(dir, "log")))
		t.FailNow()
	}
	t.Cleanup(func() {
		if err := run("pg_ctl", "stop", "-w", "-s", "-m", "fast", "-D", data); err != nil {
			t.Error(err)
		}
	})
	w.env = append(w.env, "PGBIN="+bin, "PGSOCKETS="+dir, "PGPORT="+port, "PGUSER=ada", "PGDATABASE=shop")
	if err := run("psql", "-q", "-h", dir, "-p", port, "-U", "ada", "-d", "postgres", "-c", "create database shop"); err != nil {
		t.Fatal(err)
	}
}
