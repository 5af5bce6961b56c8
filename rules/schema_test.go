package rules

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var updateSchema = flag.Bool("update-schema", false, "rewrite docs/schema.json")

// TestSchema: the file in docs is what the decoder's tables say, and every word
// of them is explained.
func TestSchema(t *testing.T) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(Schema()); err != nil {
		t.Fatal(err)
	}
	if *updateSchema {
		if err := os.WriteFile("docs/schema.json", text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile("docs/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text.String(), string(have)); diff != "" {
		t.Errorf("go test ./rules -run TestSchema -update-schema rewrites it (-decoder +file):\n%s", diff)
	}
}

func TestSchemaExplainsEveryWord(t *testing.T) {
	tables := map[string][]string{"file": fileAttributes, "syscalls": syscallsAttributes, "test": testAttributes}
	for block, names := range ruleAttributes {
		tables[block] = names
	}
	for block, names := range tables {
		for _, name := range names {
			s := attributesSchema(block, []string{name})[name].(map[string]any)
			if s["description"] == "" || s["type"] == nil {
				t.Errorf("%s in %s is not explained: %v", name, block, s)
			}
		}
	}
	for _, block := range append(fileBlocks, programBlocks...) {
		if blockWords[block] == "" {
			t.Errorf("%s blocks are not explained", block)
		}
	}
}
