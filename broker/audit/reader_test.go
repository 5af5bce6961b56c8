package audit

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// logLine is one line of a log.
func logLine(t testing.TB, path string) string {
	t.Helper()
	line, err := Encode(&Event{Time: time.Unix(1, 0), Session: "s", PID: 1, Syscall: "openat", Path: path, Action: Denied})
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

// paths reads all events of a log.
func paths(t *testing.T, r *Reader) (list []string) {
	t.Helper()
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e.Path)
	}
}

func TestReader(t *testing.T) {
	a, b := logLine(t, "/a"), logLine(t, "/b\xff\n")
	newer := strings.Replace(a, `"v":1`, `"v":2`, 1)
	for _, tt := range []struct {
		name, text string
		want       string
		trouble    Trouble
	}{
		{"empty", "", "", Trouble{}},
		{"two", a + b, "/a /b\xff\n", Trouble{}},
		{"blank lines", "\n" + a + " \n" + b, "/a /b\xff\n", Trouble{}},
		{"no newline at the end", a + strings.TrimSuffix(b, "\n"), "/a /b\xff\n", Trouble{}},
		{"cut", a + b[:len(b)/2], "/a", Trouble{Truncated: true}},
		{"cut in the middle of the log", a + b[:len(b)/2] + "\n" + a, "/a /a", Trouble{Malformed: 1, FirstMalformed: 2}},
		{"newer", a + newer + newer + b, "/a /b\xff\n", Trouble{Newer: 2, FirstNewer: 2}},
		{"not a log", "broker: denied\nx\n" + a, "/a", Trouble{Malformed: 2, FirstMalformed: 1}},
		{"not text", "\xff\xfe\n" + a, "/a", Trouble{Malformed: 1, FirstMalformed: 1}},
		{"a line without an end", strings.Repeat("x", maxRecord+100) + "\n" + a, "/a", Trouble{Malformed: 1, FirstMalformed: 1}},
		{"cut in a character", a + "{\"v\":1,\"path\":\"\xc3", "/a", Trouble{Truncated: true}},
	} {
		r := NewReader("log", strings.NewReader(tt.text))
		got := strings.Join(paths(t, r), " ")
		trouble, cause := r.Trouble()
		if got != tt.want || trouble != tt.trouble {
			t.Errorf("%s: %q, %+v", tt.name, got, trouble)
		}
		if (cause != nil) != (trouble.Newer+trouble.Malformed > 0) || trouble.Any() != (trouble != Trouble{}) {
			t.Errorf("%s: cause %v", tt.name, cause)
		}
		if read, size := r.Progress(); read != int64(len(tt.text)) || size != -1 {
			t.Errorf("%s: read %d of %d", tt.name, read, size)
		}
	}
}

func TestOpenReader(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.WriteString(z, logLine(t, "/a")+strings.Repeat(logLine(t, "/b"), 5000)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReader(write("log.gz", packed.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := paths(t, r); len(got) != 5001 || got[0] != "/a" {
		t.Errorf("packed: %d events", len(got))
	}
	if read, size := r.Progress(); read != size || size != int64(packed.Len()) {
		t.Errorf("packed: %d of %d", read, size)
	}
	cut, err := OpenReader(write("cut.gz", packed.Bytes()[:packed.Len()-12]))
	if err != nil {
		t.Fatal(err)
	}
	defer cut.Close()
	paths(t, cut)
	if trouble, _ := cut.Trouble(); !trouble.Truncated {
		t.Errorf("a packed log that is cut: %+v", trouble)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none"):        "no such file or directory; --log FILE --log-format json writes one",
		dir:                               "it is a directory; name a file in it",
		write("bad.gz", gzipMagic):        "it begins like a gzip file",
		filepath.Join(dir, "log.gz", "x"): "not a directory",
	} {
		if _, err := OpenReader(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

// endless gives the same record again and again.
type endless struct {
	line []byte
	left int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := 0
	for e.left > 0 && n+len(e.line) <= len(p) {
		n += copy(p[n:], e.line)
		e.left--
	}
	return n, nil
}

// What is kept does not grow with the log.
func TestReaderMemory(t *testing.T) {
	r := NewReader("log", &endless{[]byte(logLine(t, "/some/path")), 50_000})
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for {
		if _, err := r.Next(); err != nil {
			break
		}
	}
	if after := heap(); r.Events() != 50_000 || after > before+(1<<20) {
		t.Errorf("%d events, %d bytes of memory before and %d after", r.Events(), before, after)
	}
}

// A line without an end is not kept.
func TestReaderLongLine(t *testing.T) {
	r := NewReader("log", &endless{[]byte(strings.Repeat("x", 1<<10)), 40_000})
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if n := cap(r.buf); n > 2*maxRecord {
		t.Errorf("%d bytes of a line are kept", n)
	}
}

func TestColumns(t *testing.T) {
	got := Columns([][]string{{"count", "path", "rule"}, {"1", "/日本", ""}, {"20", "/a", "r"}}, 0)
	want := "  count  path   rule\n      1  /日本\n     20  /a     r\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestBlock(t *testing.T) {
	for _, tt := range []struct {
		kind, classes, subject string
		address                bool
		want                   string
	}{
		{"allow", "read, write", "/a*[\"", false, "  access = [\"read\", \"write\"]\n  path   = [\"/a\\\\*?\\\"\"]\n}\n"},
		{"deny", "connect", "10.0.0.1:443", true, "  access  = [\"connect\"]\n  address = [\"10.0.0.1:443\"]\n}\n"},
		{"deny", "connect", "nonsense", true, ""},
	} {
		got := Block(tt.kind, tt.classes, tt.subject, tt.address)
		if !strings.HasSuffix(got, tt.want) || tt.want != "" && !strings.HasPrefix(got, tt.kind+" \""+tt.kind+"-") || tt.want == "" && got != "" {
			t.Errorf("%s %s %q:\n%s", tt.kind, tt.classes, tt.subject, got)
		}
	}
}
