package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// linkRedis gives the tool that checks a server's files the server's name, by
// which it is one: Debian's package of the tools is enough.
func linkRedis(t testing.TB, w *workspace) {
	t.Helper()
	file, err := exec.LookPath("redis-check-rdb")
	if err != nil {
		t.Fatalf("%v: make test installs it", err)
	}
	if err := os.Symlink(file, filepath.Join(w.work, "redis-server")); err != nil {
		t.Fatal(err)
	}
	w.own(t, w.work)
}
