package rules

import (
	"sort"
	"strings"
)

// suggest gives the candidate nearest to what was written, or "" where none is
// near enough to be a likely slip of the finger. Ties go to the first in
// alphabetical order, so that diagnostics do not change from run to run.
func suggest(given string, candidates []string) string {
	const maxLen = 64 // longer words are no typing slips, and the table is quadratic
	if len(given) > maxLen {
		return ""
	}
	// Case is the likeliest slip of all.
	for _, c := range candidates {
		if c != given && strings.EqualFold(c, given) {
			return c
		}
	}
	sorted := append([]string(nil), candidates...)
	sort.Strings(sorted)
	best, bestDist := "", 1+max(1, len(given)/3)
	for _, c := range sorted {
		if len(c) > maxLen || c == given {
			continue
		}
		if d := distance(given, c); d < bestDist {
			best, bestDist = c, d
		}
	}
	return best
}

// didYouMean is suggest as the end of a sentence: " Did you mean \"read\"?"
func didYouMean(given string, candidates []string) string {
	if s := suggest(given, candidates); s != "" {
		return " Did you mean \"" + s + "\"?"
	}
	return ""
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours between a and b (optimal string alignment).
func distance(a, b string) int {
	prev2 := make([]int, len(b)+1)
	prev := make([]int, len(b)+1)
	cur := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
