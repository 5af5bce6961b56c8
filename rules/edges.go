package rules

import "hash/maphash"

// edgeTable maps (node, component name) to the child: one open-addressed table
// for the whole trie, at most half full. A Go map per node would cost several
// times the memory, and its price differs between small and large maps, so that
// adding rules would be felt.
type edgeTable struct {
	slots []edgeSlot // a power of two of them
	names string     // all names, end to end
}

type edgeSlot struct {
	node, child int32 // child is none in an empty slot
	off, size   uint32
}

func slotOf(node int32, hash uint32) uint32 {
	return hash ^ uint32(node)*0x9E3779B1 // Knuth's multiplicative hash of the node
}

// find gives the child, or none. hash is that of name under nameSeed.
func (t *edgeTable) find(node int32, hash uint32, name []byte) int32 {
	if len(t.slots) == 0 {
		return none
	}
	mask := uint32(len(t.slots) - 1)
	for i := slotOf(node, hash) & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.child == none {
			return none
		}
		if s.node == node && int(s.size) == len(name) && t.names[s.off:s.off+s.size] == string(name) {
			return s.child
		}
	}
}

// edgeKey is an edge while the trie is built.
type edgeKey struct {
	node int32
	name string
}

// newEdgeTable freezes the edges.
func newEdgeTable(edges map[edgeKey]int32) edgeTable {
	if len(edges) == 0 {
		return edgeTable{}
	}
	size, total := 8, 0
	for size < 2*len(edges) {
		size *= 2
	}
	for k := range edges {
		total += len(k.name)
	}
	t := edgeTable{slots: make([]edgeSlot, size)}
	for i := range t.slots {
		t.slots[i].child = none
	}
	names := make([]byte, 0, total)
	mask := uint32(size - 1)
	for k, child := range edges {
		i := slotOf(k.node, uint32(maphash.String(nameSeed, k.name))) & mask
		for t.slots[i].child != none {
			i = (i + 1) & mask
		}
		t.slots[i] = edgeSlot{k.node, child, uint32(len(names)), uint32(len(k.name))}
		names = append(names, k.name...)
	}
	t.names = string(names)
	return t
}
