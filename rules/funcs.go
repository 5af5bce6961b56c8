package rules

import (
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// maxValue bounds what a function or a local may produce, so that locals that
// double one another run out early.
const maxValue = 32 << 10

// functions gives the language's functions. protect is set for patterns, where
// what comes from the environment must stay literal (see literal.go).
func (l *loader) functions(protect bool) map[string]function.Function {
	return map[string]function.Function{
		"env":     l.envFunc(protect),
		"lower":   caseFunc(strings.ToLower),
		"upper":   caseFunc(strings.ToUpper),
		"split":   splitFunc,
		"join":    joinFunc,
		"replace": replaceFunc,
		"format":  formatFunc,
		"concat":  stdlib.ConcatFunc,
	}
}

func (l *loader) envFunc(protect bool) function.Function {
	return function.New(&function.Spec{
		Params:   []function.Parameter{{Name: "name", Type: cty.String}},
		VarParam: &function.Parameter{Name: "else", Type: cty.String},
		Type:     function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if len(args) > 2 {
				return cty.NilVal, fmt.Errorf(`env takes a name and what to use instead: env("NAME", "else")`)
			}
			name := args[0].AsString()
			if l.o.Env != nil {
				// An empty value would turn "${env("D")}/**" into "/**".
				if v, ok := l.o.Env(name); ok && v != "" {
					if protect {
						v = encodeLiteral(tidy(v))
					}
					return cty.StringVal(v), nil
				}
			}
			if len(args) == 2 {
				return args[1], nil
			}
			return cty.NilVal, fmt.Errorf("the environment variable %q is unset or empty; set it, or write env(%q, \"else\")", name, name)
		},
	})
}

// tidy takes doubled and trailing slashes out of an absolute path, which are
// common in environment variables and errors in patterns.
func tidy(s string) string {
	if !strings.HasPrefix(s, "/") {
		return s
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '/' })
	return "/" + strings.Join(parts, "/")
}

// stringFunc is a function of strings that gives a string.
func stringFunc(params []string, impl func(args []string) (string, error)) function.Function {
	spec := &function.Spec{Type: function.StaticReturnType(cty.String)}
	for _, p := range params {
		spec.Params = append(spec.Params, function.Parameter{Name: p, Type: cty.String})
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		texts := make([]string, len(args))
		for i, a := range args {
			texts[i] = a.AsString()
		}
		s, err := impl(texts)
		if err != nil {
			return cty.NilVal, err
		}
		return cty.StringVal(s), nil
	}
	return function.New(spec)
}

func caseFunc(f func(string) string) function.Function {
	return stringFunc([]string{"str"}, func(a []string) (string, error) {
		return mapLiteral(f(a[0]), f, true), nil
	})
}

// reveal makes part, where it occurs protected in s, plain: split and replace
// look for text wherever it came from.
func reveal(s, part string) string {
	if p := encodeLiteral(part); p != part && hasLiteral(p) {
		return strings.ReplaceAll(s, p, part)
	}
	return s
}

var replaceFunc = stringFunc([]string{"str", "substr", "replace"}, func(a []string) (string, error) {
	s := reveal(a[0], a[1])
	if grown := strings.Count(s, a[1]) * len(a[2]); grown > maxValue {
		return "", fmt.Errorf("the result would have more than %d bytes", maxValue)
	}
	return strings.ReplaceAll(s, a[1], a[2]), nil
})

var splitFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "separator", Type: cty.String}, {Name: "str", Type: cty.String}},
	Type:   function.StaticReturnType(cty.List(cty.String)),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		sep := args[0].AsString()
		return stdlib.Split(args[0], cty.StringVal(reveal(args[1].AsString(), sep)))
	},
})

var joinFunc = function.New(&function.Spec{
	Params:   []function.Parameter{{Name: "separator", Type: cty.String}},
	VarParam: &function.Parameter{Name: "lists", Type: cty.List(cty.String)},
	Type:     function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		n := 0
		for _, list := range args[1:] {
			n += list.LengthInt()
		}
		if n*len(args[0].AsString()) > maxValue {
			return cty.NilVal, fmt.Errorf("the result would have more than %d bytes", maxValue)
		}
		return stdlib.Join(args[0], args[1:]...)
	},
})

// formatVerb allows what paths need. Widths of many digits, and numbers such as
// "9e999999999" under %d, would ask for gigabytes.
var formatVerb = strings.NewReplacer("%%", "", "%s", "", "%v", "", "%q", "")

var formatFunc = function.New(&function.Spec{
	Params:   []function.Parameter{{Name: "format", Type: cty.String}},
	VarParam: &function.Parameter{Name: "args", Type: cty.DynamicPseudoType},
	Type:     function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if strings.Contains(formatVerb.Replace(args[0].AsString()), "%") {
			return cty.NilVal, fmt.Errorf("format knows %%s, %%v, %%q and %%%%, without widths")
		}
		return stdlib.Format(args[0], args[1:]...)
	},
})
