package review

import (
	"container/heap"
	"slices"
)

// heavy counts what is seen most often in bounded memory: the Space-Saving
// algorithm of Metwally, Agrawal and El Abbadi (2005). While no more than its
// capacity of different things have been seen, counts are exact; then the least
// frequent gives its place, and its count, to the next newcomer. Whatever occurs
// more often than 1/capacity of the time is kept.
type heavy[K comparable] struct {
	capacity int
	entries  map[K]*heavyEntry[K]
	order    heavyHeap[K]
}

type heavyEntry[K comparable] struct {
	key   K
	count uint64
	over  uint64 // by how much count may be too high
	index int
}

func newHeavy[K comparable](capacity int) *heavy[K] {
	return &heavy[K]{capacity: capacity, entries: make(map[K]*heavyEntry[K])}
}

// add counts one; own makes a copy of the key that may be kept.
func (h *heavy[K]) add(key K, own func(K) K) {
	if e := h.entries[key]; e != nil {
		e.count++
		heap.Fix(&h.order, e.index)
		return
	}
	e := &heavyEntry[K]{key: own(key), count: 1}
	if len(h.order) >= h.capacity {
		least := heap.Pop(&h.order).(*heavyEntry[K])
		delete(h.entries, least.key)
		e.count, e.over = least.count+1, least.count
	}
	h.entries[e.key] = e
	heap.Push(&h.order, e)
}

// top gives the entries, the most frequent first; ties as less says.
func (h *heavy[K]) top(compare func(a, b K) int) []heavyEntry[K] {
	list := make([]heavyEntry[K], 0, len(h.order))
	for _, e := range h.order {
		list = append(list, *e)
	}
	slices.SortFunc(list, func(a, b heavyEntry[K]) int {
		switch {
		case a.count > b.count:
			return -1
		case a.count < b.count:
			return 1
		}
		return compare(a.key, b.key)
	})
	return list
}

// heavyHeap has the least frequent first.
type heavyHeap[K comparable] []*heavyEntry[K]

func (h heavyHeap[K]) Len() int           { return len(h) }
func (h heavyHeap[K]) Less(i, j int) bool { return h[i].count < h[j].count }
func (h heavyHeap[K]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push and Pop are those of [heap.Interface].
func (h *heavyHeap[K]) Push(x any) {
	e := x.(*heavyEntry[K])
	e.index = len(*h)
	*h = append(*h, e)
}

func (h *heavyHeap[K]) Pop() any {
	old := *h
	e := old[len(old)-1]
	*h = old[:len(old)-1]
	return e
}
