package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// checkNarrowed checks the calls to which a rule about files or addresses is
// narrowed.
func (f *file) checkNarrowed(a *hclsyntax.Attribute, r *Rule, given string) {
	rng := a.NameRange.Ptr()
	switch {
	case given != "errno" && given != "value":
		f.d.errorf(rng, "Calls are not told apart", "What %s serves is the same for every call. Take syscall out.", given)
		return
	case r.Access&Stat != 0:
		f.d.errorf(rng, "Calls are not told apart", "What may be known of a place is the same for every call. Take syscall out, or stat.")
		return
	}
	for _, name := range r.Calls {
		access, mediated := mediatedCalls()[name]
		switch {
		case !mediated:
			f.d.errorf(a.Expr.Range().Ptr(), "Not judged by what it names", "%s names no path and no address. Write it in a rule of its own, with syscall and without access.", name)
		case access&r.Access == 0:
			f.d.errorf(a.Expr.Range().Ptr(), "Never asked for", "%s asks for %s, so the rule would not be about it. Change access, or take it out.", name, access)
		case given == "value" && opensFile(name):
			f.d.errorf(a.Expr.Range().Ptr(), "A number in place of a descriptor", "%s returns a descriptor. Use file or content for opens, or errno.", name)
		}
	}
}

// checkCalls checks a rule that is about calls as such.
func (f *file) checkCalls(b *hclsyntax.Block, dr *draft, em *Emulation, given string) {
	if a := b.Body.Attributes["except"]; a != nil {
		f.d.errorf(a.NameRange.Ptr(), "Nothing to except from", "The rule is about a call, not about paths or addresses. Use when, or take except out.")
	}
	if !slices.Contains([]string{"errno", "value", "answer"}, given) {
		f.d.errorf(b.Body.Attributes[given].NameRange.Ptr(), "Not an answer to a call", "%s is served in place of what a path or an address names: add access, and take syscall out. Use errno, value or answer for a call.", given)
		return
	}
	rng := b.Body.Attributes["syscall"].Expr.Range().Ptr()
	for _, name := range dr.rule.Calls {
		f.checkCall(name, rng, given, dr.program >= 0)
	}
	if a := b.Body.Attributes["when"]; a != nil {
		em.When = f.decodeWhen(a, dr.rule.Calls)
	}
	if a := b.Body.Attributes["answer"]; a != nil {
		em.Answer = f.decodeAnswer(a, dr.rule.Calls)
	}
}

func (f *file) checkCall(name string, rng *hcl.Range, given string, inProgram bool) {
	if access, mediated := mediatedCalls()[name]; mediated {
		subject, all := "path", `["/**"]`
		if access&(Connect|Bind) != 0 {
			subject, all = "address", `["*"]`
		}
		class, _, _ := strings.Cut((access &^ Create).String(), ",")
		if access == Create {
			class = access.String()
		}
		f.d.errorf(rng, "Judged by what it names", "%s is decided by its %s. Add access = [%q] and %s = %s, or a narrower one.", name, subject, class, subject, all)
		return
	}
	if given == "value" && isOneOf(name, descriptorCalls) {
		f.d.errorf(rng, "A number in place of a descriptor", "%s returns a descriptor, which cannot be made up. Use errno.", name)
		return
	}
	if f.o.Emulable == nil || given == "errno" && !inProgram {
		return
	}
	if err := f.o.Emulable(name); err != nil {
		f.d.errorf(rng, "Always refused", "%s. It can have another errno, in a rule that stands in no program block.", err)
	}
}

// decodeWhen reads the conditions of a rule, by argument.
func (f *file) decodeWhen(a *hclsyntax.Attribute, calls []string) []Condition {
	var list []Condition
	for _, item := range f.object(a, whenExample) {
		values, ok := f.conditionValues(item.value, item.name)
		if !ok || len(calls) == 0 {
			continue
		}
		arg, ok := f.whichArgument(item, calls)
		if !ok {
			continue
		}
		c := Condition{Name: item.name}
		for _, v := range values {
			r, err := parseRange(v.s, arg)
			if err != nil {
				f.d.errorf(v.rng.Ptr(), "Bad condition", `%s. Write a number, "LOW-HIGH", or "VALUE/MASK" for some of its bits: "1", "0x10-0x1f", "0/0x3".`, err)
				continue
			}
			c.Any = append(c.Any, r)
		}
		list = append(list, c)
	}
	return list
}

// item is an attribute of an object.
type item struct {
	name  string
	rng   hcl.Range
	value hclsyntax.Expression
}

const (
	whenExample   = `when = { policy = [1, 2], arg0 = 0 }`
	answerExample = `answer = { release = "6.1.0" }`
)

// isObject wants names and values in braces.
func (f *file) isObject(a *hclsyntax.Attribute, example string) {
	if cons, ok := a.Expr.(*hclsyntax.ObjectConsExpr); !ok || len(cons.Items) == 0 {
		f.d.errorf(a.Expr.Range().Ptr(), "Wrong type", "%s must be one or more names with values, in braces. Write for instance: %s", a.Name, example)
	}
}

