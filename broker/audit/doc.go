// Package audit records what the broker decided: one event per decision, as a
// JSON line or as a human line, and a summary at the end of a run.
//
// A [Log] is the front that the engine calls from its receivers. [Log.Record]
// queues the event for one writer goroutine and returns; it never waits for the
// disk, the terminal or the reader of a pipe, because a target thread is asleep
// in the kernel until the receiver goes on. A full queue, a full disk and a
// closed pipe cost events, never the program; each loss is counted, and the
// count is reported.
//
//	log, err := audit.New(audit.Options{Format: audit.JSON, Path: "audit.jsonl"})
//	…
//	if log.Wants(audit.Denied) {
//		log.Record(&audit.Event{Syscall: "openat", Path: "/etc/shadow", Action: audit.Denied})
//	}
//	…
//	err = log.Close()
//	log.Summary().Write(os.Stderr, 80, false)
//
// Paths, command names and addresses come from the target, which may have
// chosen them to deceive the reader. [Escape] makes any byte string printable on
// one line without ambiguity; every text this package writes has passed
// through it, or through the JSON form described in SCHEMA.md.
//
// Limits: [Escape] leaves right-to-left letters as they are (names in Hebrew or
// Arabic are not attacks), and a terminal that reorders them may show the words
// of a line in another order. Letters that merely look alike are not told apart.
package audit
