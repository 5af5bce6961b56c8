package broker

import (
	"path/filepath"
	"testing"

	"seccomp-broker/broker/audit"
)

// BenchmarkCall is the whole way of a call: the target's call, the
// notification, the decision, the effect, the answer, and what the target does
// to be able to call again. allocs/op are the supervisor's: the target is
// another process.
func BenchmarkCall(b *testing.B) {
	g := newCallGround(b, audit.Options{})
	for _, c := range callCases {
		b.Run(c.name, func(b *testing.B) { g.benchmark(b, c) })
	}
	// What the log's writer allocates for each line counts here.
	logged := newCallGround(b, audit.Options{Path: filepath.Join(b.TempDir(), "audit.log")})
	b.Run("deny-logged", func(b *testing.B) { logged.benchmark(b, callCase{name: "deny", policy: "calls.hcl"}) })
}

func (g *callGround) benchmark(b *testing.B, c callCase) {
	run := g.prepare(b, g.policy(b, c.policy), c, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	run()
}
