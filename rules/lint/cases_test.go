package lint

import (
	"slices"
	"strings"
	"testing"
)

// rule writes one block.
func rule(kind, name, access, path string, more ...string) string {
	return kind + ` "` + name + `" {` + "\n  access = [" + access + "]\n  path = [" + path + "]\n  " + strings.Join(more, "\n  ") + "\n}\n"
}

const why = `reason = "for a test"`

// TestCases: what is near a finding and is none, and what is one in disguise.
func TestCases(t *testing.T) {
	all := rule("allow", "all", `"read", "write", "create", "remove"`, `"/srv/**"`)
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"covered by two together", rule("allow", "b", `"read"`, `"/srv/x/?"`) + rule("allow", "c", `"read"`, `"/srv/x/??*"`) + rule("allow", "a", `"read"`, `"/srv/x/?*"`), []string{"shadowed"}},
		{"covered, but for an exception", rule("allow", "a", `"read"`, `"/srv/**"`, `except = ["/srv/x/**"]`) + rule("allow", "b", `"read"`, `"/srv/x/y"`), nil},
		{"covered for one class of two", rule("allow", "a", `"read"`, `"/srv/**"`) + rule("allow", "b", `"read", "attr"`, `"/srv/x"`), nil},
		{"denials with errnos of their own", all + rule("deny", "a", `"read"`, `"/srv/**"`, why) + rule("deny", "b", `"read"`, `"/srv/x"`, why, `errno = "ENOENT"`), nil},
		{"a rule of a program under one for all", all + "program \"/bin/x\" {\n" + rule("allow", "b", `"read"`, `"/srv/x"`) + "}\n", []string{"shadowed"}},
		{"a rule for all and one of a program", "program \"/bin/x\" {\n" + rule("allow", "b", `"read"`, `"/opt/**"`) + "}\n" + rule("allow", "a", `"read"`, `"/opt/x"`), nil},
		{"an allow partly under a denial", all + rule("deny", "d", `"read", "write", "create", "remove"`, `"/srv/x/**"`, why), nil},
		{"under two denials together", rule("allow", "a", `"read"`, `"/srv/{x,y}"`) + rule("deny", "d", `"read"`, `"/srv/x"`, why) + rule("deny", "e", `"read"`, `"/srv/y"`, why), []string{"unreachable"}},
		{"under what is hidden", rule("allow", "a", `"read"`, `"/srv/x/y"`) + rule("deny", "d", `"stat"`, `"/srv/x"`, why), []string{"unreachable"}},
		{"an emulation under a denial", all + rule("emulate", "e", `"read"`, `"/srv/x/y"`, `content = "a"`) + rule("deny", "d", `"read", "write", "create", "remove"`, `"/srv/x/**"`, why), []string{"unreachable"}},
		{"a denial that guards against a move", rule("allow", "a", `"remove", "create"`, `"/srv"`) + rule("deny", "d", `"read"`, `"/srv/x/**"`, why), nil},
		{"a denial below the working directory of somebody", rule("allow", "a", `"read"`, `"${cwd}/**"`) + rule("deny", "d", `"read"`, `"${home}/.ssh/**"`, why), nil},
		{"the working directory is no home", rule("allow", "a", `"read"`, `"${cwd}/**"`), nil},
		{"devices want to be spelled", rule("allow", "a", `"read"`, `"/dev/**"`, `# lint:accept broad-dev: for a test`) + rule("allow", "b", `"read"`, `"/dev/sda"`), []string{"accept-nothing", "broad-dev"}},
		{"what is not denied to read can be dodged", all + rule("deny", "d", `"write", "remove"`, `"/srv/x/**"`, why), nil},
		{"write and exec by two rules", all + rule("allow", "e", `"exec"`, `"/srv/bin/*"`), []string{"write-exec"}},
		{"write and exec, and a denial of one", all + rule("allow", "e", `"exec"`, `"/srv/bin/*"`) + rule("deny", "d", `"write", "create", "remove"`, `"/srv/bin/**"`, why), nil},
		{"a local used by an unused one", "locals {\n  a = \"x\"\n  b = local.a\n}\n" + all, []string{"unused-local", "unused-local"}},
		{"a local used in a condition", "locals {\n  a = true\n}\n" + rule("allow", "a", `"read"`, `local.a ? "/srv/a" : "/srv/b"`), nil},
	} {
		got := ids(lintText(t, tt.text))
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A finding can be accepted on its line, above it, above a list that it stands
// in, and at the head of its rule, but not elsewhere.
func TestAcceptPlaces(t *testing.T) {
	const accept = "# lint:accept broad-etc: for a test"
	for _, tt := range []struct {
		text string
		want int
	}{
		{"allow \"a\" {\n  access = [\"read\"]\n  path = [\n    \"/etc/**\", " + accept + "\n  ]\n}\n", 0},
		{"allow \"a\" {\n  access = [\"read\"]\n  path = [\n    " + accept + "\n    # and more\n    \"/etc/**\",\n  ]\n}\n", 0},
		{"allow \"a\" {\n  access = [\"read\"]\n  " + accept + "\n  path = [\n    \"/etc/**\",\n  ]\n}\n", 0},
		{accept + "\nallow \"a\" {\n  access = [\"read\"]\n  path = [\"/etc/**\"]\n}\n", 0},
		{"allow \"a\" { // lint:accept broad-etc, write-exec: for a test\n  access = [\"read\", \"write\", \"exec\"]\n  path = [\"/etc/**\"]\n}\n", 0},
		{"allow \"a\" {\n  " + accept + "\n  access = [\"read\"]\n  path = [\"/etc/**\"]\n}\n", 2},
		{"# lint:accept broad-etc\nallow \"a\" {\n  access = [\"read\"]\n  path = [\"/etc/**\"]\n}\n", 2}, // no reason
		{"# lint:accept broad-etc:  \nallow \"a\" {\n  access = [\"read\"]\n  path = [\"/etc/**\"]\n}\n", 2},
		{accept + "\n\nallow \"a\" {\n  access = [\"read\"]\n  path = [\"/etc/**\"]\n}\n", 2},
		{"allow \"a\" {\n  access = [\"read\"]\n  path = [\"/etc/**\"]\n  reason = \"" + accept + "\"\n}\n", 1},
	} {
		if got := ids(lintText(t, tt.text)); len(got) != tt.want {
			t.Errorf("%q, want %d of them:\n%s", got, tt.want, tt.text)
		}
	}
}

// Of many rules, none is compared with the others, and that is said.
func TestTooManyRules(t *testing.T) {
	var unique strings.Builder
	for i := range maxCompared + 1 {
		unique.WriteString(rule("allow", strings.Repeat("x", 1+i%100)+strings.Repeat("y", i/100), `"read"`, `"/srv/x"`))
	}
	res := lintText(t, unique.String())
	if !res.NotCompared || len(res.Findings) > 0 {
		t.Errorf("compared: %v, %d findings", !res.NotCompared, len(res.Findings))
	}
}
