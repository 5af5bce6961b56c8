package learn

import (
	"testing"

	"seccomp-broker/rules"
)

// Of what was both read and written only the doubtful part is asked about.
func TestUndoubted(t *testing.T) {
	l := &Learner{Places: NewPlaces(rules.Vars{Home: "/home/u", Cwd: "/srv/w", Project: "/srv/w", Tmp: "/tmp"})}
	for _, tt := range []struct {
		use  Use
		want rules.Access
	}{
		{Use{Path: "/home/u/.gitconfig", Access: rules.Read | rules.Write | rules.Create}, rules.Read},
		{Use{Path: "/home/u/.gitconfig", Access: rules.Write | rules.Stat}, 0},
		{Use{Path: "/home/u/.ssh/id_rsa", Access: rules.Read | rules.Stat}, 0},
		{Use{Path: "/home/u/.ssh/id_rsa", Access: rules.Read | rules.Write}, 0},
		{Use{Path: "/home/other/x", Access: rules.Read | rules.Write}, 0},
		{Use{Address: "unix:/run/docker.sock", Access: rules.Connect | rules.Bind}, 0},
	} {
		if got := l.undoubted(&tt.use); got != tt.want {
			t.Errorf("%+v: %v, want %v", tt.use, got, tt.want)
		}
	}
	for name, want := range map[string]bool{"/tmp/x/id_rsa": false, "/srv/id_rsa": true, "/srv/w/id_rsa": true} {
		if got := l.Places.suspicious(name, rules.Read); (got != "") != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
