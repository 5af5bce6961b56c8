package notify

import (
	"testing"

	"seccomp-broker/notify/sys"

	"golang.org/x/sys/unix"
)

// succeeds reports whether the kernel would make a call succeed with this
// response: kernel/seccomp.c returns error, or else val, unless it goes on
// with the call itself.
func succeeds(r sys.NotifResp) bool {
	switch {
	case r.Flags&unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE != 0:
		return true
	case r.Error != 0:
		return r.Error > 0 || r.Error < -maxErrno
	}
	return r.Val >= 0 || r.Val < -maxErrno
}

// The shape of every reply. The value of a refusal must be an errno of the
// kernel's range, negative, whatever it was made from.
func TestResponse(t *testing.T) {
	const id = 7
	for _, c := range []struct {
		name string
		r    Reply
		want sys.NotifResp
	}{
		{"zero", Reply{}, sys.NotifResp{Error: -1}},
		{"errno", Errno(unix.EACCES), sys.NotifResp{Error: -13}},
		{"no errno", Errno(0), sys.NotifResp{Error: -1}},
		{"largest", Errno(4095), sys.NotifResp{Error: -4095}},
		{"too large", Errno(4096), sys.NotifResp{Error: -1}},
		{"negative", Errno(^sys.Errno(12)), sys.NotifResp{Error: -1}},
		{"wraps", Errno(1 << 32), sys.NotifResp{Error: -1}},
		{"value", Value(42), sys.NotifResp{Val: 42}},
		{"continue", Continue(), sys.NotifResp{Flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}},
		{"restart", Restart(), sys.NotifResp{Error: -512}},
	} {
		c.want.ID = id
		if got := c.r.response(id); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// No number makes an errno reply look like success.
func FuzzErrnoNeverSucceeds(f *testing.F) {
	for _, e := range []uint64{0, 1, 13, 133, 511, 512, 4095, 4096, 5000, 1 << 31, 1<<32 + 13, ^uint64(0), ^uint64(12)} {
		f.Add(uint64(1), e)
	}
	f.Fuzz(func(t *testing.T, id, e uint64) {
		r := Errno(sys.Errno(e)).response(id)
		if succeeds(r) || r.ID != id || r.Flags != 0 || r.Val != 0 {
			t.Errorf("Errno(%d) becomes %+v", e, r)
		}
	})
}
