package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// python is the interpreter that the Debian package of the tests belongs to.
const python = "/usr/bin/python3.11"

//go:embed runner.py
var runner []byte

// pythonModules are the modules of CPython's suite that reach the kernel.
var pythonModules = []struct {
	names        string
	quick, alone bool
	limit        time.Duration
}{
	{quick: true, names: `test_posix test_os test_pathlib test_shutil test_tempfile test_fileio test_file test_glob test_stat
		test_fcntl test_mmap test_genericpath test_posixpath test_fnmatch test_filecmp test_fileutils test_dbm test_tarfile
		test_mailbox test_import test_pkgutil test_py_compile test_pwd test_grp test_select`},

	{names: `test_io test_largefile test_bufio test_fileinput test_zipfile test_gzip test_unicode_file
		test_unicode_file_functions test_threadedtempfile`},
	{names: `test_zipimport test_importlib test_imp test_modulefinder test_runpy test_compileall test_zipapp test_venv
		test_site test_sys test_sysconfig test_cmd_line test_cmd_line_script`},
	{names: `test_shelve test_dbm_dumb test_dbm_ndbm test_netrc test_configparser test_logging test_linecache
		test_mimetypes test_uuid`},
	{names: `test_spwd test_resource test_pty test_openpty test_getpass test_readline test_popen test_pipes
		test_syslog test_faulthandler`},
	{quick: true, names: `test_socketserver test_urllib2_localnet test_asyncore`},
	{names: `test_urllib test_ftplib test_httplib test_httpservers test_smtplib test_poplib test_imaplib
		test_asynchat test_wsgiref test_xmlrpc`},

	{names: `test_socket test_asyncio test_ssl test_subprocess test_threading test_wait3 test_wait4
		test_fork1 test_poll test_epoll`},
	{limit: 10 * time.Minute, names: `test_multiprocessing_fork`},
	{alone: true, names: `test_signal test_threadsignals test_eintr test_file_eintr test_time test_selectors`},
}

func pythonSuites() []suite {
	var list []suite
	for _, group := range pythonModules {
		for name := range strings.FieldsSeq(group.names) {
			list = append(list, suite{
				name: "python/" + name, quick: group.quick, alone: group.alone, limit: group.limit,
				prepare: findPython, stage: stagePython, outcomes: pythonOutcomes,
			})
		}
	}
	return list
}

// findPython looks for the module: packages are installed before.
func findPython(_ context.Context, _ *bench, s suite) error {
	file := filepath.Join("/usr/lib/python3.11/test", strings.TrimPrefix(s.name, "python/"))
	if _, err := os.Stat(file + ".py"); err == nil {
		return nil
	}
	if _, err := os.Stat(filepath.Join(file, "__init__.py")); err != nil {
		return fmt.Errorf("no %s.py: install libpython3.11-testsuite", file)
	}
	return nil
}

// hangs are tests that wait for ever natively: for a peer, where the kernel has
// no loopback for vsock(7).
const hangs = "*VSOCKSocketStreamTest*"

func stagePython(b *bench, s suite, f folder) (command, error) {
	script := f.join("runner.py")
	if err := os.WriteFile(script, runner, 0o644); err != nil {
		return command{}, err
	}
	resources := "subprocess"
	if s.name == "python/test_socketserver" {
		resources += ",network" // which is the loopback for this one
	}
	argv := []string{
		python, "-u", script, f.join("tmp/results"), "-v", "-u", resources, "-i", hangs,
		"--timeout", fmt.Sprintf("%.0f", s.limit.Seconds()),
	}
	if b.only != "" {
		argv = append(argv, "-m", b.only)
	}
	return command{dir: f.join("tmp"), argv: append(argv, strings.TrimPrefix(s.name, "python/"))}, nil
}

func pythonOutcomes(_ suite, f folder, _ []byte) (outcomes, error) {
	text, err := os.ReadFile(f.join("tmp/results"))
	if err != nil {
		return nil, err
	}
	return readPython(text)
}

// readPython reads what runner.py has written. The last line is missing its end
// when the runner died in it.
func readPython(text []byte) (outcomes, error) {
	found := outcomes{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		var line struct {
			Test    string
			Outcome outcome
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			if !lines.Scan() {
				break
			}
			return nil, fmt.Errorf("results:%d: %w", n, err)
		}
		switch line.Outcome {
		case passed, failed, skipped:
			found.add(line.Test, line.Outcome)
		default:
			return nil, fmt.Errorf("results:%d: outcome %q", n, line.Outcome)
		}
	}
	return found, lines.Err()
}
