package audit

import "strings"

// Columns lays rows out in columns as wide as their widest cell, two blanks
// between them. The columns whose numbers are given in right are flush right. Cells
// are to be escaped already. Lines end with a newline, and never with a blank.
func Columns(rows [][]string, right ...int) string {
	var widths []int
	for _, row := range rows {
		for c, text := range row {
			if c == len(widths) {
				widths = append(widths, 0)
			}
			widths[c] = max(widths[c], cellWidth(text))
		}
	}
	flush := make([]bool, len(widths))
	for _, c := range right {
		if c < len(flush) {
			flush[c] = true
		}
	}
	var out strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for c, text := range row {
			pad := strings.Repeat(" ", max(widths[c]-cellWidth(text), 0))
			if flush[c] {
				text, pad = pad+text, ""
			}
			line.WriteString("  " + text + pad)
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return out.String()
}
