package audit

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// full is an event with every field set.
func full() Event {
	return Event{
		V: Schema, Time: time.Date(2026, 3, 4, 5, 6, 7, 89, time.UTC), ID: 0xfedcba9876543210,
		Session: "5e551017", PID: 1234, TID: 1235, Exe: "/usr/bin/cat", Comm: "cat",
		Syscall: "renameat2", Access: "create", Path: "/tmp/a", Raw: "../a", Path2: "/tmp/b", Raw2: "b",
		OnPath2: true, Flags: "RENAME_NOREPLACE", Argv: "mv a b", Address: "unix:/run/x", Verdict: "deny", Action: Denied,
		Errno: "EACCES", Rule: &Rule{Name: "secrets", File: "app.hcl", Line: 12},
		Reason: "private keys stay on the host", Latency: 10600,
		ShadowVerdict: "emulate", ShadowRule: &Rule{Name: "new secrets", File: "new.hcl", Line: 3},
	}
}

// openat is the ordinary event of the other tests.
func openat(action Action, path string, rule *Rule) *Event {
	return &Event{
		Time: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), PID: 1234, TID: 1234, Comm: "cat",
		Syscall: "openat", Access: "read", Path: path, Action: action, Rule: rule,
	}
}

var keyRule = &Rule{Name: "secrets", File: "app.hcl", Line: 12}

