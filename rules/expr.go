package rules

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// text says how an expression's strings are meant.
type text int

const (
	plain     text = iota // values as they are
	asPattern             // values of variables protected from acting as wildcards
)

// variableNames are the built-in variables.
var variableNames = []string{"home", "cwd", "project", "tmp", "user", "uid"}

// variables gives the built-in variables that have a value.
func (l *loader) variables(kind text) map[string]cty.Value {
	v := &l.o.Vars
	vars := make(map[string]cty.Value)
	for name, s := range map[string]string{
		"home": v.Home, "cwd": v.Cwd, "project": v.Project, "tmp": v.Tmp, "user": v.User,
	} {
		if s == "" {
			continue
		}
		if kind == asPattern {
			s = encodeLiteral(tidy(s))
		}
		vars[name] = cty.StringVal(s)
	}
	if v.UID >= 0 {
		vars["uid"] = cty.NumberIntVal(int64(v.UID))
	}
	return vars
}

// eval evaluates expr; false means that it failed and a diagnostic says why.
func (f *file) eval(expr hclsyntax.Expression, kind text) (cty.Value, bool) {
	if !f.allowed(expr) || !f.resolvable(expr) {
		return cty.NilVal, false
	}
	return f.evalIn(expr, kind, f.ctx)
}

func (f *file) evalIn(expr hclsyntax.Expression, kind text, ctx [2]*hcl.EvalContext) (cty.Value, bool) {
	if kind == asPattern {
		settleConditions(expr, ctx[plain])
	}
	v, diags := expr.Value(ctx[kind])
	f.d.addHCL(diags)
	if diags.HasErrors() {
		return cty.NilVal, false
	}
	if !v.IsWhollyKnown() {
		f.d.errorf(expr.Range().Ptr(), "Unknown value", "Everything in a rule file must be known when it is loaded.")
		return cty.NilVal, false
	}
	return v, true
}

// settleConditions decides every condition inside expr on plain values: a
// protected `a*b` would not equal "a*b". Conditions that fail are left, and
// fail again where the error is reported.
func settleConditions(expr hclsyntax.Expression, ctx *hcl.EvalContext) {
	// The visitor itself never fails.
	_ = hclsyntax.VisitAll(expr, func(n hclsyntax.Node) hcl.Diagnostics {
		if c, ok := n.(*hclsyntax.ConditionalExpr); ok {
			if v, diags := c.Condition.Value(ctx); !diags.HasErrors() {
				c.Condition = &hclsyntax.LiteralValueExpr{Val: v, SrcRange: c.Condition.Range()}
			}
		}
		return nil
	})
}

// maxNumber bounds number literals: a small text such as 1e999999999 would
// become a gigabyte when it is made a string.
var maxNumber = big.NewFloat(1e18)

// allowed checks that expr keeps to the part of HCL that rules use.
func (f *file) allowed(expr hclsyntax.Expression) bool {
	ok := true
	var refused hcl.Range
	refuse := func(n hclsyntax.Node, what, instead string) {
		if rng := n.Range(); !ok && refused.Overlaps(rng) {
			return // a part of what is refused as a whole
		}
		ok, refused = false, n.Range()
		f.d.errorf(n.Range().Ptr(), what+" cannot be used in rules", "%s", instead)
	}
	_ = hclsyntax.VisitAll(expr, func(n hclsyntax.Node) hcl.Diagnostics {
		switch e := n.(type) {
		case *hclsyntax.TemplateExpr, *hclsyntax.TemplateWrapExpr, *hclsyntax.ScopeTraversalExpr,
			*hclsyntax.FunctionCallExpr, *hclsyntax.TupleConsExpr, *hclsyntax.ParenthesesExpr,
			*hclsyntax.ConditionalExpr, *hclsyntax.RelativeTraversalExpr, *hclsyntax.IndexExpr:
		case *hclsyntax.LiteralValueExpr:
			if e.Val.Type() == cty.Number && !e.Val.IsNull() && new(big.Float).Abs(e.Val.AsBigFloat()).Cmp(maxNumber) > 0 {
				refuse(n, "A number of this size", "Write a number below 1e18.")
			}
		case *hclsyntax.BinaryOpExpr:
			switch e.Op {
			case hclsyntax.OpAdd, hclsyntax.OpSubtract, hclsyntax.OpMultiply, hclsyntax.OpDivide, hclsyntax.OpModulo:
				refuse(n, "Arithmetic", `Strings are joined inside a template: "${home}/data".`)
			}
		case *hclsyntax.UnaryOpExpr:
			if e.Op != hclsyntax.OpLogicalNot {
				refuse(n, "Arithmetic", "Write the number itself.")
			}
		case *hclsyntax.ForExpr, *hclsyntax.TemplateJoinExpr, *hclsyntax.SplatExpr:
			refuse(n, "A loop", `Write the list out, or use alternatives in a pattern: "/data/{a,b}/**".`)
		case *hclsyntax.ObjectConsExpr:
			refuse(n, "An object", "Write a string, or a list of strings.")
		case hclsyntax.Expression:
			refuse(n, "This expression", "Use strings, lists, variables, locals, conditions and functions.")
		}
		return nil
	})
	return ok
}

// resolvable checks the variables that expr names, with better words than
// HCL's. A local that has failed is silent: its own error stands already.
func (f *file) resolvable(expr hclsyntax.Expression) bool {
	ok := true
	for _, t := range expr.Variables() {
		root, rng := t.RootName(), t.SourceRange()
		switch {
		case root == "local":
			ok = f.resolvableLocal(t) && ok
			continue
		case slices.Contains(variableNames, root):
			if _, known := f.ctx[plain].Variables[root]; known {
				continue
			}
			f.d.errorf(&rng, "Variable without a value", "%q is not known here. Write the path out, or set it before the broker starts.", root)
		case f.locals[root] != nil:
			f.d.errorf(&rng, "Unknown variable", "A local is written with its prefix: local.%s.", root)
		default:
			hint := didYouMean(root, variableNames)
			if hint == "" && len(t) == 1 {
				hint = fmt.Sprintf(" A plain word stands in quotes: %q.", root)
			}
			f.d.errorf(&rng, "Unknown variable", "There is no variable %q. There are home, cwd, project, tmp, user, uid and the file's own locals as local.NAME.%s", root, hint)
		}
		ok = false
	}
	return ok
}

func (f *file) resolvableLocal(t hcl.Traversal) bool {
	rng := t.SourceRange()
	if len(t) < 2 {
		f.d.errorf(&rng, "Incomplete name", "Write local.NAME.")
		return false
	}
	name := localName(t)
	if loc := f.locals[name]; loc != nil {
		return !loc.failed
	}
	var names []string
	for n := range f.locals {
		names = append(names, n)
	}
	f.d.errorf(&rng, "Unknown local", "This file has no local %q; locals belong to the file that defines them.%s", name, didYouMean(name, names))
	return false
}

// localName gives NAME of local.NAME or local["NAME"].
func localName(t hcl.Traversal) string {
	switch step := t[1].(type) {
	case hcl.TraverseAttr:
		return step.Name
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String && !step.Key.IsNull() {
			return step.Key.AsString()
		}
	}
	return ""
}
