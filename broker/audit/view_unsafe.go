package audit

import "unsafe"

// View is the text of b without a copy, for the strings of an event that is
// given to [Log.Record] before b changes. It is good as long as b is not changed.
func View(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
