package broker

import "testing"

// BenchmarkCall is the whole way of a call: the target's call, the
// notification, the decision, the effect, the answer, and what the target does
// to be able to call again. allocs/op are the supervisor's: the target is
// another process.
func BenchmarkCall(b *testing.B) {
	g := newCallGround(b)
	for _, c := range callCases {
		b.Run(c.name, func(b *testing.B) {
			run := g.prepare(b, g.policy(b, c.policy), c, b.N)
			b.ReportAllocs()
			b.ResetTimer()
			run()
		})
	}
}
