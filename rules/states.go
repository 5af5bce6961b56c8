package rules

import "slices"

// activeMax is how many states a set holds without allocating. Policies have a
// handful under way at a time; what does not fit spills to the heap, and the
// answer is the same.
const activeMax = 32

// stateSet is a set of trie nodes. It is an array and a slice, rather than a
// slice of an array, because a slice that is passed on through a pointer makes
// the compiler put its array on the heap.
type stateSet struct {
	n     int // used of array
	array [activeMax]int32
	spill []int32
}

func (s *stateSet) reset() { s.n, s.spill = 0, s.spill[:0] }

// head is the part that is not in spill.
func (s *stateSet) head() []int32 { return s.array[:s.n] }

func (s *stateSet) add(n int32) {
	if s.n < activeMax {
		s.array[s.n] = n
		s.n++
		return
	}
	s.spill = append(s.spill, n)
}

func (s *stateSet) addOnce(n int32) {
	if !s.has(n) {
		s.add(n)
	}
}

func (s *stateSet) has(n int32) bool {
	for _, have := range s.head() {
		if have == n {
			return true
		}
	}
	return len(s.spill) > 0 && slices.Contains(s.spill, n)
}

// all copies the set.
func (s *stateSet) all() []int32 {
	return append(append([]int32(nil), s.head()...), s.spill...)
}

// walker holds the state sets of one walk.
type walker struct {
	sets [2]stateSet
	now  int      // which of sets is current; the other is next
	stay stateSet // leafDeep nodes: alive to the end, nothing to look up
}

func (w *walker) cur() *stateSet  { return &w.sets[w.now] }
func (w *walker) next() *stateSet { return &w.sets[1-w.now] }

func (w *walker) reset() {
	w.sets[0].reset()
	w.sets[1].reset()
	w.stay.reset()
}

// turn makes next current and empties the other.
func (w *walker) turn() {
	w.cur().reset()
	w.now = 1 - w.now
}

// all copies the states that the walk ended in.
func (w *walker) all() []int32 { return append(w.cur().all(), w.stay.all()...) }

// join adds the states that another walk ended in.
func (w *walker) join(other *walker) {
	for _, states := range [...][]int32{other.cur().head(), other.cur().spill, other.stay.head(), other.stay.spill} {
		for _, n := range states {
			w.stay.addOnce(n)
		}
	}
}
