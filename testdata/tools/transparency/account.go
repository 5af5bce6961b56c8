package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// ordinary is the user that the test suite makes for itself.
const ordinary = "broker-test"

// account is a user that suites run as.
type account struct {
	name     string
	uid, gid int
	switched bool // from the user that runs this
}

// accounts returns whom to run the suites as. Only root has a choice.
func accounts(whom string) ([]account, error) {
	if os.Getuid() != 0 {
		if whom == "root" {
			return nil, fmt.Errorf("-users root: only root can")
		}
		return []account{{name: "user", uid: os.Getuid(), gid: os.Getgid()}}, nil
	}
	root := account{name: "root"}
	if whom == "root" {
		return []account{root}, nil
	}
	other, err := ordinaryUser()
	if err != nil {
		return nil, err
	}
	if whom == "ordinary" {
		return []account{other}, nil
	}
	return []account{root, other}, nil
}

// ordinaryUser finds the user or makes it.
func ordinaryUser() (account, error) {
	u, err := user.Lookup(ordinary)
	if err != nil {
		if err := output(exec.Command("useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent",
			"--shell", "/bin/sh", ordinary)); err != nil {
			return account{}, err
		}
		if u, err = user.Lookup(ordinary); err != nil {
			return account{}, err
		}
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return account{}, err
	}
	gid, err := strconv.Atoi(u.Gid)
	return account{name: "user", uid: uid, gid: gid, switched: true}, err
}

func (a account) credential() *syscall.Credential {
	if !a.switched {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
}

// own gives a tree to the user.
func (a account) own(dir string) error {
	if !a.switched {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, a.uid, a.gid)
	})
}