// object reads what is in braces behind an attribute.
func (f *file) object(a *hclsyntax.Attribute, example string) []item {
	cons, ok := a.Expr.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return nil // reported when the attribute was met
	}
	seen := map[string]bool{}
	var list []item
	for _, it := range cons.Items {
		name := hcl.ExprAsKeyword(it.KeyExpr)
		if name == "" {
			f.d.errorf(it.KeyExpr.Range().Ptr(), "Bad name", "Write a plain word before the =. For instance: %s", example)
			continue
		}
		if seen[name] {
			f.d.errorf(it.KeyExpr.Range().Ptr(), "Name used twice", "%q is already set. Write all of its values in one list.", name)
			continue
		}
		seen[name] = true
		list = append(list, item{name, it.KeyExpr.Range(), it.ValueExpr})
	}
	return list
}

// conditionValues reads one value or a list of them, as text.
func (f *file) conditionValues(expr hclsyntax.Expression, name string) ([]stringAt, bool) {
	exprs := []hclsyntax.Expression{expr}
	if tuple, ok := expr.(*hclsyntax.TupleConsExpr); ok {
		exprs = tuple.Exprs
	}
	var list []stringAt
	for _, e := range exprs {
		v, ok := f.number(e)
		if !ok {
			return nil, false
		}
		switch {
		case !v.IsNull() && v.Type() == cty.Number:
			list = append(list, stringAt{v.AsBigFloat().Text('f', -1), e.Range()})
		case !v.IsNull() && v.Type() == cty.String:
			list = append(list, stringAt{v.AsString(), e.Range()})
		default:
			f.d.errorf(e.Range().Ptr(), "Wrong type", `%s must be a number, a text such as "1-5", or a list of these, not %s.`, name, typeName(v))
			return nil, false
		}
	}
	if len(list) == 0 {
		f.d.errorf(expr.Range().Ptr(), "Empty condition", "No argument would fulfil it. Name the values of %s, or take it out.", name)
	}
	return list, len(list) > 0
}

// whichArgument finds the register that a name means, which must be the same in
// all of the calls.
func (f *file) whichArgument(it item, calls []string) (argument, bool) {
	if number, ok := strings.CutPrefix(it.name, "arg"); ok && len(number) == 1 && number[0] >= '0' && number[0] <= '5' {
		return numbered(int(number[0]-'0'), calls), true
	}
	var found *argument
	for _, call := range calls {
		i := slices.IndexFunc(arguments(call), func(a argument) bool { return a.name == it.name })
		if i < 0 {
			var names []string
			for _, a := range arguments(call) {
				if a.name != "" {
					names = append(names, a.name)
				}
			}
			known := fmt.Sprintf("%s has %s", call, strings.Join(names, ", "))
			if len(names) == 0 {
				known = fmt.Sprintf("Those of %s have no names here", call)
			}
			f.d.errorf(&it.rng, "Unknown argument", "There is no argument %q whose number a rule could look at; pointers are none. %s. Write its name, or arg0 to arg5.%s",
				it.name, known, didYouMean(it.name, names))
			return argument{}, false
		}
		a := arguments(call)[i]
		if found != nil && *found != a {
			f.d.errorf(&it.rng, "Not the same argument", "%q stands elsewhere in %s than in %s. Write a rule for each.", it.name, call, calls[0])
			return argument{}, false
		}
		found = &a
	}
	return *found, true
}

// numbered is an argument by its number, as wide as its name would make it.
func numbered(index int, calls []string) argument {
	arg := argument{index: index}
	for _, call := range calls {
		for _, a := range arguments(call) {
			arg.long = arg.long || a.index == index && a.long
		}
	}
	return arg
}

const lowHalf = 1<<32 - 1

// parseRange reads a number, LOW-HIGH or VALUE/MASK. The kernel looks at the
// lower half only of an argument that it declares as an int, so a number that
// fits there is compared with that half.
func parseRange(s string, arg argument) (Range, error) {
	number := func(text string) (uint64, error) {
		text = strings.TrimSpace(text)
		if n, err := strconv.ParseInt(text, 0, 64); err == nil && n < 0 {
			return uint64(n), nil
		}
		n, err := strconv.ParseUint(text, 0, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no whole number of 64 bits", text)
		}
		return n, nil
	}
	r := Range{Arg: arg.index, Mask: ^uint64(0)}
	low, high, ranged := cutRange(s)
	value, mask, masked := strings.Cut(s, "/")
	var err error
	switch {
	case masked:
		if r.Low, err = number(value); err == nil {
			r.Mask, err = number(mask)
		}
		r.High = r.Low
		if err == nil && (r.Mask == 0 || r.Low&^r.Mask != 0) {
			err = fmt.Errorf("no argument has the bits of %q: the value must lie within the mask", s)
		}
		return r, err
	case ranged:
		if r.Low, err = number(low); err == nil {
			r.High, err = number(high)
		}
		if err == nil && r.Low > r.High {
			err = fmt.Errorf("%q begins above its end", s)
		}
	default:
		r.Low, err = number(s)
		r.High = r.Low
	}
	if err != nil {
		return r, err
	}
	negative := int64(r.Low) < 0 && int64(r.Low) >= -1<<31
	if !arg.long && (r.High <= lowHalf || negative && r.Low == r.High) {
		r.Mask &= lowHalf
		r.Low, r.High = r.Low&lowHalf, r.High&lowHalf
	}
	return r, nil
}

// cutRange cuts LOW-HIGH; a leading minus belongs to the number.
func cutRange(s string) (low, high string, ok bool) {
	s = strings.TrimSpace(s)
	if i := strings.IndexByte(s, '-'); i > 0 {
		return s[:i], s[i+1:], true
	}
	return "", "", false
}
