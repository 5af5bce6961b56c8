package broker

import (
	"strconv"
	"testing"
)

// BenchmarkOpenAllowed is the whole way of an allowed openat: the target's
// call, the notification, the decision, the injected descriptor, and the
// target's close. allocs/op are the supervisor's.
func BenchmarkOpenAllowed(b *testing.B) {
	opens := victim(b, "opens")
	policy := loadRules(b, allowAll)
	b.ReportAllocs()
	b.ResetTimer()
	status := supervised(b, policy, refusalsOnly{b}, []string{opens, "/usr/include/stdio.h", "1", strconv.Itoa(b.N)})
	if status != 0 {
		b.Fatalf("the victim ended with %#x", status)
	}
}
