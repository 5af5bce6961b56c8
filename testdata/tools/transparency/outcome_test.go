package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAdd(t *testing.T) {
	o := outcomes{}
	o.add("cp a b", passed)
	o.add("cp a b", failed)
	o.add("cp a b", skipped)
	o.add("other", passed)
	want := outcomes{"cp a b": passed, "cp a b #2": failed, "cp a b #3": skipped, "other": passed}
	if diff := cmp.Diff(want, o); diff != "" {
		t.Errorf("add (-want +got):\n%s", diff)
	}
}

func TestJudge(t *testing.T) {
	runs := func(list ...outcome) []outcomes {
		var all []outcomes
		for _, o := range list {
			if o == missing {
				all = append(all, outcomes{})
			} else {
				all = append(all, outcomes{"T": o})
			}
		}
		return all
	}
	tests := []struct {
		name           string
		native, broker []outcomes
		want           verdict
	}{
		{"both pass", runs(passed), runs(passed), same},
		{"both fail", runs(failed), runs(failed), same},
		{"fails under the broker", runs(passed), runs(failed), differs},
		{"passes only under the broker", runs(failed), runs(passed), differs},
		{"skipped under the broker", runs(passed), runs(skipped), differs},
		{"says nothing under the broker", runs(passed), runs(missing), differs},
		{"says nothing natively", runs(missing), runs(passed), differs},
		{"three times", runs(passed, passed, passed), runs(failed, failed, failed), differs},
		{"once natively", runs(passed, failed, passed), runs(failed, failed, failed), flaky},
		{"once under the broker", runs(passed, passed, passed), runs(failed, passed, failed), unsteady},
		{"neither steady", runs(passed, failed), runs(failed, passed), flaky},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := judge("T", tt.native, tt.broker); got != tt.want {
				t.Errorf("judge(%v, %v) = %d, want %d", tt.native, tt.broker, got, tt.want)
			}
		})
	}
}
