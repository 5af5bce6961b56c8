package audit

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxRecord bounds one line of a log. An event's four paths and its texts, with
// every byte escaped, stay far below it; what is longer is no record.
const maxRecord = 4 << 20

// Trouble counts the lines of a log that are no events, by what they are. Lines
// are counted from 1; a zero line means that there was none.
type Trouble struct {
	Malformed, FirstMalformed uint64 // lines that no broker wrote, and the first of them
	Newer, FirstNewer         uint64 // records of a schema that this broker does not know
	Truncated                 bool   // the last line is cut: a crash, a full disk, a log still written
}

// Any says whether there is anything to report.
func (t Trouble) Any() bool { return t.Malformed+t.Newer > 0 || t.Truncated }

// Reader reads the events of a JSON log one after the other, in memory that does
// not depend on the log's size. Lines that are no events are counted, never
// guessed at and never the end: a log is read on behind them. It is not safe
// for concurrent use.
type Reader struct {
	name    string
	lines   *bufio.Reader
	buf     []byte
	line    uint64
	bytes   *counted
	size    int64
	trouble Trouble
	first   error // what is wrong with the first bad line
	events  uint64
	closers []io.Closer
}

// counted counts what has been read, before it is unpacked.
type counted struct {
	io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// NewReader reads a log from r; name is for messages.
func NewReader(name string, r io.Reader) *Reader {
	c := &counted{Reader: r}
	return &Reader{name: name, lines: bufio.NewReaderSize(c, 64<<10), bytes: c, size: -1}
}

// gzipMagic begins what gzip(1) writes: RFC 1952.
var gzipMagic = []byte{0x1f, 0x8b}

// OpenReader opens a log: a file, also one that gzip(1) has packed, or "-" for
// standard input. The error names the file and what to do.
func OpenReader(path string) (*Reader, error) {
	if path == "-" {
		return NewReader("standard input", os.Stdin).unpacked()
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, readError(path, err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("it is a directory; name a file in it")
	}
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, readError(path, err)
	}
	r := NewReader(path, f)
	r.closers = append(r.closers, f)
	if info.Mode().IsRegular() {
		r.size = info.Size()
	}
	return r.unpacked()
}

func readError(path string, err error) error {
	remedy := ""
	if errors.Is(err, fs.ErrNotExist) {
		remedy = "; --log FILE --log-format json writes one"
	}
	if cause := errors.Unwrap(err); cause != nil {
		err = cause
	}
	return fmt.Errorf("audit log %s: %w%s", Quote(path), err, remedy)
}

// unpacked looks whether the log is packed, and reads what is in it then.
func (r *Reader) unpacked() (*Reader, error) {
	head, err := r.lines.Peek(len(gzipMagic))
	if err != nil || !bytes.Equal(head, gzipMagic) {
		return r, nil // what is wrong with it, reading will tell
	}
	z, err := gzip.NewReader(r.lines)
	if err != nil {
		r.Close()
		return nil, fmt.Errorf("audit log %s: it begins like a gzip file, but is none: %w", Quote(r.name), err)
	}
	r.lines = bufio.NewReaderSize(z, 64<<10)
	return r, nil
}

// Next gives the next event; io.EOF behind the last one. Another error is one of
// reading, after which there is nothing more to read.
func (r *Reader) Next() (Event, error) {
	for {
		line, whole, err := r.readLine()
		if err != nil && !errors.Is(err, io.EOF) {
			return Event{}, fmt.Errorf("audit log %s, line %d: %w", Quote(r.name), r.line, err)
		}
		if len(line) == 0 && err != nil {
			return Event{}, io.EOF
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		e, bad := Decode(line)
		if bad == nil {
			r.events++
			return e, nil
		}
		r.note(bad, whole)
	}
}

// readLine gives one line without its newline. Of one that is too long it gives
// the beginning, which is no record. whole is false for what the end of the log
// cuts.
func (r *Reader) readLine() (line []byte, whole bool, err error) {
	r.buf = r.buf[:0]
	r.line++
	for {
		part, err := r.lines.ReadSlice('\n')
		if len(r.buf) < maxRecord {
			r.buf = append(r.buf, part...)
		}
		switch {
		case err == nil:
			return bytes.TrimSuffix(r.buf, []byte("\n")), true, nil
		case errors.Is(err, io.ErrUnexpectedEOF): // of a packed log that is cut
			r.trouble.Truncated = true
			return r.buf, false, io.EOF
		case !errors.Is(err, bufio.ErrBufferFull):
			return r.buf, false, err
		}
	}
}

// note counts a line that is no event.
func (r *Reader) note(bad error, whole bool) {
	t := &r.trouble
	switch {
	case errors.Is(bad, ErrSchema):
		if t.Newer++; t.FirstNewer == 0 {
			t.FirstNewer = r.line
		}
	case !whole:
		t.Truncated = true
		return
	default:
		if t.Malformed++; t.FirstMalformed == 0 {
			t.FirstMalformed = r.line
		}
	}
	if r.first == nil {
		r.first = fmt.Errorf("audit log %s, line %d: %w", Quote(r.name), r.line, bad)
	}
}

// Name is the log's, for messages.
func (r *Reader) Name() string { return r.name }

// Line is the number of the line that was read last, from 1.
func (r *Reader) Line() uint64 { return r.line }

// Events is how many events have been read.
func (r *Reader) Events() uint64 { return r.events }

// Progress is how much of the file has been read, in bytes, and its size, -1
// where that is not known.
func (r *Reader) Progress() (read, size int64) { return r.bytes.n, r.size }

// Trouble is what has been met so far that is no event. cause is the error of
// the first such line that is not merely cut; nil where there is none.
func (r *Reader) Trouble() (t Trouble, cause error) { return r.trouble, r.first }

// Close closes the file that OpenReader opened. Nothing was written to it.
func (r *Reader) Close() {
	for _, c := range r.closers {
		_ = c.Close()
	}
	r.closers = nil
}
