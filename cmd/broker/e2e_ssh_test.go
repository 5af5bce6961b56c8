package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// sshdConfig is for a server that knows one key and one account. It must be
// told where everything is, and asks neither PAM nor a name service.
const sshdConfig = `HostKey %[1]s/host
AuthorizedKeysFile %[1]s/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
PrintMotd no
PrintLastLog no
UseDNS no
LogLevel ERROR
Subsystem sftp internal-sftp
AcceptEnv LC_*
SetEnv PATH=/usr/bin:/bin
`

const sshConfig = `Host server
  HostName 127.0.0.1
  Port %[1]s
  User %[2]s
Host *
  IdentityFile %[3]s/.ssh/id_ed25519
  IdentitiesOnly yes
  UserKnownHostsFile %[3]s/.ssh/known_hosts
  GlobalKnownHostsFile none
  BatchMode yes
  LogLevel ERROR
  HostKeyAlgorithms ssh-ed25519
`

// hidden starts the server where the system's accounts are replaced, so that
// every one of them has a shell and can log in, and where /run is its own:
// sshd(8) wants a directory there. It needs root.
const hidden = `set -e
mount -t tmpfs none /run
mkdir -p -m 755 /run/sshd
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/shadow" /etc/shadow
shift
exec "$@"`

// serveSSH accepts logins of the program's own account. Each connection gets a
// server of its own, on a socket that the test has accepted, so that there is
// no port to guess and no daemon to leave behind.
func serveSSH(t *testing.T, w *workspace) func() string {
	t.Helper()
	const sshd = "/usr/sbin/sshd"
	if _, err := os.Stat(sshd); err != nil {
		t.Fatalf("%v: make test installs it", err)
	}
	dir, account := loginFiles(t, w)
	server := []string{sshd, "-i", "-e", "-f", filepath.Join(dir, "sshd_config")}
	if os.Geteuid() == 0 {
		server = append([]string{"unshare", "--mount", "--propagation", "private", "sh", "-c", hidden, "sh", dir}, server...)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := portOf(l.Addr())
	w.env = append(w.env, "SSH_PORT="+port, "SSH_USER="+account.Username)
	serveEach(t, l, server)
	return nil
}

// loginFiles makes the keys of both sides, the server's settings and, for root,
// the accounts, and says where, and which account is the program's.
func loginFiles(t *testing.T, w *workspace) (dir string, account *user.User) {
	t.Helper()
	account, err := user.LookupId(fmt.Sprint(w.who.uid))
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(w.base, "ssh")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"host", "key"} {
		out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", filepath.Join(dir, name)).CombinedOutput()
		if err != nil {
			t.Fatalf("ssh-keygen: %v\n%s", err, out)
		}
	}
	writeFile(t, filepath.Join(dir, "sshd_config"), fmt.Sprintf(sshdConfig, dir))
	if os.Geteuid() == 0 {
		writeFile(t, filepath.Join(dir, "passwd"), accounts(t, dir, account))
	}
	return dir, account
}

// accounts are those of the system where the program's has a shell and this
// directory for a home; none has a password.
func accounts(t *testing.T, dir string, who *user.User) (passwd string) {
	t.Helper()
	text, err := os.ReadFile("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	var shadow strings.Builder
	for line := range strings.Lines(string(text)) {
		name, _, _ := strings.Cut(line, ":")
		fmt.Fprintf(&shadow, "%s:*:1::::::\n", name)
		if name == who.Username {
			line = fmt.Sprintf("%s:x:%s:%s::/:/bin/sh\n", name, who.Uid, who.Gid)
		}
		passwd += line
	}
	writeFile(t, filepath.Join(dir, "shadow"), shadow.String())
	return passwd
}

// serveEach starts a command for each connection, as inetd(8) does, and ends
// them all with the test.
func serveEach(t *testing.T, l net.Listener, command []string) {
	t.Helper()
	var running sync.WaitGroup
	var mu sync.Mutex
	alive := map[*os.Process]bool{}
	serve := func(conn net.Conn) {
		defer conn.Close()
		socket, err := conn.(*net.TCPConn).File()
		if err != nil {
			return
		}
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = socket, socket, io.Discard
		cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		err = cmd.Start()
		socket.Close()
		conn.Close()
		if err != nil {
			return
		}
		mu.Lock()
		alive[cmd.Process] = true
		mu.Unlock()
		_ = cmd.Wait()
		mu.Lock()
		delete(alive, cmd.Process)
		mu.Unlock()
	}
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for p := range alive {
			_ = syscall.Kill(-p.Pid, syscall.SIGTERM)
		}
		mu.Unlock()
		running.Wait()
	})
}

// prepareSSH writes the settings and the key of the user.
func prepareSSH(t *testing.T, w *workspace) {
	t.Helper()
	dir := filepath.Join(w.home, ".ssh")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	host := readFile(t, filepath.Join(w.base, "ssh", "host.pub"))
	port := w.value("SSH_PORT")
	writeFile(t, filepath.Join(dir, "config"), fmt.Sprintf(sshConfig, port, w.value("SSH_USER"), w.home))
	writeFile(t, filepath.Join(dir, "known_hosts"), "[127.0.0.1]:"+port+" "+host)
	writeFile(t, filepath.Join(dir, "id_ed25519"), readFile(t, filepath.Join(w.base, "ssh", "key")))
	if err := os.Chmod(filepath.Join(dir, "id_ed25519"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.own(t, w.home)
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func writeFile(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
