package syscalls

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// continuing are the only functions that may let the kernel do a call, each
// with why that is sound. Anything else acts on the copy that was checked.
var continuing = map[string]string{
	"doIdentity":    "nothing is decided: the broker only has to know",
	"judgeImages":   "only the kernel can replace an image; the exec guard stands behind it",
	"doChdir":       "only the kernel can move a thread; what is named from there is judged when it is used",
	"doListen":      "whatever socket the descriptor is by then, the rules let it listen; its bind was judged",
	"doOption":      "the filter has looked at the registers, and whether there is a network is for the rules alone",
	"notEmulated":   "only registers were looked at, and the filter would have let it pass by itself",
	"openReference": "O_PATH stands in a register, and what it gives is judged when it is used",
}

func TestContinueIsRare(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if ok && s.Sel.Name == "Continue" {
					seen[f.Name.Name] = true
				}
				return true
			})
		}
	}
	for name := range seen {
		if continuing[name] == "" {
			t.Errorf("%s continues a call in the kernel: act on what was checked instead, or say here why it is sound", name)
		}
	}
	for name := range continuing {
		if !seen[name] {
			t.Errorf("%s does not continue anything any more: take it off the list", name)
		}
	}
}

// TestTableIsDispatched makes sure that a row cannot exist without its call.
func TestTableIsDispatched(t *testing.T) {
	for _, c := range Table(true) {
		got := lookup(int32(c.Number))
		if got == nil || got.Name != c.Name || got.handle == nil {
			t.Errorf("%s (%d) is dispatched to %+v", c.Name, c.Number, got)
		}
	}
	for _, n := range []int32{-1, lastNumber, 1 << 30, 0} {
		if lookup(n) != nil {
			t.Errorf("number %d has a handler", n)
		}
	}
}
