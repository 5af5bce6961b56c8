package learn

import (
	"path"
	"strconv"
	"strings"
	"sync"

	"seccomp-broker/broker/syscalls"
)

// call is one line of a trace.
type call struct {
	name  string
	args  []string
	value string // what it returned, as it stands there
	errno string // "" where it succeeded
}

// number is what the call returned; -1 where that is no number, or it failed.
func (c *call) number() int {
	if c.errno != "" {
		return -1
	}
	return leadingNumber(c.value)
}

// cutPrefix takes process id and times off the beginning of a line.
func cutPrefix(text string) (pid int, rest string) {
	if after, ok := strings.CutPrefix(text, "[pid"); ok {
		if number, after, ok := strings.Cut(after, "]"); ok {
			pid, _ = strconv.Atoi(strings.TrimSpace(number))
			text = strings.TrimLeft(after, " ")
		}
	}
	for {
		word, after, ok := strings.Cut(text, " ")
		if !ok || word == "" || strings.Trim(word, "0123456789:.") != "" {
			return pid, text
		}
		if n, err := strconv.Atoi(word); err == nil && pid == 0 {
			pid = n
		}
		text = strings.TrimLeft(after, " ")
	}
}

// parseCall reads name(arguments) = result.
func parseCall(text string) (call, bool) {
	var c call
	name, rest, ok := strings.Cut(text, "(")
	if !ok || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return c, false
	}
	c.name = name
	args, rest, ok := arguments(rest)
	if !ok {
		return c, false
	}
	c.args = args
	result, ok := strings.CutPrefix(strings.TrimLeft(rest, " "), "= ")
	if !ok {
		return c, false
	}
	words := strings.Fields(result)
	if len(words) == 0 {
		return c, false
	}
	c.value = words[0]
	if c.value == "?" {
		c.errno = "?" // nobody saw how it ended
	}
	if c.value == "-1" && len(words) > 1 {
		c.errno = words[1]
	}
	return c, true
}

// arguments splits up to the closing parenthesis, at commas outside of texts and
// brackets.
func arguments(text string) (args []string, rest string, ok bool) {
	depth, from, inText, angle := 0, 0, false, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inText:
			if c == '\\' {
				i++
			} else if c == '"' {
				inText = false
			}
		case angle: // what -y shows of a descriptor
			if c == '>' && !(i > 0 && text[i-1] == '-') {
				angle = false
			}
		case c == '"':
			inText = true
		case c == '<' && i > 0 && (isDigit(text[i-1]) || strings.HasSuffix(text[:i], "AT_FDCWD")):
			angle = true
		case c == '[' || c == '{' || c == '(':
			depth++
		case c == ')' && depth == 0:
			if last := strings.TrimSpace(text[from:i]); last != "" || len(args) > 0 {
				args = append(args, last)
			}
			return args, text[i+1:], true
		case c == ']' || c == '}' || c == ')':
			depth--
		case c == ',' && depth == 0:
			args = append(args, strings.TrimSpace(text[from:i]))
			from = i + 1
		}
	}
	return nil, "", false
}

// unquote reads a text as strace writes it: in quotes, with C's escapes.
func unquote(s string) (string, bool) {
	if len(s) < 2 || s[0] != '"' {
		return "", false
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), !strings.HasPrefix(s[i+1:], "...")
		case c == '\\' && i+1 < len(s):
			i++
			i += unescapeC(&b, s[i:]) - 1
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// unescapeC writes what follows a backslash, and returns how long it is.
func unescapeC(b *strings.Builder, s string) int {
	if c, ok := map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', 'v': '\v', 'f': '\f', 'a': '\a', 'b': '\b'}[s[0]]; ok {
		b.WriteByte(c)
		return 1
	}
	base, from, most := 8, 0, 3
	if s[0] == 'x' {
		base, from, most = 16, 1, 3
	}
	to := from
	for to < len(s) && to < most && strings.IndexByte("0123456789abcdefABCDEF"[:map[int]int{8: 8, 16: 22}[base]], s[to]) >= 0 {
		to++
	}
	if n, err := strconv.ParseUint(s[from:to], base, 8); err == nil {
		b.WriteByte(byte(n))
		return to
	}
	b.WriteByte(s[0])
	return 1
}

func leadingNumber(s string) int {
	end := 0
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	n, err := strconv.Atoi(s[:end])
	if err != nil {
		return -1
	}
	return n
}

