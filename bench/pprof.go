package main

import (
	"compress/gzip"
	"encoding/binary"
	"os"
	"time"
)

// writeProfile writes samples in the format of pprof: gzipped protocol buffers,
// proto/profile.proto of github.com/google/pprof. The numbers are its fields'.
func writeProfile(file string, samples []stackSample) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	zip := gzip.NewWriter(f)
	if _, err = zip.Write(encodeProfile(samples)); err == nil {
		err = zip.Close()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// message is an encoded protocol buffer.
type message []byte

func (m message) number(field int, n uint64) message {
	return binary.AppendUvarint(binary.AppendUvarint(m, uint64(field)<<3), n)
}

func (m message) bytes(field int, content []byte) message {
	m = binary.AppendUvarint(m, uint64(field)<<3|2)
	return append(binary.AppendUvarint(m, uint64(len(content))), content...)
}

// table numbers strings in the order in which they were first met.
type table struct {
	at    map[string]uint64
	names []string
}

func (t *table) of(name string) uint64 {
	n, ok := t.at[name]
	if !ok {
		n = uint64(len(t.names))
		t.at[name] = n
		t.names = append(t.names, name)
	}
	return n
}

func encodeProfile(samples []stackSample) []byte {
	text := table{at: map[string]uint64{}}
	text.of("") // the first is empty
	functions := table{at: map[string]uint64{}}
	valueType := func(kind, unit string) []byte {
		return message(nil).number(1, text.of(kind)).number(2, text.of(unit))
	}
	const period = uint64(time.Second) / sampleRate
	profile := message(nil).bytes(1, valueType("samples", "count")).bytes(1, valueType("cpu", "nanoseconds"))
	for _, s := range samples {
		var locations message
		for _, f := range s.frames {
			name := f.name
			if f.kernel {
				name = "[k] " + name
			}
			locations = binary.AppendUvarint(locations, functions.of(name)+1)
		}
		values := binary.AppendUvarint(binary.AppendUvarint(nil, 1), period)
		label := message(nil).number(1, text.of("case")).number(2, text.of(s.label))
		profile = profile.bytes(2, message(nil).bytes(1, locations).bytes(2, values).bytes(3, label))
	}
	// A location for each function: addresses say nothing here.
	for i, name := range functions.names {
		id := uint64(i + 1)
		line := message(nil).number(1, id)
		profile = profile.bytes(4, message(nil).number(1, id).bytes(4, line))
		profile = profile.bytes(5, message(nil).number(1, id).number(2, text.of(name)).number(3, text.of(name)))
	}
	profile = profile.bytes(11, valueType("cpu", "nanoseconds")).number(12, period)
	for _, name := range text.names {
		profile = profile.bytes(6, []byte(name))
	}
	return profile
}
