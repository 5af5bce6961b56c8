package rules

import (
	"slices"
	"testing"
)

func TestReach(t *testing.T) {
	p := mustLoad(t, `
allow "a" {
  access = ["exec", "read"]
  path   = ["/usr/bin/*", "/opt/{x,y}/**", "/srv/tool"]
}
allow "b" {
  access = ["read"]
  path   = ["/**"]
}
deny "c" {
  access = ["exec"]
  path   = ["/forbidden/**"]
}
program "/usr/bin/make" {
  allow "d" {
    access = ["exec"]
    path   = ["/build/**"]
  }
}`)
	got := p.Reach(Exec)
	slices.SortFunc(got, func(a, b Prefix) int { return slices.Compare([]byte(a.Path), []byte(b.Path)) })
	want := []Prefix{{"/build", false}, {"/opt/x", false}, {"/opt/y", false}, {"/srv/tool", true}, {"/usr/bin", false}}
	if !slices.Equal(got, want) {
		t.Errorf("Reach(Exec) = %v, want %v", got, want)
	}
	if got := p.Reach(Remove); len(got) != 0 {
		t.Errorf("Reach(Remove) = %v, want none", got)
	}
	if root := p.Reach(Read); !slices.Contains(root, Prefix{"/", false}) {
		t.Errorf("Reach(Read) = %v, want / among them", root)
	}
}