// signatures are the roles of the arguments of each call that rules decide.
var signatures = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for _, c := range syscalls.Table(false) {
		all[c.Name] = c.Signature
	}
	return all
})

// asks is what the call asks of the rules, with those of its flags that matter.
func asks(c *call, roles string) (syscalls.Asked, bool) {
	flags := ""
	for i, role := range strings.Fields(roles) {
		if i >= len(c.args) {
			break
		}
		switch role {
		case "flags", "at":
			flags = c.args[i]
		case "how":
			_, flags, _ = strings.Cut(c.args[i], "flags=")
			flags, _, _ = strings.Cut(flags, ",")
			flags = strings.TrimRight(flags, "}")
		}
	}
	if asked, err := syscalls.Asks(c.name, flags); err == nil {
		return asked, true
	}
	var known []string
	for word := range strings.SplitSeq(flags, "|") {
		if _, err := syscalls.Asks(c.name, word); err == nil {
			known = append(known, word)
		}
	}
	asked, err := syscalls.Asks(c.name, strings.Join(known, "|"))
	return asked, err == nil
}

// paths resolves the one or two paths of a call.
func (t *tracer) paths(pid int, p *process, c *call, roles string, asked syscalls.Asked) (name, name2 string) {
	dir, follow := p.cwd, asked.Follow
	for i, role := range strings.Fields(roles) {
		if i >= len(c.args) {
			break
		}
		switch role {
		case "dir", "dir2":
			dir = t.directory(p, c.args[i])
		case "fd":
			name = t.descriptor(p, c.args[i])
		case "path", "path2":
			text, ok := unquote(c.args[i])
			if !ok {
				continue
			}
			found := t.resolve(p, dir, text, follow && role == "path")
			if role == "path" {
				name = found
			} else {
				name2 = found
			}
			dir = p.cwd
		}
	}
	if !strings.HasPrefix(name, "/") {
		return "", ""
	}
	return own(name, pid), own(name2, pid)
}

// own spells a process's own entry as rules do.
func own(name string, pid int) string {
	if rest, ok := below(name, "/proc/"+strconv.Itoa(pid)); ok && pid > 0 {
		return strings.TrimSuffix("/proc/self/"+rest, "/")
	}
	if rest, ok := below(name, "/proc/thread-self"); ok {
		return strings.TrimSuffix("/proc/self/"+rest, "/")
	}
	return name
}

// directory is what a directory's descriptor stands for; "" where the trace
// does not tell.
func (t *tracer) directory(p *process, arg string) string {
	if rest, ok := strings.CutPrefix(arg, "AT_FDCWD"); ok {
		if shown := shownPath(rest); shown != "" {
			return shown
		}
		return p.cwd
	}
	return t.descriptor(p, arg)
}

// descriptor is the path of a descriptor: as -y shows it, or as it was opened.
func (t *tracer) descriptor(p *process, arg string) string {
	if i := strings.IndexByte(arg, '<'); i >= 0 {
		if shown := shownPath(arg[i:]); shown != "" {
			return shown
		}
	}
	return p.fds[leadingNumber(arg)]
}

// shownPath reads <path> as -y writes it.
func shownPath(s string) string {
	inner, ok := strings.CutPrefix(s, "<")
	end := strings.LastIndexByte(inner, '>')
	if !ok || end < 0 {
		return ""
	}
	inner = strings.TrimSuffix(inner[:end], " (deleted)")
	text, ok := unquote(`"` + inner + `"`)
	if !ok || !strings.HasPrefix(text, "/") {
		return ""
	}
	return text
}

// resolve makes a path absolute and canonical, as far as this machine tells.
func (t *tracer) resolve(p *process, dir, text string, follow bool) string {
	if text == "" {
		return dir
	}
	if !strings.HasPrefix(text, "/") {
		if !strings.HasPrefix(dir, "/") {
			return ""
		}
		text = dir + "/" + text
	}
	text = path.Clean(text)
	if follow || text == "/" {
		return t.canonical(text)
	}
	return path.Join(t.canonical(path.Dir(text)), path.Base(text))
}

func (t *tracer) canonical(name string) string {
	if t.host.Canonical == nil || isBelow(name, "/proc") {
		return name
	}
	return t.host.Canonical(name)
}