func TestEncodeGolden(t *testing.T) {
	hostile := *openat(Denied, "/tmp/a\xff\\", nil)
	hostile.Comm = "a\\\n\x1b\x7f\u202e\U000e0041<&>"
	hostile.Rule = &Rule{Name: "r\xfe", File: "f", Line: 1}
	for _, tc := range []struct {
		name  string
		event Event
		want  string
	}{
		{"full", full(), `{"v":1,"time":"2026-03-04T05:06:07.000000089Z","id":"18364758544493064720","session":"5e551017",` +
			`"pid":1234,"tid":1235,"exe":"/usr/bin/cat","comm":"cat","syscall":"renameat2","access":"create",` +
			`"path":"/tmp/a","raw":"../a","path2":"/tmp/b","raw2":"b","on_path2":true,"flags":"RENAME_NOREPLACE","argv":"mv a b",` +
			`"address":"unix:/run/x","verdict":"deny","action":"denied","errno":"EACCES",` +
			`"rule":{"name":"secrets","file":"app.hcl","line":12},"reason":"private keys stay on the host",` +
			`"shadow_verdict":"emulate","shadow_rule":{"name":"new secrets","file":"new.hcl","line":3},"latency_ns":10600}`},
		{"hostile", hostile, `{"v":1,"time":"2026-01-02T03:04:05.006Z","id":"0","session":"","pid":1234,"tid":1234,` +
			`"comm":"a\\\n\u001b\u007f\u202e\udb40\udc41<&>","syscall":"openat","access":"read","path":"/tmp/a\\xff\\\\",` +
			`"action":"denied","rule":{"name":"r\\xfe","file":"f","line":1},"latency_ns":0,"escaped":["path","rule.name"]}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := *tc.event.Clone()
			line, err := Encode(&tc.event)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want+"\n", string(line)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(before, tc.event); diff != "" {
				t.Errorf("Encode changed its argument: %s", diff)
			}
		})
	}
}

// hostileStrings are texts that a target could choose.
var hostileStrings = []string{
	"", "/plain/path", "/with space", "/back\\slash", "/nl\nx", "/esc\x1b[31m", "/\x9b31m", "/\xff\xfe",
	"/\\xff", "/\\\\xff", "/\xff\\xff", "/trunc\xe2\x82", "/\u202egnp.exe", "/zero\u200bwidth", "/\ufeff", "/\ufffd",
	"/\u2028", "/\u0085", "/\x7f", "/\x00", "/\U000e0041", "/é", "/e\u0301", "/日本", "/\"q\"", "/\xed\xa0\x80", "/${x}%{y}",
	"/tmp/a (openat by cat[1]): rule \"ok\" at x:1", "/[a]{b,c}*?", "/\u3164", "/a\ufe0f", "\u0301x", "/a\u0301\u0301\u0301\u0301\u0301",
}

func TestEventRoundTrip(t *testing.T) {
	for _, s := range hostileStrings {
		roundTrip(t, s, strings.ToUpper(s))
	}
}

// roundTrip puts a and b into every string of an event in turn.
func roundTrip(t *testing.T, a, b string) {
	t.Helper()
	e := full()
	for i, f := range e.texts(new([maxTexts]text)) {
		if *f.value = a; i%2 == 1 {
			*f.value = b
		}
	}
	line, err := Encode(&e)
	if err != nil {
		t.Fatal(err)
	}
	if !utf8.Valid(line) || strings.Count(string(line), "\n") != 1 || strings.ContainsFunc(strings.TrimSuffix(string(line), "\n"), invisible) {
		t.Errorf("line is not clean: %q", line)
	}
	got, err := Decode(line)
	if err != nil {
		t.Fatalf("Decode(%s): %v", line, err)
	}
	if diff := cmp.Diff(e, got); diff != "" {
		t.Errorf("%q, %q: %s", a, b, diff)
	}
	viaJSON, err := json.Marshal(map[string]Event{"e": e})
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]Event
	if err := json.Unmarshal(viaJSON, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, back["e"]); diff != "" {
		t.Errorf("through encoding/json: %s", diff)
	}
}

func FuzzEventRoundTrip(f *testing.F) {
	for i, s := range hostileStrings {
		f.Add(s, hostileStrings[len(hostileStrings)-1-i])
	}
	f.Fuzz(roundTrip)
}

// Every string of Event and Rule must be listed by texts, or its invalid bytes
// would be replaced silently.
func TestTextsCompleteAndNamed(t *testing.T) {
	e := full()
	listed := map[string]bool{}
	for _, f := range e.texts(new([maxTexts]text)) {
		listed[f.name] = true
	}
	for _, f := range jsonFields(reflect.TypeFor[Event](), "") {
		if f.kind == reflect.String && !listed[f.name] {
			t.Errorf("texts() lacks %q", f.name)
		}
		delete(listed, f.name)
	}
	for name := range listed {
		t.Errorf("texts() has %q, which is no field", name)
	}
}

type jsonField struct {
	name   string
	kind   reflect.Kind
	always bool
	quoted bool
}

func jsonFields(typ reflect.Type, prefix string) (list []jsonField) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		ft := f.Type
		if f.Anonymous {
			list = append(list, jsonFields(ft, prefix)...)
			continue
		}
		parts := strings.Split(f.Tag.Get("json"), ",")
		opts := strings.Join(parts[1:], ",")
		if ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		list = append(list, jsonField{
			prefix + parts[0], ft.Kind(), !strings.Contains(opts, "omitempty"), strings.Contains(opts, "string"),
		})
		if ft == reflect.TypeFor[Rule]() {
			list = append(list, jsonFields(ft, prefix+parts[0]+".")...)
		}
	}
	return list
}

// The table of SCHEMA.md must list the fields of the wire form in order, with
// their types and whether they may be absent.
func TestSchemaDocument(t *testing.T) {
	doc, err := os.ReadFile("SCHEMA.md")
	if err != nil {
		t.Fatal(err)
	}
	types := map[reflect.Kind]string{
		reflect.String: "string", reflect.Int: "number", reflect.Int64: "number", reflect.Bool: "bool",
		reflect.Slice: "array",
	}
	var want, got []string
	for _, f := range jsonFields(reflect.TypeFor[wire](), "") {
		typ := types[f.kind]
		switch {
		case f.quoted || f.name == "time":
			typ = "string"
		case f.name == "rule" || f.name == "shadow_rule":
			typ = "object"
		}
		present := "sometimes"
		if f.always {
			present = "always"
		}
		want = append(want, f.name+" "+typ+" "+present)
	}
	row := regexp.MustCompile("(?m)^\\| `([a-z0-9_.]+)` \\| (\\w+) \\| ([a-z ]+) \\| .+ \\|$")
	for _, m := range row.FindAllStringSubmatch(string(doc), -1) {
		present := m[3]
		if strings.HasPrefix(present, "if ") {
			present = "sometimes"
		}
		got = append(got, m[1]+" "+m[2]+" "+present)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("struct tags (-) and SCHEMA.md (+) disagree:\n%s", diff)
	}
	if !strings.HasPrefix(string(doc), "# The audit record, schema 1\n") || Schema != 1 {
		t.Error("the document's title names another schema")
	}
	for action := range verbs {
		if !regexp.MustCompile("`action`.*\\b" + string(action) + "\\b").Match(doc) {
			t.Errorf("action %q is not documented", action)
		}
	}
}

func TestDecode(t *testing.T) {
	for _, tc := range []struct{ name, line, path, err string }{
		{"unknown fields", `{"v":1,"time":"2026-01-02T03:04:05Z","id":"1","path":"/x","new":{"a":[1]},"escaped":["new"]}`, "/x", ""},
		{"escaped", `{"v":1,"path":"/\\xff\\\\","escaped":["path"]}`, "/\xff\\", ""},
		{"not escaped", `{"v":1,"path":"/\\xff\\\\"}`, `/\xff\\`, ""},
		{"newer", `{"v":2,"path":["/x"]}`, "", "unsupported audit schema 2: this broker reads up to 1; use a newer broker"},
		{"zero", `{"v":0}`, "", "unsupported audit schema 0"},
		{"no version", `{"path":"/x"}`, "", `no "v" field`},
		{"cut", `{"v":1,"path":"/x`, "", "unexpected end"},
		{"empty", ``, "", "unexpected end"},
		{"text", `broker: denied`, "", "invalid character"},
		{"array", `[1]`, "", "cannot unmarshal"},
		{"invalid UTF-8", "{\"v\":1,\"path\":\"/\xff\"}", "", "not valid UTF-8"},
		{"bad escape", `{"v":1,"path":"/\\q","escaped":["path"]}`, "", `field "path": unknown escape "\q"`},
		{"wrong type", `{"v":1,"path":7}`, "", "cannot unmarshal"},
		{"two objects", `{"v":1}{"v":1}`, "", "after top-level value"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, err := Decode([]byte(tc.line))
			switch {
			case tc.err == "" && err != nil:
				t.Fatal(err)
			case tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)):
				t.Fatalf("error %v, want one with %q", err, tc.err)
			case e.Path != tc.path:
				t.Errorf("path %q, want %q", e.Path, tc.path)
			}
			if newer := tc.name == "newer" || tc.name == "zero"; newer != errors.Is(err, ErrSchema) {
				t.Errorf("errors.Is(%v, ErrSchema) = %t", err, !newer)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	e := full()
	line, _ := Encode(&e)
	f.Add(line)
	f.Add([]byte(`{"v":1,"path":"/\\xff\\\\","escaped":["path"]}`))
	f.Add([]byte(`{"v":1,"rule":null,"escaped":["rule.name"]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := Decode(line)
		if err != nil {
			return
		}
		again, err := Encode(&e)
		if err != nil {
			t.Fatalf("decoded but cannot be encoded: %v", err)
		}
		back, err := Decode(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, back); diff != "" {
			t.Error(diff)
		}
	})
}

func TestEncodeNeverFailsSilently(t *testing.T) {
	e := full()
	e.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := Encode(&e); err == nil {
		t.Error("a time without JSON form was encoded")
	}
}
