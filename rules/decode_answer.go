package rules

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// answerFields are the fields of struct utsname and struct sysinfo that rules
// may give: uname(2), sysinfo(2).
var answerFields = map[string][]string{
	"uname":   {"sysname", "nodename", "release", "version", "machine", "domainname"},
	"sysinfo": {"uptime", "totalram", "freeram", "sharedram", "bufferram", "totalswap", "freeswap", "procs"},
}

const (
	maxUname = 64        // bytes of a field of struct utsname, without its NUL
	maxProcs = 1<<16 - 1 // of struct sysinfo
)

// decodeAnswer reads the fields of the structure that a call gives.
func (f *file) decodeAnswer(a *hclsyntax.Attribute, calls []string) []Field {
	if len(calls) == 0 {
		return nil // wrong, and reported
	}
	fields, ok := answerFields[calls[0]]
	if !ok || len(calls) > 1 {
		f.d.errorf(a.NameRange.Ptr(), "No such answer", `Only uname and sysinfo have one, each in a rule of its own: syscall = ["uname"]. Use value or errno for other calls.`)
		return nil
	}
	example := answerExample
	if calls[0] == "sysinfo" {
		example = `answer = { totalram = "2GiB", procs = 4 }`
	}
	var list []Field
	for _, it := range f.object(a, example) {
		if !slices.Contains(fields, it.name) {
			f.d.errorf(&it.rng, "Unknown field", "%s has no field %q that a rule can give. It has %s.%s", calls[0], it.name, strings.Join(fields, ", "), didYouMean(it.name, fields))
			continue
		}
		v, ok := f.eval(it.value, plain)
		if !ok {
			continue
		}
		rng := it.value.Range()
		if calls[0] == "uname" {
			list = append(list, Field{Name: it.name, Text: f.unameField(it.name, v, &rng)})
			continue
		}
		list = append(list, Field{Name: it.name, Number: f.sysinfoField(it.name, v, &rng)})
	}
	return list
}

func (f *file) unameField(name string, v cty.Value, rng *hcl.Range) string {
	if v.IsNull() || v.Type() != cty.String {
		f.d.errorf(rng, "Wrong type", `%s must be a string, not %s. Write for instance: release = "6.1.0"`, name, typeName(v))
		return ""
	}
	s := v.AsString()
	if len(s) > maxUname || strings.ContainsRune(s, 0) {
		f.d.errorf(rng, "Text too long", "%s has room for %d bytes, none of them NUL; this has %d.", name, maxUname, len(s))
	}
	return s
}

// sysinfoField reads a number, or for sizes also a text such as "2GiB".
func (f *file) sysinfoField(name string, v cty.Value, rng *hcl.Range) uint64 {
	isSize := name != "uptime" && name != "procs"
	most, example := uint64(1)<<62, `"2GiB"`
	switch name {
	case "uptime":
		example = "3600"
	case "procs":
		most, example = maxProcs, "4"
	}
	n, ok := uint64(0), false
	switch {
	case v.IsNull():
	case v.Type() == cty.Number:
		var accuracy big.Accuracy
		n, accuracy = v.AsBigFloat().Uint64()
		ok = accuracy == big.Exact
	case v.Type() == cty.String && isSize:
		n, ok = parseSize(v.AsString(), most)
	}
	if !ok || n > most {
		f.d.errorf(rng, "Bad number", "%s must be a whole number of at most %d. Write for instance: %s = %s", name, most, name, example)
		return 0
	}
	return n
}

// parseSize reads a number of bytes, perhaps with a unit.
func parseSize(s string, most uint64) (uint64, bool) {
	shift := 0
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if number, ok := strings.CutSuffix(s, unit); ok {
			s, shift = strings.TrimSpace(number), 10*(i+1)
		}
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > most>>shift {
		return 0, false
	}
	return n << shift, true
}
