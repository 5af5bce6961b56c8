package rules

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// FuzzGuardPlain has the tokens as its oracle: where guardPlain is sure they say
// the same.
func FuzzGuardPlain(f *testing.F) {
	for _, name := range Builtins() {
		text, _ := Builtin(name)
		f.Add(text)
	}
	files, _ := filepath.Glob("testdata/diag/*/*.hcl")
	policies, _ := filepath.Glob("../testdata/policies/*.hcl")
	for _, name := range append(files, policies...) {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, s := range []string{
		"", "{", "}", "}{", "a = [", "a = \"", "a = \"${", "a = \"${x", "a = \"${x}\"", "a = \"$${x}\"", "a = \"%{if x}\"", "a = \"\\\"\"",
		"a = \"\\\\${x}\"", "a = \"\\${x}\"", "a = \"$\"", "a = \"$\\\"{\"", "a == b", "a = <<E\n}\nE\n", "/* } */", "/* {", "# {", "// {", "#\r", "#\r\n",
		"a = -1.5e3", "a = 1.e", "a...b", "a = b/c", "\r", "\r\n", "\x00", "#\x00", "\"\n\"", "\"{\"", "a=>b", "a=\n=", "é = 1", "\"\"\"", "'{'",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) { sameGuard(t, text) })
}

// sameGuard compares the two guards and reports whether the plain one was sure.
func sameGuard(t *testing.T, text []byte) bool {
	t.Helper()
	got, sure := guardPlain(text)
	if !sure {
		return false
	}
	want, diag := guardAll(chunk{hcl.InitialPos, text}, "x")
	if diag != nil || got != want {
		t.Errorf("%q: guardPlain says whole %v, the tokens say %v, %v", text, got, want, diag)
	}
	return true
}

// Pieces in any order, which mean much to the lexer.
func TestGuardPlainPieces(t *testing.T) {
	pieces := []string{"{", "}", "[", "]", "(", ")", "\"", "\"", "${", "}", "$", "%", "%{", "$$", "\\", "\\\"", "#", "//", "/", "/*", "*/", "<<", "<<E", "E", "\n", "\n", "\r\n", "\r",
		",", "=", "==", "=>", "a", "local.b", "1.5", ".", "-", " ", "\t", "é", "\x00", "\x80", "'", "!", ":", "?"}
	r := rand.New(rand.NewPCG(1, 2))
	sure := 0
	for range 100000 {
		var text []byte
		for range 1 + r.IntN(10) {
			// The first ones are what guardPlain knows.
			n := len(pieces)
			if r.IntN(3) > 0 {
				n = 12
			}
			text = append(text, pieces[r.IntN(n)]...)
		}
		if sameGuard(t, text) {
			sure++
		}
	}
	if sure < 10000 {
		t.Errorf("guardPlain was sure %d times: this tests little", sure)
	}
}

// The bounds hold on the plain way as well.
func TestGuardPlainBounds(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("a = [\n", maxNesting), strings.Repeat("{", maxNesting), "a = " + strings.Repeat("x.", maxRun),
		"a = " + strings.Repeat("[", maxNesting-1) + "\"${x}\"", "a = [" + strings.Repeat("\"\" ", maxRun+1),
		"a = [" + strings.Repeat("\"\"\n", maxRun+1),
	} {
		if _, sure := guardPlain([]byte(text)); sure {
			t.Errorf("%.60q...: is taken for sound", text)
		}
	}
	for _, text := range []string{manyRules(100), "a = [" + strings.Repeat("\"${home}/x\",\n", 5000) + "]\n"} {
		if whole, sure := guardPlain([]byte(text)); !whole || !sure {
			t.Errorf("%.60q...: whole %v, sure %v", text, whole, sure)
		}
	}
}
