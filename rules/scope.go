package rules

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Scope is the set of program blocks that hold for an executable, and of rules
// with argv that hold for what it executes. It belongs
// to the policy that gave it (in any mode): a query that brings it to another
// policy is denied, so ask again after a reload.
type Scope struct {
	owner  *compiled
	blocks []int32 // ascending
}

// HasPrograms says whether there are program blocks at all; without any,
// Program always gives nil.
func (p *Policy) HasPrograms() bool { return p.blocks }

// Program gives the program blocks that hold while exe, a canonical path, is
// the running executable; nil where none does. It allocates nothing, but for
// the first time that a combination of blocks appears.
func (p *Policy) Program(exe []byte) *Scope {
	if !p.blocks {
		return nil
	}
	var w walker
	if !p.progs.walk(exe, &w) {
		return nil
	}
	var set [activeMax]int32
	blocks := set[:0]
	for _, states := range [...][]int32{w.cur().head(), w.cur().spill, w.stay.head(), w.stay.spill} {
		blocks = p.progs.acceptedIn(blocks, states)
	}
	return p.scopeOf(blocks)
}

// acceptedIn appends every rank that accepts in states.
func (m *matcher) acceptedIn(set, states []int32) []int32 {
	for _, n := range states {
		nd := &m.nodes[n]
		for _, e := range m.entries[nd.acceptFrom:nd.acceptTo] {
			set = append(set, e.rule)
		}
	}
	return set
}

// scopeCache remembers the scopes that have been seen, so that a scope is made
// once. Readers take no lock. It is bounded, since a target that can name
// executables at will could run through many combinations of wildcard blocks.
type scopeCache struct {
	known atomic.Pointer[map[uint64][]*Scope] // by hash of blocks; replaced, never changed
	mu    sync.Mutex                          // writers only
	count int
}

const maxScopes = 1024

func hashBlocks(blocks []int32) uint64 {
	h := uint64(14695981039346656037) // FNV-1a, a number at a time
	for _, b := range blocks {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h
}

func (c *scopeCache) find(blocks []int32) *Scope {
	known := c.known.Load()
	if known == nil {
		return nil
	}
	for _, s := range (*known)[hashBlocks(blocks)] {
		if slices.Equal(s.blocks, blocks) {
			return s
		}
	}
	return nil
}

// add remembers s, if there is room, and gives the scope to use.
func (c *scopeCache) add(s *Scope) *Scope {
	c.mu.Lock()
	defer c.mu.Unlock()
	if have := c.find(s.blocks); have != nil {
		return have
	}
	if c.count >= maxScopes {
		return s
	}
	next := make(map[uint64][]*Scope, c.count+1)
	if old := c.known.Load(); old != nil {
		for h, list := range *old {
			next[h] = list
		}
	}
	h := hashBlocks(s.blocks)
	next[h] = append(slices.Clone(next[h]), s)
	c.known.Store(&next)
	c.count++
	return s
}
