package rules

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func region(t testing.TB, written ...string) Region {
	t.Helper()
	var r Region
	for _, w := range written {
		one, err := ParseRegion(w)
		if err != nil {
			t.Fatalf("%q: %v", w, err)
		}
		r.in = append(r.in, one.in...)
	}
	return r
}

func TestRegionCoveredBy(t *testing.T) {
	for _, tt := range []struct {
		narrow string
		wide   []string
		want   bool
	}{
		{"/usr/bin/git", []string{"/usr/**"}, true},
		{"/usr", []string{"/usr/**"}, true},
		{"/usr/**", []string{"/usr/*/**"}, false}, // not /usr itself
		{"/usr/**", []string{"/usr", "/usr/*/**"}, true},
		{"/usr/*", []string{"/usr/?*"}, true},
		{"/usr/*", []string{"/usr/?", "/usr/??*"}, true},
		{"/usr/*", []string{"/usr/?", "/usr/???*"}, false},
		{"/a/*.c", []string{"/a/*c"}, true},
		{"/a/*c", []string{"/a/*.c"}, false},
		{"/a/x*", []string{"/a/x", "/a/xy*"}, false},
		{"/**/a/**", []string{"/**"}, true},
		{"/**", []string{"/**/a/**"}, false},
		{"/**/a/b", []string{"/**/b"}, true},
		{"/a/**/b/**/c", []string{"/a/**/c"}, true},
		{"/a/**/c", []string{"/a/**/b/**/c"}, false},
		{"/a/.?", []string{"/a/.?*"}, true},
		// Names cannot be "." and "..", so ".?" begins where ".*" does.
		{"/a/.*", []string{"/a/.?*"}, true},
		{"/data/{a,b}/x", []string{"/data/*/x"}, true},
		{"/data/*/x", []string{"/data/{a,b}/x"}, false},
		{"/database", []string{"/data/**"}, false},
		{"/a/é", []string{"/a/?"}, true},
		{"/a/é*", []string{"/a/?*"}, true},
	} {
		if got := region(t, tt.narrow).CoveredBy(region(t, tt.wide...)); got != tt.want {
			t.Errorf("%s within %q: %v", tt.narrow, tt.wide, got)
		}
	}
}

// A union covers what none of its parts does, and exceptions open holes in it.
func TestRegionExceptions(t *testing.T) {
	all, secret, key := region(t, "/srv/**"), region(t, "/srv/secret/**"), region(t, "/srv/secret/key")
	if key.CoveredBy(all.Without(secret)) {
		t.Error("the exception is covered")
	}
	if !key.CoveredBy(all.Without(secret), secret) {
		t.Error("the parts together do not cover")
	}
	if !all.CoveredBy(all.Without(secret), secret) {
		t.Error("the parts together do not cover the whole")
	}
	if _, ok := key.Common(all.Without(secret)); ok {
		t.Error("the exception is in common")
	}
	if got := Witness([][]Region{{all}}, []Region{region(t, "/srv", "/srv/*")}); !got.Found || got.Path != "/srv/x/x" {
		t.Errorf("witness %+v", got)
	}
}

// What needs more states than the bound allows is not decided, and quickly so.
func TestRegionBound(t *testing.T) {
	var wide []Region
	for _, c := range "abcdefghijklmnop" {
		wide = append(wide, region(t, "/**/"+string(c)+"/*/*/*/*/*/*/*/*/*/*/*/*"))
	}
	f := Witness([][]Region{{region(t, "/**/x/**/x/**/x")}, wide[:1], wide[1:2], wide[2:3], wide[3:4]}, wide[4:])
	if f.Sure || f.Found {
		t.Errorf("%+v", f)
	}
}

// randomPattern writes patterns that meet one another often.
func randomPattern(r *rand.Rand) string {
	parts := []string{"a", "b", "ab", "*", "**", "a*", "*b", "?", "*a*", "a?b", ".*", "é*", "{a,b}"}
	var b strings.Builder
	for range 1 + r.IntN(4) {
		b.WriteString("/" + parts[r.IntN(len(parts))])
	}
	return b.String()
}

func randomPath(r *rand.Rand) string {
	parts := []string{"a", "b", "ab", "aab", "ba", "x", "axb", "é", "éa", "...", ".a"}
	var b strings.Builder
	for range r.IntN(5) {
		b.WriteString("/" + parts[r.IntN(len(parts))])
	}
	if b.Len() == 0 {
		return "/"
	}
	return b.String()
}

// checkWitness holds a search to the matcher: what it finds is there, and where
// it finds nothing no path is.
func checkWitness(t *testing.T, patterns [4]string, paths []string) {
	t.Helper()
	var regions [4]Region
	var matchers [4]*matcher
	for i, p := range patterns {
		r, err := ParseRegion(p)
		if err != nil {
			return
		}
		regions[i], matchers[i] = r, compileOne(t, p)
	}
	fits := func(path string) bool {
		return matchers[0].matches(path) && matchers[1].matches(path) && !matchers[2].matches(path) && !matchers[3].matches(path)
	}
	f := Witness([][]Region{{regions[0]}, {regions[1]}}, []Region{regions[2], regions[3]})
	switch {
	case f.Found && !fits(f.Path):
		t.Errorf("%q: %q does not fit", patterns, f.Path)
	case !f.Found && f.Sure:
		for _, path := range paths {
			if fits(path) {
				t.Errorf("%q: %q was not found", patterns, path)
			}
		}
	}
}

func TestWitnessAgainstMatcher(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var patterns [4]string
		for i := range patterns {
			patterns[i] = randomPattern(r)
		}
		if r.IntN(2) == 0 {
			patterns[1] = "/**"
		}
		var paths []string
		for range 60 {
			paths = append(paths, randomPath(r))
		}
		checkWitness(t, patterns, paths)
	}
}

// FuzzWitness is the same for any patterns, and any path that the fuzzer finds.
func FuzzWitness(f *testing.F) {
	for _, tt := range patternTable {
		for _, path := range append(tt.yes, tt.no...) {
			f.Add(tt.pattern, "/**", "/a/*", "/*/?", path)
		}
	}
	f.Fuzz(func(t *testing.T, a, b, c, d, path string) {
		if len(a)+len(b)+len(c)+len(d) > 200 {
			return
		}
		checkWitness(t, [4]string{a, b, c, d}, []string{path})
	})
}
