package syscalls

import (
	"encoding/binary"

	"seccomp-broker/broker/audit"
	"seccomp-broker/notify"
	"seccomp-broker/notify/sys"
	"seccomp-broker/rules"

	"golang.org/x/sys/unix"
)

// Emulated is a system call that rules may answer as such, whatever it names.
type Emulated struct {
	Name   string
	Number int
	// Otherwise tells what the policy's own filter would have done, had no rule
	// been about the call; e belongs to Fails.
	Otherwise func(args [6]uint64) (f Fate, e sys.Errno)
}

// Fate is what becomes of a call that no rule answers as such.
type Fate uint8

const (
	Fails  Fate = iota // with an errno; 0 succeeds with the result 0
	Runs               // in the kernel
	Judged             // by what it names
)

const made = "answered by a rule, from registers alone"

// emulatedRows are the rows of such calls, by number. A call that has a row
// already is handled there when no rule answers it.
func emulatedRows(calls []Emulated) map[int32]*mediated {
	if len(calls) == 0 {
		return nil
	}
	rows := make(map[int32]*mediated, len(calls))
	for _, call := range calls {
		rest := lookup(int32(call.Number))
		row := &mediated{Call: Call{Name: call.Name, Number: call.Number, Effect: made}, at: parseSignature("")}
		row.handle = func(c *Context) answer { return c.emulateCall(&call, rest) }
		rows[int32(call.Number)] = row
	}
	return rows
}

// emulateCall asks the rules about a call as such. They look at registers alone
// and at the executable, so that nothing can change between the decision and
// what the kernel does after it.
func (c *Context) emulateCall(call *Emulated, rest *mediated) answer {
	q := rules.Query{Syscall: call.Name, Args: &c.n.Data.Args, Scope: c.scope()}
	if !c.valid() {
		return answered // the executable may have been another's
	}
	d := c.by.Policy.Decide(&q)
	if d.Verdict != rules.Emulate {
		return c.notEmulated(call, rest)
	}
	c.decision = d
	switch em := d.Rule.Emulate; {
	case len(em.Answer) > 0:
		return c.emulateAnswer(em)
	default:
		return c.refuse("")
	}
}

// notEmulated does what would have become of the call without any rule.
func (c *Context) notEmulated(call *Emulated, rest *mediated) answer {
	if call.Otherwise == nil {
		return c.failed(unix.EPERM, "nothing says what becomes of the call")
	}
	switch fate, e := call.Otherwise(c.n.Data.Args); {
	case fate == Judged && rest != nil:
		c.call = rest
		return rest.handle(c)
	case fate == Judged:
		return c.failed(unix.EPERM, "the filter notified a call that nothing mediates")
	case fate == Runs:
		c.finished(0)
		return answer{reply: notify.Continue()}
	case e == 0:
		return answer{reply: notify.Value(0)}
	default:
		return fails(e) // as the filter: without a record
	}
}

// emulateResult answers with the errno or the value of an emulate rule.
func (c *Context) emulateResult(em *rules.Emulation) answer {
	if em.HasValue {
		c.record(audit.Emulated, 0, "")
		return answer{reply: notify.Value(em.Value)}
	}
	e := sys.Errno(em.Errno)
	c.record(audit.Emulated, e, "")
	return fails(e)
}

// emulateAnswer writes the structure of uname(2) or sysinfo(2): the broker's own,
// but for the fields that the rule gives.
func (c *Context) emulateAnswer(em *rules.Emulation) answer {
	var data []byte
	var err error
	switch c.call.Number {
	case unix.SYS_UNAME:
		data, err = utsname(c.buf[1][:0], em.Answer)
	case unix.SYS_SYSINFO:
		data, err = sysinfo(c.buf[1][:0], em.Answer)
	}
	if err != nil || data == nil {
		return c.failed(unix.EPERM, "the kernel does not answer the broker either")
	}
	if !c.valid() {
		return answered
	}
	switch e := c.thread.Write(c.n.Data.Args[0], data); e {
	case 0:
		c.record(audit.Emulated, 0, "")
		return answer{reply: notify.Value(0)}
	case unix.EFAULT:
		c.record(audit.Emulated, e, "")
		return fails(e)
	case unix.ESRCH:
		return answered
	default:
		return c.failed(unix.EFAULT, "the target's memory cannot be written: "+e.Error())
	}
}

// utsname appends a struct new_utsname: six fields of 65 bytes.
func utsname(buf []byte, given []rules.Field) ([]byte, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		name string
		own  []byte
	}{
		{"sysname", u.Sysname[:]}, {"nodename", u.Nodename[:]}, {"release", u.Release[:]},
		{"version", u.Version[:]}, {"machine", u.Machine[:]}, {"domainname", u.Domainname[:]},
	} {
		for _, field := range given {
			if field.Name == f.name {
				clear(f.own)
				copy(f.own[:len(f.own)-1], field.Text)
			}
		}
		buf = append(buf, f.own...)
	}
	return buf, nil
}

// sysinfo appends a struct sysinfo: include/uapi/linux/sysinfo.h. Sizes are in
// units of the kernel's choice, which is a byte unless they do not fit.
// Every field takes 8 bytes, those behind procs and mem_unit being padding.
func sysinfo(buf []byte, given []rules.Field) ([]byte, error) {
	var s unix.Sysinfo_t
	if err := unix.Sysinfo(&s); err != nil {
		return nil, err
	}
	unit := uint64(max(s.Unit, 1))
	for _, f := range given {
		size := f.Number / unit
		switch f.Name {
		case "uptime":
			s.Uptime = int64(f.Number)
		case "totalram":
			s.Totalram = size
		case "freeram":
			s.Freeram = size
		case "sharedram":
			s.Sharedram = size
		case "bufferram":
			s.Bufferram = size
		case "totalswap":
			s.Totalswap = size
		case "freeswap":
			s.Freeswap = size
		case "procs":
			s.Procs = uint16(f.Number)
		}
	}
	for _, word := range []uint64{
		uint64(s.Uptime), s.Loads[0], s.Loads[1], s.Loads[2], s.Totalram, s.Freeram, s.Sharedram, s.Bufferram,
		s.Totalswap, s.Freeswap, uint64(s.Procs), s.Totalhigh, s.Freehigh, uint64(s.Unit),
	} {
		buf = binary.LittleEndian.AppendUint64(buf, word)
	}
	return buf, nil
}
