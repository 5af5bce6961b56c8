package main

import (
	"strings"
	"testing"
)

const passing = `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"quiet\n"}
{"Action":"run","Package":"p","Test":"TestA/sub"}
{"Action":"pass","Package":"p","Test":"TestA/sub"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p"}
`

func TestCount(t *testing.T) {
	tests := []struct {
		name   string
		input  string
		last   string
		ok     bool
		says   []string
		silent []string
	}{
		{
			name: "all pass", input: passing,
			last: "tests: 2 passed, 0 failed, 0 skipped", ok: true, silent: []string{"quiet"},
		},
		{
			name: "two runs of one package", input: passing + `{"Action":"ended","Package":"root","Output":"0"}` + "\n" + passing,
			last: "tests: 4 passed, 0 failed, 0 skipped", ok: true,
		},
		{
			name: "nothing ran", input: "",
			last: "tests: 0 passed, 0 failed, 0 skipped",
		},
		{
			name: "a failed test shows its output",
			input: passing + `{"Action":"output","Package":"q","Test":"TestB","Output":"b_test.go:7: wrong\n"}
{"Action":"fail","Package":"q","Test":"TestB"}
{"Action":"fail","Package":"q"}
{"Action":"ended","Package":"root","Output":"1"}
`,
			last: "tests: 2 passed, 1 failed, 0 skipped", says: []string{"b_test.go:7: wrong"},
		},
		{
			name: "a package that does not compile",
			input: passing + `{"ImportPath":"q","Action":"build-output","Output":"q.go:1: syntax error\n"}
{"ImportPath":"q","Action":"build-fail"}
{"Action":"fail","Package":"q","FailedBuild":"q"}
`,
			last: "tests: 2 passed, 1 failed, 0 skipped", says: []string{"q.go:1: syntax error"},
		},
		{
			name: "a package that dies in a test",
			input: passing + `{"Action":"run","Package":"q","Test":"TestB"}
{"Action":"output","Package":"q","Test":"TestB","Output":"panic: boom\n"}
{"Action":"fail","Package":"q"}
`,
			last: "tests: 2 passed, 1 failed, 0 skipped", says: []string{"panic: boom"},
		},
		{
			name:  "a run that dies without a word",
			input: passing + `{"Action":"ended","Package":"root","Output":"137"}` + "\n",
			last:  "tests: 2 passed, 1 failed, 0 skipped", says: []string{"as root ended with status 137"},
		},
		{
			name: "a skip for a good reason",
			input: passing + `{"Action":"output","Package":"q","Test":"TestB","Output":"    b_test.go:7: needs root\n"}
{"Action":"skip","Package":"q","Test":"TestB"}
{"Action":"pass","Package":"q"}
`,
			last: "tests: 2 passed, 0 failed, 1 skipped", ok: true,
		},
		{
			name: "a skip for another reason",
			input: passing + `{"Action":"output","Package":"q","Test":"TestB","Output":"    b_test.go:7: no time\n"}
{"Action":"skip","Package":"q","Test":"TestB"}
{"Action":"pass","Package":"q"}
`,
			last: "tests: 2 passed, 1 failed, 0 skipped", says: []string{"not allowed", "no time"},
		},
		{
			name:  "what is no event is passed on",
			input: "go: no such module\n" + passing,
			last:  "tests: 2 passed, 0 failed, 0 skipped", ok: true, says: []string{"go: no such module"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			c := newCounter(&out)
			if err := c.allow("# comment\n\nneeds root$\n"); err != nil {
				t.Fatal(err)
			}
			if err := c.read(strings.NewReader(tt.input)); err != nil {
				t.Fatal(err)
			}
			if ok := c.finish(); ok != tt.ok {
				t.Errorf("finish() = %v, want %v", ok, tt.ok)
			}
			lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
			if last := lines[len(lines)-1]; last != tt.last {
				t.Errorf("last line %q, want %q", last, tt.last)
			}
			for _, want := range tt.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in:\n%s", want, &out)
				}
			}
			for _, not := range tt.silent {
				if strings.Contains(out.String(), not) {
					t.Errorf("%q in:\n%s", not, &out)
				}
			}
		})
	}
}

func TestAllowBadExpression(t *testing.T) {
	err := newCounter(&strings.Builder{}).allow("fine\n(\n")
	if err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("allow(%q) = %v, want an error for line 2", "(", err)
	}
}
