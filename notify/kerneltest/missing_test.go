package kerneltest

import "testing"

// spy notes how a test ended.
type spy struct {
	testing.TB
	ended string
}

func (*spy) Helper()                 {}
func (s *spy) Skip(...any)           { s.ended += "skipped" }
func (s *spy) Fatalf(string, ...any) { s.ended += "failed "; panic(s) }

// What a kernel has must not be skipped.
func TestMissing(t *testing.T) {
	for feature, want := range map[string]string{
		"a call (Linux 99.0)":    "skipped",
		"a call (Linux 2.99)":    "failed ",
		"CONFIG_OF_SOME_FEATURE": "skipped",
	} {
		s := &spy{TB: t}
		func() {
			defer func() { _ = recover() }()
			Missing(s, feature)
		}()
		if s.ended != want {
			t.Errorf("%s: %q, want %q", feature, s.ended, want)
		}
	}
}
