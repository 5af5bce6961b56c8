package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

const scripts = "../../testdata/script"

// TestScript runs the scripts of testdata/script against the real program, as
// root and as an ordinary user. A script finds
//
//	broker      the program, as whom the run is about
//	native      runs its arguments as the same user, without the broker
//	$HOME       an empty directory of that user
//	[root]      a condition: the run is about root
//
// and these commands beside testscript's own:
//
//	status N command...      run it and demand exactly this exit status
//	same flags... -- command run it natively and under the broker, and demand
//	                         the same standard output and exit status
//	jsonlog FILE k=v...      demand a record with all these fields
func TestScript(t *testing.T) {
	for _, who := range identities() {
		t.Run(who.name, func(t *testing.T) {
			root, err := worldReadableTemp("broker-script-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(root) })
			bin := scriptBin(t, root, who)
			testscript.Run(t, testscript.Params{
				Dir:         scripts,
				WorkdirRoot: root,
				Setup:       func(env *testscript.Env) error { return setUpScript(env, bin, who) },
				Condition: func(cond string) (bool, error) {
					if cond == "root" {
						return who.uid == 0, nil
					}
					return false, fmt.Errorf("unknown condition %q", cond)
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"status": statusCommand, "same": sameCommand, "jsonlog": jsonlogCommand,
				},
				RequireUniqueNames: true,
			})
		})
	}
}

// scriptBin makes the directory with the programs that scripts run. They may
// call one another.
func scriptBin(t *testing.T, root string, who identity) string {
	t.Helper()
	bin := filepath.Join(root, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, program := range map[string]string{"broker": brokerBinary(t) + " ", "native": ""} {
		text := "#!/bin/sh\n"
		if who.switched {
			text += fmt.Sprintf("test $(id -u) = %[1]d || exec setpriv --reuid=%[1]d --regid=%[2]d --clear-groups -- %[3]s\"$@\"\n",
				who.uid, who.gid, program)
		}
		text += "exec " + program + "\"$@\"\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return bin
}

// setUpScript gives the work directory to the user and sets the environment.
func setUpScript(env *testscript.Env, bin string, who identity) error {
	home := filepath.Join(env.WorkDir, "home")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	env.Setenv("HOME", home)
	env.Setenv("PATH", bin+":/usr/bin:/bin")
	env.Setenv("LC_ALL", "C")
	env.Setenv("UID_", fmt.Sprint(who.uid))
	env.Setenv("GID_", fmt.Sprint(who.gid))
	return filepath.WalkDir(env.WorkDir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, who.uid, who.gid)
	})
}
