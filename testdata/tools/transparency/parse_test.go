package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGoOutcomes(t *testing.T) {
	log := "\x16=== RUN   TestA\n" +
		"--- FAIL: TestQuoted (0.00s)\n" + // printed by a test, not marked
		"output without an end\x16--- PASS: TestA (0.01s)\n" +
		"\x16=== RUN   TestB\n\x16=== RUN   TestB/a_b=1\n" +
		"    \x16--- SKIP: TestB/a_b=1 (0.00s)\n" +
		"\x16--- FAIL: TestB (1.50s)\n" +
		"\x16--- PASS: ExampleC (0.00s)\n" +
		"\x16=== RUN   TestNeverEnds\npanic: boom\n"
	got, err := goOutcomes(suite{}, folder{}, []byte(log))
	want := outcomes{"TestA": passed, "TestB/a_b=1": skipped, "TestB": failed, "ExampleC": passed}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("goOutcomes, %v (-want +got):\n%s", err, diff)
	}
}

func TestBusyboxOutcomes(t *testing.T) {
	log := "PASS: cp-copies\nFAIL: tar: hard links\nother words: no test\n" +
		"SKIPPED: bc (not built)\nUNTESTED: wget-x\nPASS: cp-copies\nPASS without a colon\n"
	got, err := busyboxOutcomes(suite{}, folder{}, []byte(log))
	want := outcomes{
		"cp-copies": passed, "tar: hard links": failed, "bc (not built)": skipped,
		"wget-x": skipped, "cp-copies #2": passed,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("busyboxOutcomes, %v (-want +got):\n%s", err, diff)
	}
}

func TestReadPython(t *testing.T) {
	const first = `{"test": "test.test_os.A.test_x", "outcome": "pass"}` + "\n"
	tests := []struct {
		name, text string
		want       outcomes
		bad        bool
	}{
		{name: "nothing", want: outcomes{}},
		{
			name: "all kinds",
			text: first + `{"test": "t.B", "outcome": "skip"}` + "\n" + `{"test": "t.C", "outcome": "fail"}` + "\n",
			want: outcomes{"test.test_os.A.test_x": passed, "t.B": skipped, "t.C": failed},
		},
		{name: "died in a line", text: first + `{"test": "t.B", "outc`, want: outcomes{"test.test_os.A.test_x": passed}},
		{name: "a broken line", text: `{"test": "t.B", "outc` + "\n" + first, bad: true},
		{name: "an unknown outcome", text: `{"test": "t.B", "outcome": "maybe"}` + "\n", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readPython([]byte(tt.text))
			if (err != nil) != tt.bad {
				t.Fatalf("readPython: %v, want an error: %v", err, tt.bad)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("readPython (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRunner runs runner.py against a module of tests that comes to every
// outcome there is.
func TestRunner(t *testing.T) {
	f := folder{path: t.TempDir()}
	for _, name := range []string{"tmp", "lib", "lib/test", "lib/test/libregrtest"} {
		if err := os.Mkdir(f.join(name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"runner.py":                        string(runner),
		"lib/test/__init__.py":             "",
		"lib/test/libregrtest/__init__.py": "import unittest, sys\ndef main():\n    unittest.main(sys.argv[1], argv=sys.argv[1:])\n",
		"lib/examples.py":                  examples,
	} {
		if err := os.WriteFile(f.join(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := command{dir: f.join("tmp"), argv: []string{"/usr/bin/python3", f.join("runner.py"), f.join("tmp/results"), "examples"},
		env: []string{"PYTHONPATH=" + f.join("lib")}}
	log, clean, err := execute(t.Context(), c, f, limit)
	if err != nil || !clean {
		t.Fatalf("execute: clean %v, %v\n%s", clean, err, log)
	}
	got, err := pythonOutcomes(suite{}, f, log)
	want := outcomes{
		"examples.A.test_pass": passed, "examples.A.test_fail": failed, "examples.A.test_error": failed,
		"examples.A.test_skip": skipped, "examples.A.test_part_fails": failed, "examples.A.test_part_skips": passed,
		"examples.A.test_part_skips (<subtest>)": skipped,
		"examples.A.test_expected":               passed, "examples.A.test_unexpected": failed, "examples.A.test_forks": passed,
		"setUpClass (examples.B)": skipped,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("outcomes, %v (-want +got):\n%s\n%s", err, diff, log)
	}
}

const examples = `
import os, unittest

class A(unittest.TestCase):
    def test_pass(self): print("noise ... ok")
    def test_fail(self): self.fail()
    def test_error(self): 1 / 0
    def test_skip(self): self.skipTest("no")
    def test_part_fails(self):
        for i in range(2):
            with self.subTest(i=i): self.assertEqual(i, 0)
    def test_part_skips(self):
        with self.subTest(): self.skipTest("no")
    @unittest.expectedFailure
    def test_expected(self): self.fail()
    @unittest.expectedFailure
    def test_unexpected(self): pass
    def test_forks(self):
        if os.fork() == 0:
            self._outcome.result.addError(self, (ValueError, ValueError(), None))
            os._exit(0)
        os.wait()

class B(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise unittest.SkipTest("no")
    def test_never(self): pass
`
