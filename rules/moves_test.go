package rules

import "testing"

func TestMovesDenied(t *testing.T) {
	p := mustLoad(t, rule("allow", "all", "read", "/**")+
		rule("deny", "ssh", "read", "/home/u/.ssh/**")+
		rule("deny", "pem", "read", "/**/*.pem")+
		rule("deny", "keys", "read", "/srv/*/keys/**")+
		rule("deny", "vault", "read", "/vault/**", `except = ["/vault/pub/**", "/**/free/**"]`)+
		rule("deny", "nested", "read", "/**/a/**/secret")+
		"program \"/bin/p\" {\n"+rule("deny", "prog", "read", "/p/q/**")+"}\n")
	tests := []struct{ from, to, exe, want string }{
		{"/home/u", "/home/v", "", "ssh"},
		{"/home", "/x", "", "ssh"},
		{"/home/u/.ssh", "/home/u/ssh", "", "ssh"},
		{"/home/u/.ssh/sub", "/home/u/.ssh/other", "", ""},
		{"/home/u/.ssh/sub", "/tmp/other", "", "ssh"},
		{"/home/u/src", "/tmp/src", "", ""},
		{"/home/u/x.pem", "/tmp/src", "", ""},
		{"/srv/p", "/srv/q", "", ""},
		{"/srv/p", "/opt/q", "", "keys"},
		{"/srv/p/keys", "/srv/q/keys", "", ""},
		{"/srv", "/srw", "", "keys"},
		{"/vault/x", "/vault/y", "", ""},
		{"/vault/x", "/vault/pub", "", "vault"},
		{"/vault/x", "/vault/pub/y", "", "vault"},
		{"/vault/x", "/vault/free", "", "vault"},
		{"/vault/free/x", "/vault/free/y", "", ""},
		{"/vault/free/x", "/vault/y", "", ""},
		{"/tmp/x", "/vault/pub/x", "", ""},
		{"/tmp/x", "/tmp/free", "", ""},
		{"/x/a", "/x/b", "", "nested"},
		{"/x/a/y", "/x/a/z", "", ""},
		{"/x/a/y", "/z/a/z", "", ""},
		{"/x/a", "/z/a/z", "", ""},
		{"/p", "/q", "", ""},
		{"/p", "/q", "/bin/p", "prog"},
		{"/p/q/r", "/p/q/s", "/bin/p", ""},
		{"relative", "/x", "", "ssh"},
		{"/tmp/x", "/tmp/../x", "", "ssh"},
	}
	for _, tt := range tests {
		var s *Scope
		if tt.exe != "" {
			s = p.Program([]byte(tt.exe))
		}
		got := ""
		if r := p.MovesDenied([]byte(tt.from), []byte(tt.to), s); r != nil {
			got = r.Name
		}
		bad := tt.from[0] != '/' || tt.to == "/tmp/../x" // then any deny rule will do
		if got != tt.want && !(bad && got != "") {
			t.Errorf("%s to %s: %q, want %q", tt.from, tt.to, got, tt.want)
		}
	}
	// An exception that goes on is none that begins, though another does.
	on := mustLoad(t, rule("deny", "all", "read", "/**", `except = ["/**/b/**"]`)+rule("deny", "q", "read", "/q/**", `except = ["/**/b/c"]`))
	if r := on.MovesDenied([]byte("/x/b/y"), []byte("/z/b"), nil); r != nil {
		t.Errorf("inside an exception: %v", r.Name)
	}
	if r := on.MovesDenied([]byte("/x/y"), []byte("/z/b"), nil); r == nil || r.Name != "all" {
		t.Errorf("into an exception: %v", r)
	}
	none := mustLoad(t, rule("allow", "all", "read", "/**"))
	if r := none.MovesDenied([]byte("/a"), []byte("/b"), nil); r != nil {
		t.Errorf("no deny rules: %v", r)
	}
}

// TestMovesDeniedAgainstDecide moves small trees and compares: where a denied
// path below from becomes allowed below to, the move must have been refused.
func TestMovesDeniedAgainstDecide(t *testing.T) {
	names := []string{"a", "b", "k.pem"}
	var dirs, below []string
	for _, x := range names {
		dirs = append(dirs, "/"+x)
		below = append(below, "/"+x)
		for _, y := range names {
			dirs = append(dirs, "/"+x+"/"+y)
			below = append(below, "/"+x+"/"+y)
		}
	}
	policies := []string{
		rule("deny", "d", "read", "/a/**"),
		rule("deny", "d", "read", "/a/**", `except = ["/a/b/**"]`),
		rule("deny", "d", "read", "/**/*.pem", `except = ["/b/**"]`),
		rule("deny", "d", "read", "/*/a", `except = ["/**/b/a"]`),
		rule("deny", "d", "read", "/**/a/**/b", `except = ["/**/b/**"]`),
		rule("deny", "d", "read", "/a/*/*", `except = ["/a/*/?.pem"]`),
		rule("deny", "d", "read", "/**", `except = ["/**/a/**"]`),
	}
	for _, text := range policies {
		p := mustLoad(t, "default = \"allow\"\n"+text)
		for _, from := range dirs {
			for _, to := range dirs {
				if from == to {
					continue
				}
				for _, rest := range below {
					was := p.Decide(&Query{Access: Read, Path: []byte(from + rest)})
					is := p.Decide(&Query{Access: Read, Path: []byte(to + rest)})
					if was.Verdict == Deny && is.Verdict == Allow && p.MovesDenied([]byte(from), []byte(to), nil) == nil {
						t.Errorf("%s: moving %s to %s frees %s", text, from, to, from+rest)
					}
				}
			}
		}
	}
}
