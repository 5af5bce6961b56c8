package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrSchema is matched by Decode's errors about a record of another schema.
var ErrSchema = errors.New("unsupported audit schema")

// plain is Event without its methods, which would recurse.
type plain Event

// wire is the JSON form: the event, and which of its strings are escaped.
type wire struct {
	plain
	Escaped []string `json:"escaped,omitempty"`
}

// MarshalJSON writes the form described in SCHEMA.md: valid UTF-8 whatever the
// event holds, every byte recoverable.
func (e Event) MarshalJSON() ([]byte, error) {
	line, err := Encode(&e)
	return bytes.TrimSuffix(line, []byte("\n")), err
}

// UnmarshalJSON reads what MarshalJSON wrote; see Decode.
func (e *Event) UnmarshalJSON(data []byte) error {
	decoded, err := Decode(data)
	if err == nil {
		*e = decoded
	}
	return err
}

// Encode returns the event as one JSON line, newline included. A character
// that a terminal might act on or hide is written as a \u escape, so that the
// file can be looked at as it is. It fails only when the time has no JSON form
// (a year past 9999). The event is not changed.
func Encode(e *Event) ([]byte, error) {
	w := wire{plain: plain(*e.Clone())}
	w.V = Schema
	w.Time = e.Time.UTC()
	var list [maxTexts]text
	for _, t := range (*Event)(&w.plain).texts(&list) {
		if !utf8.ValidString(*t.value) {
			*t.value = escapeBytes(*t.value)
			w.Escaped = append(w.Escaped, t.name)
		}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // paths stay readable; a page must escape them anyway
	if err := enc.Encode(&w); err != nil {
		return nil, fmt.Errorf("audit event: %w", err)
	}
	return hideInvisible(buf.Bytes()), nil
}

// Decode reads one JSON line. Unknown fields are ignored. A line that is no
// audit record, or one of a newer schema, is an error that says so; the latter
// matches ErrSchema. A cut line (a crash, a full disk) is an error as well.
func Decode(line []byte) (Event, error) {
	if !utf8.Valid(line) {
		return Event{}, errors.New("audit record: the line is not valid UTF-8, so it was not written by broker")
	}
	if err := checkSchema(line); err != nil {
		return Event{}, err
	}
	var w wire
	if err := json.Unmarshal(line, &w); err != nil {
		return Event{}, fmt.Errorf("audit record: %w", err)
	}
	e := Event(w.plain)
	e.Time = e.Time.Round(0).In(time.UTC)
	var list [maxTexts]text
	for _, t := range e.texts(&list) {
		if !slices.Contains(w.Escaped, t.name) {
			continue
		}
		value, err := Unescape(*t.value)
		if err != nil {
			return Event{}, fmt.Errorf("audit record: field %q: %w", t.name, err)
		}
		*t.value = value
	}
	return e, nil
}

const whatIsOne = "--log FILE --log-format json writes such records"

// checkSchema looks at the version alone, before anything whose shape another
// version may have changed.
func checkSchema(line []byte) error {
	var head struct {
		V *int `json:"v"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return fmt.Errorf("audit record: %w; %s", err, whatIsOne)
	}
	switch {
	case head.V == nil:
		return errors.New(`audit record: no "v" field; ` + whatIsOne)
	case *head.V > Schema:
		return fmt.Errorf("audit record: %w %d: this broker reads up to %d; use a newer broker", ErrSchema, *head.V, Schema)
	case *head.V < 1:
		return fmt.Errorf("audit record: %w %d", ErrSchema, *head.V)
	}
	return nil
}

// escapeBytes makes s valid UTF-8: \xNN for each byte that is not part of a
// character, \\ for a backslash, all else as it is. Unescape undoes it.
func escapeBytes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\\':
			b.WriteString(`\\`)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// hideInvisible rewrites the characters that visible refuses as JSON \u
// escapes. JSON's own syntax is ASCII, so they occur only inside strings, where
// the escape means the same character.
func hideInvisible(line []byte) []byte {
	body := bytes.TrimSuffix(line, []byte("\n"))
	if !bytes.ContainsFunc(body, invisible) {
		return line
	}
	out := make([]byte, 0, len(line)+32)
	for _, r := range string(body) {
		switch {
		case !invisible(r):
			out = utf8.AppendRune(out, r)
		case r > 0xffff:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return append(out, '\n')
}
