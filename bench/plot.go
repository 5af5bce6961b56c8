package main

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

const (
	plotWidth  = 18 * vg.Centimeter
	plotHeight = 10 * vg.Centimeter
	// rulesAim is what an open may cost with the most rules.
	rulesAim = 1.1
)

// picture is a plot of curves over a logarithmic axis.
type picture struct {
	file, title, x, y string
	curves            []curve
	line              float64 // to be held against; 0 for none
}

// plots draws what bench scale has measured.
func plots(flags *flag.FlagSet, args []string) error {
	from := flags.String("json", "bench/plots/scale.json", "a `file` that bench scale has written")
	to := flags.String("dir", "bench/plots", "where the plots go")
	if err := flags.Parse(args); err != nil {
		return err
	}
	r, err := readScale(*from)
	if err != nil {
		return err
	}
	for _, p := range pictures(r) {
		if len(p.curves) == 0 {
			return fmt.Errorf("%s holds nothing for %s: measure it with bench scale", *from, p.file)
		}
		text, err := p.draw()
		if err != nil {
			return fmt.Errorf("%s: %w", p.file, err)
		}
		if err := os.WriteFile(filepath.Join(*to, p.file), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func pictures(r *scaleResult) []picture {
	return []picture{
		{
			file: "rules.svg", title: "An allowed open by the number of rules\n(with 10 rules = 1)",
			x: "rules", y: "time of an open", curves: r.Rules, line: rulesAim,
		},
		{
			file: "workers.svg", title: "Many that open files at once\n(one of them below the floor, on one CPU = 1)",
			x: "processes or threads", y: "time per open", curves: r.Workers,
		},
	}
}

// draw returns the plot as SVG.
func (p picture) draw() ([]byte, error) {
	out := plot.New()
	out.Title.Text, out.X.Label.Text, out.Y.Label.Text = p.title, p.x, p.y
	out.Title.Padding = vg.Points(8)
	out.X.Scale, out.X.Tick.Marker = plot.LogScale{}, plot.ConstantTicks(p.ticks())
	for _, style := range []*font.Font{
		&out.Title.TextStyle.Font, &out.X.Label.TextStyle.Font, &out.Y.Label.TextStyle.Font,
		&out.X.Tick.Label.Font, &out.Y.Tick.Label.Font, &out.Legend.TextStyle.Font,
	} {
		style.Variant, style.Size = "Sans", vg.Points(10)
	}
	out.Title.TextStyle.Font.Size = vg.Points(12)
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	out.Add(grid)
	for i, c := range p.curves {
		if err := addCurve(out, i, c); err != nil {
			return nil, err
		}
	}
	out.X.Min, out.X.Max = p.ends()
	out.Y.Min, out.Y.Max = 0, p.top()
	if p.line != 0 {
		held := plotter.NewFunction(func(float64) float64 { return p.line })
		held.Dashes, held.Color = plotutil.Dashes(1), plotutil.DarkColors[5]
		out.Add(held)
		out.Legend.Add(fmt.Sprintf("no more than %.1f", p.line), held)
	}
	out.Legend.ThumbnailWidth, out.Legend.Padding = vg.Points(24), vg.Points(4)
	canvas := vgsvg.New(plotWidth, plotHeight)
	area := draw.Crop(draw.New(canvas), vg.Points(4), -vg.Points(8), vg.Points(4), -vg.Points(4))
	out.Draw(beside(out, area))
	var text bytes.Buffer
	if _, err := canvas.WriteTo(&text); err != nil {
		return nil, err
	}
	return families(text.Bytes()), nil
}

// addCurve adds a line through the medians, with marks from the least to the
// greatest.
func addCurve(out *plot.Plot, i int, c curve) error {
	line, marks, err := plotter.NewLinePoints(c)
	if err != nil {
		return err
	}
	bars, err := plotter.NewYErrorBars(c)
	if err != nil {
		return err
	}
	line.Color, line.Width = plotutil.Color(i), vg.Points(1.5)
	marks.Color, marks.Shape, marks.Radius = line.Color, plotutil.Shape(i), vg.Points(2.5)
	bars.Color, bars.Width, bars.CapWidth = line.Color, vg.Points(0.5), vg.Points(4)
	out.Add(bars, line, marks)
	out.Legend.Add(c.Name, line, marks)
	return nil
}

// beside draws the legend at the right of what is left for the plot.
func beside(out *plot.Plot, area draw.Canvas) draw.Canvas {
	legend := out.Legend
	legend.Top, legend.Left = true, true
	width := 1.2 * legend.Rectangle(area).Size().X // other fonts are wider
	legend.Draw(draw.Crop(area, area.Size().X-width, 0, 0, -vg.Points(36)))
	out.Legend = plot.NewLegend()
	return draw.Crop(area, 0, -width-vg.Points(8), 0, 0)
}

// families names fonts that a browser has where it lacks the one that the text
// was measured with.
func families(svg []byte) []byte {
	return bytes.ReplaceAll(svg, []byte("font-family:Liberation Sans"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif"))
}

// ticks are where something was measured.
func (p picture) ticks() []plot.Tick {
	var ticks []plot.Tick
	for _, at := range p.places() {
		ticks = append(ticks, plot.Tick{Value: float64(at), Label: thousands(at)})
	}
	return ticks
}

func (p picture) places() []int {
	var places []int
	for _, c := range p.curves {
		for _, point := range c.Points {
			places = append(places, point.At)
		}
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// ends leave some room at both sides.
func (p picture) ends() (least, most float64) {
	places := p.places()
	first, last := float64(places[0]), float64(places[len(places)-1])
	room := math.Pow(last/first, 0.03)
	return first / room, last * room
}

// top is above all curves. A single bad round does not press the rest to the
// ground: its mark is cut off.
func (p picture) top() float64 {
	median, greatest := p.line, p.line
	for _, c := range p.curves {
		for _, point := range c.Points {
			median, greatest = max(median, point.Ratio), max(greatest, point.Greatest)
		}
	}
	return 1.1 * min(greatest, 1.5*median)
}

// thousands writes a number as people read it.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Len, XY and YError make a curve something to plot.
func (c curve) Len() int { return len(c.Points) }

// XY is a place and its median.
func (c curve) XY(i int) (x, y float64) { return float64(c.Points[i].At), c.Points[i].Ratio }

// YError is how far the rounds went from the median.
func (c curve) YError(i int) (below, above float64) {
	p := c.Points[i]
	return p.Ratio - p.Least, p.Greatest - p.Ratio
}
