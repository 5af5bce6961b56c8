package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// heardLog collects what servers are told, in an order that does not depend on
// who was first.
type heardLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *heardLog) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

// take returns the lines and forgets them.
func (l *heardLog) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	sort.Strings(l.lines)
	text := strings.Join(l.lines, "\n")
	l.lines = nil
	return text
}

// handler logs each request before it is answered.
func (l *heardLog) handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		from, _, _ := net.SplitHostPort(r.RemoteAddr)
		l.add("%s %s %s from %s", r.Method, r.URL, r.Proto, from)
		h.ServeHTTP(rw, r)
	})
}

// webPages is what the servers for curl have.
func webPages() http.Handler {
	large := strings.Repeat("a line of a large page\n", 100_000)
	mux := http.NewServeMux()
	mux.HandleFunc("/page", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Date", "Sat, 03 Feb 2001 04:05:06 GMT")
		fmt.Fprintln(rw, "a page")
	})
	mux.HandleFunc("/large", func(rw http.ResponseWriter, r *http.Request) {
		http.ServeContent(rw, r, "large.txt", fixedTime, strings.NewReader(large))
	})
	mux.Handle("/moved", http.RedirectHandler("/page", http.StatusFound))
	mux.HandleFunc("/echo", func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, _ = rw.Write(body)
		}
	})
	mux.HandleFunc("/put", func(rw http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Fprintln(rw, "got", n, err)
	})
	mux.HandleFunc("/numbers/", func(rw http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(filepath.Base(r.URL.Path))
		if err != nil {
			http.NotFound(rw, r)
			return
		}
		fmt.Fprintln(rw, n)
	})
	return mux
}

// serveWeb answers on the loopback in both families, with and without TLS, and
// on a local socket.
func serveWeb(t *testing.T, w *workspace) func() string {
	t.Helper()
	heard := new(heardLog)
	pages := heard.handler(webPages())
	w.env = append(w.env,
		"HTTP_PORT="+serveHTTP(t, pages, "tcp4", "127.0.0.1:0"),
		"HTTP6_PORT="+serveHTTP(t, pages, "tcp6", "[::1]:0"),
		"HTTPS_PORT="+serveTLS(t, w, pages),
	)
	socket := filepath.Join(w.base, "web.sock")
	serveHTTP(t, pages, "unix", socket)
	if err := os.Chmod(socket, 0o777); err != nil {
		t.Fatal(err)
	}
	w.env = append(w.env, "HTTP_SOCKET="+socket)
	return heard.take
}

// serveHTTP serves on an address until the test ends and returns the port,
// which is 0 where there is no such family.
func serveHTTP(t *testing.T, h http.Handler, network, address string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if network == "tcp6" && err != nil {
		return "0"
	} else if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
	s.Start()
	t.Cleanup(s.Close)
	return portOf(l.Addr())
}

// serveTLS serves as shop.test, whom an authority of its own vouches for. The
// authority's certificate is ca.pem in the workspace.
func serveTLS(t *testing.T, w *workspace, h http.Handler) string {
	t.Helper()
	authority, certificate, err := newAuthority("shop.test")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.base, "ca.pem"), authority, 0o644); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	s.EnableHTTP2 = true
	// A client that does not trust the certificate is meant to hang up.
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return portOf(s.Listener.Addr())
}

// copyAuthority puts the certificate into the working directory.
func copyAuthority(t *testing.T, w *workspace) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.base, "ca.pem"))
	if err == nil {
		err = os.WriteFile(filepath.Join(w.work, "ca.pem"), text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.own(t, w.work)
}

func portOf(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return strconv.Itoa(tcp.Port)
	}
	return ""
}

// freePort is a port that nobody listened on a moment ago. Servers that cannot
// take a socket are given it.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}()
	return portOf(l.Addr())
}
