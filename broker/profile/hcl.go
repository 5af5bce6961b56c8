package profile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"golang.org/x/sys/unix"
)

// lineWidth is where lists are wrapped.
const lineWidth = 92

// HCL writes the rules down. source is named in a comment at the top.
func (in *Imported) HCL(source string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# The kernel part of %s.\n", commentText(source))
	b.WriteString("# What files and addresses may be used is for rules that have to be added.\n")
	if len(in.Mediated) > 0 {
		comment(&b, "The profile leaves these to rules: "+strings.Join(in.Mediated, " "))
	}
	if len(in.Stricter) > 0 {
		b.WriteString("#\n# Stricter than the profile:\n")
		for _, n := range in.Stricter {
			fmt.Fprintf(&b, "#   %s: %s\n", n.Call, n.Why)
		}
	}
	if len(in.Allow) > 0 || len(in.Kill) > 0 {
		b.WriteString("\nsyscalls {\n")
		if len(in.Allow) > 0 {
			list(&b, "allow", append([]string{"@default"}, in.Allow...))
		}
		list(&b, "kill", in.Kill)
		b.WriteString("}\n")
	}
	for _, errno := range slices.Sorted(maps.Keys(in.Deny)) {
		b.WriteString("\nsyscalls {\n")
		list(&b, "deny", in.Deny[errno])
		if name := unix.ErrnoName(syscall.Errno(errno)); name != "EPERM" {
			fmt.Fprintf(&b, "errno = %q\n", name)
		}
		b.WriteString("}\n")
	}
	return hclwrite.Format([]byte(b.String()))
}

// list writes an attribute, in lines that fit.
func list(b *strings.Builder, name string, words []string) {
	if len(words) == 0 {
		return
	}
	fmt.Fprintf(b, "%s = [\n", name)
	line := ""
	for _, w := range words {
		item := fmt.Sprintf("%q,", w)
		if len(line)+1+len(item) > lineWidth {
			fmt.Fprintln(b, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+item, " ")
	}
	fmt.Fprintf(b, "%s\n]\n", line)
}

// comment writes a text as comments, in lines that fit.
func comment(b *strings.Builder, text string) {
	line := "#"
	for _, w := range strings.Fields(text) {
		if len(line)+1+len(w) > lineWidth {
			fmt.Fprintln(b, line)
			line = "#  "
		}
		line += " " + w
	}
	fmt.Fprintln(b, line)
}

// commentText keeps a name from ending the comment that it stands in.
func commentText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}
