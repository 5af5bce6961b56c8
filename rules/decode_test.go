package rules

import (
	"strings"
	"testing"
)

// TestSchemaIsDecoded: what the schema lists the decoder looks at, so that a
// word cannot be accepted and mean nothing.
func TestSchemaIsDecoded(t *testing.T) {
	attribute := func(where string, lines string) {
		t.Helper()
		if _, d := loadText(t, lines); !strings.Contains(d.Error(), "Wrong type") {
			t.Errorf("%s: %v", where, d)
		}
	}
	for _, a := range fileAttributes {
		attribute(a, a+" = 7\n")
	}
	for _, a := range syscallsAttributes {
		attribute("syscalls "+a, "syscalls {\n "+a+" = 7\n}\n")
	}
	for block, list := range ruleAttributes {
		for _, a := range list {
			wrong := " = 7\n}\n"
			if a == "value" {
				wrong = " = \"7\"\n}\n"
			}
			attribute(block+" "+a, block+" \"x\" {\n "+a+wrong)
		}
	}
	block := func(open, end string) {
		t.Helper()
		if _, d := loadText(t, open+" {\n nothing {\n }\n}\n"+end); !strings.Contains(d.Error(), `"nothing" blocks mean nothing`) {
			t.Errorf("%s: %v", open, d)
		}
	}
	for _, b := range fileBlocks {
		label := ` "/x"`
		if b == "locals" || b == "syscalls" {
			label = ""
		}
		block(b+label, "")
	}
	for _, b := range programBlocks {
		block("program \"/x\" {\n"+b+` "y"`, "}\n")
	}
}
