package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Every case works natively, under every floor and under the broker: the target
// checks each result.
func TestEveryWay(t *testing.T) {
	l := testLab(t, os.Getenv(brokerVariable))
	pin, err := onOne()
	if err != nil {
		t.Fatal(err)
	}
	o := callOptions{rounds: 2, batches: 2, ops: 20}
	for _, c := range callCases {
		t.Run(c.name, func(t *testing.T) {
			for _, p := range []placement{{"pinned", pin}, {"not pinned", nil}} {
				m, err := l.measure(o, p, c)
				if err != nil {
					t.Fatal(err)
				}
				ways := c.ways(p)
				if len(m.turns) != len(ways) {
					t.Errorf("%s: %d ways, want %d", p.name, len(m.turns), len(ways))
				}
				for _, way := range ways {
					if n := len(m.turns[way]); n != o.rounds {
						t.Errorf("%s, way %d: %d rounds, want %d", p.name, way, n, o.rounds)
					}
				}
				var out strings.Builder
				table := callTable{placement: p, allocs: map[string]float64{c.name: 3}}
				table.header(&out)
				table.row(&out, m)
				lines := strings.Split(strings.TrimSpace(out.String()), "\n")
				cells := strings.Count(lines[0], "|")
				if len(lines) != 3 || strings.Count(lines[2], "|") != cells || p.pin != nil && !strings.HasSuffix(lines[2], "| 3 |") {
					t.Errorf("the table is askew:\n%s", &out)
				}
			}
		})
	}
}

// What the broker must refuse or serve, it does not open: a target that finds
// something else ends with an error, which is the case's.
func TestTargetComplains(t *testing.T) {
	l := testLab(t, os.Getenv(brokerVariable))
	deny := callCases[slices.IndexFunc(callCases, func(c callCase) bool { return c.name == "deny" })]
	deny.floor = nil // which opens the file
	if _, err := l.run(nil, deny, floor, 10); err == nil || !strings.Contains(err.Error(), "should be refused") {
		t.Errorf("%v", err)
	}
}

func TestBatchMedian(t *testing.T) {
	for _, tc := range []struct {
		samples turn
		batches int
		want    float64
	}{
		{turn{1, 3, 10, 20, 5, 5}, 3, 5},
		{turn{1, 3, 10, 20, 5, 5, 999}, 3, 5}, // what is left over does not count
		{turn{4, 6}, 10, 5},
	} {
		if got := tc.samples.batchMedian(tc.batches); got != tc.want {
			t.Errorf("%v in %d: %v, want %v", tc.samples, tc.batches, got, tc.want)
		}
	}
}

func TestQuantile(t *testing.T) {
	var samples turn
	for i := range 1000 {
		samples = append(samples, uint32(1000-i))
	}
	if got := samples.typical(); got != 501 {
		t.Errorf("typical %v", got)
	}
	sorted := pool([]turn{samples[:10], samples[10:]})
	for q, want := range map[float64]float64{0.5: 501, 0.99: 991, 0.999: 1000, 1: 1000} {
		if got := sorted.quantile(q); got != want {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
	if samples[0] != 1000 {
		t.Error("typical has sorted its turn")
	}
}

func TestChooseCases(t *testing.T) {
	all, err := chooseCases("")
	if err != nil || len(all) != len(callCases) {
		t.Errorf("%d cases, %v", len(all), err)
	}
	some, err := chooseCases("deny,open")
	if err != nil || len(some) != 2 || some[0].name != "deny" {
		t.Errorf("%v, %v", some, err)
	}
	if _, err := chooseCases("open,fly"); err == nil || !strings.Contains(err.Error(), `"fly"`) {
		t.Errorf("%v", err)
	}
}
