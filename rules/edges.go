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

// edgeBuilder is an edgeTable that grows.
type edgeBuilder struct {
	slots []edgeSlot
	names []byte
	used  int
}

// slot gives the index of the edge's slot: an empty one where there is none.
// There must be slots.
func (b *edgeBuilder) slot(node int32, hash uint32, name string) uint32 {
	mask := uint32(len(b.slots) - 1)
	i := slotOf(node, hash) & mask
	for ; b.slots[i].child != none; i = (i + 1) & mask {
		s := &b.slots[i]
		if s.node == node && string(b.names[s.off:s.off+s.size]) == name {
			break
		}
	}
	return i
}

// child gives the child, and has create make it where there is none.
func (b *edgeBuilder) child(node int32, name string, create func() int32) int32 {
	if 2*(b.used+1) > len(b.slots) {
		b.grow()
	}
	s := &b.slots[b.slot(node, uint32(maphash.String(nameSeed, name)), name)]
	if s.child == none {
		*s = edgeSlot{node, create(), uint32(len(b.names)), uint32(len(name))}
		b.names = append(b.names, name...)
		b.used++
	}
	return s.child
}

func (b *edgeBuilder) grow() {
	old := b.slots
	b.slots = make([]edgeSlot, max(8, 2*len(old)))
	for i := range b.slots {
		b.slots[i].child = none
	}
	mask := uint32(len(b.slots) - 1)
	for _, s := range old {
		if s.child == none {
			continue
		}
		i := slotOf(s.node, uint32(maphash.Bytes(nameSeed, b.names[s.off:s.off+s.size]))) & mask
		for b.slots[i].child != none {
			i = (i + 1) & mask
		}
		b.slots[i] = s
	}
}

// freeze gives the table. The builder must not be used afterwards.
func (b *edgeBuilder) freeze() edgeTable {
	return edgeTable{slots: b.slots, names: string(b.names)}
}
