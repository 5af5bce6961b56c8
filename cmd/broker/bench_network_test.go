package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// load is a program that says how many requests it got through in a second.
type load struct {
	policy string
	args   []string
	rate   *regexp.Regexp
}

// BenchmarkConnected compares programs that talk over sockets that are there
// already, natively and under the broker: once each in turn. What it reports is
// the native rate over the broker's, the median and the extremes of all turns.
//
//	go test ./cmd/broker -run '^$' -bench Connected -benchtime 7x
func BenchmarkConnected(b *testing.B) {
	b.Run("pgbench-tcp", func(b *testing.B) { benchPgbench(b, "127.0.0.1") })
	b.Run("pgbench-local", func(b *testing.B) { benchPgbench(b, "") })
	b.Run("redis-client", func(b *testing.B) { benchRedis(b, false) })
	b.Run("redis-server", func(b *testing.B) { benchRedis(b, true) })
	b.Run("nginx-words", func(b *testing.B) { benchNginx(b, "/words") })
	b.Run("nginx-file", func(b *testing.B) { benchNginx(b, "/load/page.html") })
}

// benchPgbench has pgbench ask a native server.
func benchPgbench(b *testing.B, host string) {
	w := benchWorkspace(b)
	servePostgres(b, w)
	if host == "" {
		host = w.value("PGSOCKETS")
	}
	pgbench := filepath.Join(w.value("PGBIN"), "pgbench")
	if o := w.run(b, pgbench, "-h", host, "-q", "-i"); o.Status != 0 {
		b.Fatal(o.Stderr)
	}
	l := load{"psql", []string{pgbench, "-h", host, "-n", "-S", "-c", "4", "-j", "2", "-T", "2"}, regexp.MustCompile(`tps = ([0-9.]+)`)}
	compareRates(b, func(broker bool) float64 { return l.run(b, w, broker) })
}

// benchRedis runs redis-benchmark against a server, one of them under the broker.
func benchRedis(b *testing.B, server bool) {
	w := benchWorkspace(b)
	linkRedis(b, w)
	port := freePort(b)
	w.env = append(w.env, "REDIS_PORT="+port)
	line := []string{"./redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--logfile", "/dev/null"}
	answers := func() bool {
		out, _ := exec.Command("redis-cli", "-p", port, "ping").Output()
		return string(out) == "PONG\n"
	}
	l := load{
		"redis", []string{"/usr/bin/redis-benchmark", "-p", port, "-n", "150000", "-c", "20", "-t", "get", "--csv"},
		regexp.MustCompile(`"GET","([0-9.]+)"`),
	}
	compareRates(b, func(broker bool) float64 {
		stop := w.serveLoad(b, "redis", line, broker && server, answers)
		defer stop()
		return l.run(b, w, broker && !server)
	})
}

// benchNginx has wrk, natively, ask a server.
func benchNginx(b *testing.B, page string) {
	w := benchWorkspace(b)
	w.env = append(w.env, "NGINX_PORT="+freePort(b))
	w.reset(b, filepath.Join(victims, "nginx"))
	prepareNginx(b, w)
	site := "http://127.0.0.1:" + w.value("NGINX_PORT")
	line := []string{"/usr/sbin/nginx", "-e", "error.log", "-p", w.work, "-c", "nginx.conf", "-g", "daemon off;"}
	answers := func() bool { return exec.Command("curl", "-sf", site+"/words").Run() == nil }
	l := load{"", []string{"/usr/bin/wrk", "-t1", "-c16", "-d2s", site + page}, regexp.MustCompile(`Requests/sec: *([0-9.]+)`)}
	compareRates(b, func(broker bool) float64 {
		stop := w.serveLoad(b, "nginx", line, broker, answers)
		defer stop()
		return l.run(b, w, false)
	})
}

func benchWorkspace(b *testing.B) *workspace {
	b.Helper()
	w := newWorkspace(b, identity{name: "user", uid: os.Getuid(), gid: os.Getgid()})
	w.reset(b, "")
	return w
}

// run runs a load and returns its rate.
func (l load) run(b *testing.B, w *workspace, broker bool) float64 {
	b.Helper()
	args := l.args
	if broker {
		args = w.underBroker(b, policyFile(b, l.policy), args...)
	}
	o := w.run(b, args...)
	found := l.rate.FindStringSubmatch(o.Stdout)
	if o.Status != 0 || found == nil {
		b.Fatalf("status %d\n%s%s", o.Status, o.Stdout, o.Stderr)
	}
	rate, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		b.Fatal(err)
	}
	return rate
}

// serveLoad starts a server and waits until it answers; stop ends it.
func (w *workspace) serveLoad(b *testing.B, policy string, args []string, broker bool, answers func() bool) (stop func()) {
	b.Helper()
	if broker {
		args = w.underBroker(b, policyFile(b, policy), args...)
	}
	ctx, cancel := context.WithTimeout(b.Context(), e2eLimit)
	cmd := w.command(ctx, args)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for !answers() {
		if hasEnded(cmd) {
			b.Fatalf("the server has ended: %v\n%s", cmd.Wait(), &stderr)
		}
	}
	return func() {
		_ = unix.Kill(cmd.Process.Pid, unix.SIGTERM)
		_ = cmd.Wait()
		cancel()
	}
}

// compareRates measures in turns and reports the ratios.
func compareRates(b *testing.B, rate func(broker bool) float64) {
	b.Helper()
	var ratios []float64
	for b.Loop() {
		native := rate(false)
		ratios = append(ratios, native/rate(true))
	}
	slices.Sort(ratios)
	b.ReportMetric(0, "ns/op") // how long it took says nothing
	b.ReportMetric(ratios[len(ratios)/2], "native/broker")
	b.ReportMetric(ratios[0], "least")
	b.ReportMetric(ratios[len(ratios)-1], "greatest")
}
