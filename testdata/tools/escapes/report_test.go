package main

import (
	"strings"
	"testing"
)

// feed makes results of lines of `go test -json`.
func feed(t *testing.T, lines ...string) *results {
	t.Helper()
	res := &results{tests: map[string]*testResult{}}
	if err := res.read("cmd/broker", strings.NewReader(strings.Join(lines, "\n"))); err != nil {
		t.Fatal(err)
	}
	return res
}

func attr(test, key, value string) string {
	return `{"Action":"attr","Test":"` + test + `","Key":"` + key + `","Value":"` + value + `"}`
}

func ended(test, action string) string { return `{"Action":"` + action + `","Test":"` + test + `"}` }

var oneRow = []row{{number: 1, way: "a way"}}

func TestReport(t *testing.T) {
	const program = "TestEscape/01-way-x"
	for _, c := range []struct {
		name, under, action string
		ok                  bool
		want                []string
	}{
		{"held", "HELD 0/10", "pass", true, []string{"ESCAPED 5/20", "HELD 0/20", "3 no rule", "0 got out"}},
		{"escaped", "ESCAPED 1/10", "fail", false, []string{"ESCAPED 2/20", "1 got out"}},
		{"escaped, test passes", "ESCAPED 1/10", "pass", false, []string{"1 got out"}},
		{"differs", "DIFFERS", "fail", false, []string{"DIFFERS FAILED"}},
		{"same", "SAME 4", "pass", true, []string{"SAME 8"}},
		{"broken", "HELD 0/10", "fail", false, []string{"FAILED"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := feed(t,
				attr(program+"/native/root", "result", "ESCAPED 3/10"), ended(program+"/native/root", "pass"),
				attr(program+"/native/user", "result", "ESCAPED 2/10"), ended(program+"/native/user", "pass"),
				attr(program+"/broker/root", "result", c.under), attr(program+"/broker/root", "audit", "3 no rule"), ended(program+"/broker/root", c.action),
				attr(program+"/broker/user", "result", c.under), ended(program+"/broker/user", c.action),
				ended(program+"/broker", c.action), ended(program+"/native", "pass"), ended(program, c.action))
			var out strings.Builder
			if ok := report(&out, oneRow, res, true); ok != c.ok {
				t.Errorf("ok %v, want %v", ok, c.ok)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s", want, out.String())
				}
			}
		})
	}
}

// What was not run, or did not end, is no success.
func TestReportOfNothing(t *testing.T) {
	var out strings.Builder
	if report(&out, oneRow, feed(t), true) || !strings.Contains(out.String(), "nobody tries it") {
		t.Errorf("an empty run is well:\n%s", out.String())
	}
	rows := []row{{number: 1, way: "a way", tests: []testName{{"cmd/broker", "TestX"}}}}
	if report(&out, rows, feed(t), true) {
		t.Error("a test that was not run is well")
	}
	if report(&out, rows, feed(t, `{"Action":"run","Test":"TestX"}`), true) {
		t.Error("a test that did not end is well")
	}
	if !report(&out, rows, feed(t, ended("TestX", "pass")), true) {
		t.Error("a test that passed is not")
	}
}
