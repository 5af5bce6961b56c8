package rules

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestDocsValues: what the examples' variables, functions and limits are.
func TestDocsValues(t *testing.T) {
	limits := map[string]int{
		"size of a file, MiB":                                   maxSource >> 20,
		"files, with all that they extend":                      maxFiles,
		"depth of `extends`":                                    maxDepth,
		"patterns of all rules, braces expanded":                maxPatterns,
		"alternatives that the braces of one pattern expand to": maxExpansions,
		"bytes of an expanded pattern":                          maxPath,
		"bytes of a path that is judged":                        maxQuery,
		"bytes of a rule's name":                                maxName,
		"bytes of a reason":                                     maxReason,
		"MiB of an emulated content":                            maxContent >> 20,
		"locals of a file":                                      maxLocals,
		"bytes of a local":                                      maxValue,
		"nesting of brackets and templates":                     maxNesting,
	}
	if got := docMap(t, "README.md", "limit", 1); len(got) != len(limits) {
		t.Errorf("%d limits, want %d", len(got), len(limits))
	} else {
		for what, n := range limits {
			if got[what] != strconv.Itoa(n) {
				t.Errorf("%s: %s, want %d", what, got[what], n)
			}
		}
	}
	exprs := make(map[string]string)
	for variable, value := range docMap(t, "variables.md", "variable", 2) {
		exprs["${"+code(variable)[0]+"}"] = code(value)[0]
	}
	for f, gives := range docMap(t, "variables.md", "function", 1) {
		call := code(f)[0]
		switch {
		case strings.HasPrefix(call, "env("): // the examples have it
		case strings.HasPrefix(gives, "the list"):
			exprs[`${join(", ", `+call+`)}`] = strings.NewReplacer(`"`, "", "[", "", "]", "").Replace(code(gives)[0])
		default:
			exprs["${"+call+"}"] = code(gives)[0]
		}
	}
	for expr, want := range exprs {
		p := mustLoad(t, rule("deny", "a", "read", "/a", `reason = "is `+expr+`"`), func(o *Options) { o.Vars = docVars })
		if got := p.Rules()[0].Reason; got != "is "+want {
			t.Errorf("%s is %q, want %q", expr, got, want)
		}
	}
	if len(exprs) < len(variableNames)+7 {
		t.Errorf("only %d values are documented", len(exprs))
	}
}

var docLink = regexp.MustCompile(`\]\(([^)]*)\)`)

// TestDocsLinks: every link leads somewhere, and every page is in the index.
func TestDocsLinks(t *testing.T) {
	anchors := make(map[string]bool)
	texts := make(map[string]string)
	for name := range docPages(t) {
		text, err := os.ReadFile(filepath.Join("docs", name))
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
		for _, line := range strings.Split(string(text), "\n") {
			if title := strings.TrimLeft(line, "#"); title != line {
				anchors[name+"#"+docAnchor(title)] = true
			}
		}
	}
	for name, text := range texts {
		if name != "README.md" && !strings.Contains(texts["README.md"], "("+name+")") {
			t.Errorf("the index does not name %s", name)
		}
		for _, m := range docLink.FindAllStringSubmatch(text, -1) {
			file, anchor, _ := strings.Cut(m[1], "#")
			if strings.HasPrefix(file, "https:") {
				continue
			}
			if _, err := os.Stat(filepath.Join("docs", file)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if file == "" {
				file = name
			}
			if anchor != "" && !anchors[file+"#"+anchor] {
				t.Errorf("%s: no section %s#%s", name, file, anchor)
			}
		}
	}
}
