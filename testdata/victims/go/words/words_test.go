package words

import "testing"

func TestGreet(t *testing.T) {
	if got := Greet("go"); got != "hello, go" {
		t.Errorf("Greet = %q", got)
	}
}
