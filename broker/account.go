package broker

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Account is the user that a broker started by root becomes, and that its
// command therefore runs as.
type Account struct {
	Name        string // the uid in digits where the user database has no name
	UID, GID    uint32
	Groups      []uint32 // the supplementary ones, as initgroups(3) sets them
	Home, Shell string
}

// passwdFile is read for the login shell, which os/user does not tell.
const passwdFile = "/etc/passwd"

// noHome is a home that matches nothing, as passwd(5) writes it.
const noHome = "/nonexistent"

// FindAccount reads "USER" or "USER:GROUP", either one a name or a number. A
// uid that the user database does not know needs a group beside it. A group
// takes the place of the user's own.
func FindAccount(spec string) (*Account, error) {
	who, group, hasGroup := strings.Cut(spec, ":")
	a, known, err := findUser(who)
	if err != nil {
		return nil, err
	}
	switch {
	case hasGroup:
		gid, err := findGroup(group)
		if err != nil {
			return nil, err
		}
		a.setGroup(gid)
	case !known:
		return nil, fmt.Errorf("no user has this uid; give it a group too, for example %s:%[1]s", who)
	}
	if a.UID == 0 {
		return nil, errors.New("the command would keep all of root's rights; leave --user out for that")
	}
	return a, nil
}

func findUser(who string) (a *Account, known bool, err error) {
	if who == "" {
		return nil, false, errors.New("write the name of a user or a uid")
	}
	u, err := user.Lookup(who)
	id, isNumber := parseID(who)
	if err != nil && isNumber {
		u, err = user.LookupId(strconv.FormatUint(uint64(id), 10))
	}
	switch {
	case err == nil:
		a, err = accountOf(u)
		return a, true, err
	case isNumber:
		return &Account{Name: who, UID: id, Home: noHome, Shell: "/bin/sh"}, false, nil
	}
	return nil, false, errors.New("there is no such user")
}

// accountOf fills in what the user database says of a user.
func accountOf(u *user.User) (*Account, error) {
	uid, okUID := parseID(u.Uid)
	gid, okGID := parseID(u.Gid)
	if !okUID || !okGID {
		return nil, fmt.Errorf("the user database gives it the uid %q and the gid %q", u.Uid, u.Gid)
	}
	a := &Account{Name: u.Username, UID: uid, GID: gid, Home: u.HomeDir, Shell: loginShell(passwdFile, u.Username)}
	if !strings.HasPrefix(a.Home, "/") {
		a.Home = noHome
	}
	groups, err := u.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("its groups cannot be told: %w", err)
	}
	for _, text := range groups {
		id, ok := parseID(text)
		if !ok {
			return nil, fmt.Errorf("the user database puts it into a group %q", text)
		}
		a.Groups = append(a.Groups, id)
	}
	return a, nil
}

// setGroup makes gid the group in place of the user's own.
func (a *Account) setGroup(gid uint32) {
	a.Groups = slices.DeleteFunc(a.Groups, func(g uint32) bool { return g == a.GID || g == gid })
	a.Groups = slices.Insert(a.Groups, 0, gid)
	a.GID = gid
}

func findGroup(name string) (uint32, error) {
	if g, err := user.LookupGroup(name); err == nil {
		name = g.Gid
	}
	if gid, ok := parseID(name); ok {
		return gid, nil
	}
	return 0, fmt.Errorf("there is no group %q", name)
}

// parseID reads a uid or a gid. The last number means "no change" to
// setresuid(2).
func parseID(text string) (uint32, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err == nil && n < math.MaxUint32
}

// loginShell reads the shell of a user from a passwd file: passwd(5), where no
// shell means /bin/sh, and so it does for users from elsewhere.
func loginShell(file, name string) string {
	const shell, fields = 6, 7
	f, err := os.Open(file)
	if err != nil {
		return "/bin/sh"
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		entry := strings.Split(lines.Text(), ":")
		if len(entry) == fields && entry[0] == name && entry[shell] != "" {
			return entry[shell]
		}
	}
	return "/bin/sh"
}

// Setenv puts the user into this process's environment, as su(1) does: HOME,
// SHELL, USER and LOGNAME change, everything else stays.
func (a *Account) Setenv() error {
	for _, v := range [][2]string{{"HOME", a.Home}, {"SHELL", a.Shell}, {"USER", a.Name}, {"LOGNAME", a.Name}} {
		if err := os.Setenv(v[0], v[1]); err != nil {
			return fmt.Errorf("set %s: %w", v[0], err)
		}
	}
	return nil
}

// Become gives up root for good: all threads of this process become the user
// and keep no capability, so that there is no authority left to lend. The
// calling thread, which must be the one that starts the command, also leaves
// root's session keyring, whose keys go to whoever has it: keyrings(7).
func (a *Account) Become() error {
	groups := make([]int, 0, len(a.Groups))
	for _, g := range a.Groups {
		groups = append(groups, int(g))
	}
	if err := syscall.Setgroups(groups); err != nil {
		return fmt.Errorf("set the groups: %w", err)
	}
	if err := syscall.Setresgid(int(a.GID), int(a.GID), int(a.GID)); err != nil {
		return fmt.Errorf("set the gid to %d: %w", a.GID, err)
	}
	if err := syscall.Setresuid(int(a.UID), int(a.UID), int(a.UID)); err != nil {
		return fmt.Errorf("set the uid to %d: %w", a.UID, err)
	}
	if err := noCapabilities(); err != nil {
		return err
	}
	// A filter that refuses this call refuses it to the command too.
	_, err := unix.KeyctlInt(unix.KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0)
	if err != nil && err != unix.EPERM && err != unix.ENOSYS {
		return fmt.Errorf("leave root's session keyring: %w", err)
	}
	return nil
}

// noCapabilities makes sure that the change of the uid took them away, which
// securebits can prevent: capabilities(7).
func noCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return fmt.Errorf("read the capabilities: %w", err)
	}
	for _, d := range data {
		if d.Effective|d.Permitted != 0 {
			return errors.New("the capabilities stay although the uid has changed, because of securebits (capsh --print shows them)")
		}
	}
	return nil
}
