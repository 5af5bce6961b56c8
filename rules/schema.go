package rules

import (
	"maps"
	"slices"
	"sync"
)

// Schema describes what a rule file may hold as a JSON schema (draft 2020-12),
// for editors that complete and check. It is that of HCL's JSON form, where a
// block is an object by its name: for native HCL the same words stand in the same
// places. It says less than [Load] checks.
func Schema() map[string]any {
	blocks := map[string]any{}
	for _, b := range fileBlocks {
		blocks[b] = blockSchema(b)
	}
	properties := attributesSchema("file", fileAttributes)
	maps.Copy(properties, blocks)
	return map[string]any{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "Rules of broker",
		"type":                 "object",
		"additionalProperties": false,
		"properties":           properties,
	}
}

// unnamed are the blocks without a name.
var unnamed = []string{"locals", "syscalls"}

func blockSchema(block string) map[string]any {
	body := map[string]any{"type": "object", "additionalProperties": false}
	switch block {
	case "locals":
		body["additionalProperties"] = true
	case "syscalls":
		body["properties"] = attributesSchema(block, syscallsAttributes)
	case "test":
		body["properties"] = attributesSchema(block, testAttributes)
	case "program":
		rules := map[string]any{}
		for _, b := range programBlocks {
			rules[b] = blockSchema(b)
		}
		body["properties"] = rules
	default:
		body["properties"] = attributesSchema(block, ruleAttributes[block])
		body["required"] = requiredAttributes(block)
	}
	// Several blocks of one kind are a list in HCL's JSON form.
	several := map[string]any{"oneOf": []any{body, map[string]any{"type": "array", "items": body}}}
	if slices.Contains(unnamed, block) {
		several["description"] = blockWords[block]
		return several
	}
	return map[string]any{"type": "object", "description": blockWords[block], "additionalProperties": several}
}

// requiredAttributes: which others are needed depends on the classes.
func requiredAttributes(block string) []string {
	if block == "emulate" {
		return []string{}
	}
	return []string{"access"}
}

func attributesSchema(block string, names []string) map[string]any {
	all := map[string]any{}
	for _, name := range names {
		word, ok := attributeWords()[block+"."+name]
		if !ok {
			word = attributeWords()[name]
		}
		s := map[string]any{"description": word.text}
		maps.Copy(s, word.kind)
		all[name] = s
	}
	return all
}

// attributeWord says what an attribute is and holds.
type attributeWord struct {
	text string
	kind map[string]any
}

var (
	aString     = map[string]any{"type": "string"}
	aNumber     = map[string]any{"type": "integer"}
	aBool       = map[string]any{"type": "boolean"}
	anObject    = map[string]any{"type": "object"}
	someStrings = map[string]any{"type": "array", "items": aString}
)

func oneOf(words ...string) map[string]any { return map[string]any{"type": "string", "enum": words} }

func listOf(words ...string) map[string]any {
	return map[string]any{"type": "array", "items": oneOf(words...), "minItems": 1}
}

var blockWords = map[string]string{
	"locals":   "names for values, used as local.NAME",
	"syscalls": "system calls that the kernel decides alone",
	"allow":    "let calls through, by the name of the rule",
	"deny":     "refuse calls, by the name of the rule",
	"ask":      "ask a person, by the name of the rule",
	"emulate":  "serve something else, by the name of the rule",
	"program":  "rules that hold only while this executable runs",
	"test":     "what broker test asks the rules, by the name of the test",
}

// attributeWords are by name, or by block and name where a block means
// something else by it.
var attributeWords = sync.OnceValue(func() map[string]attributeWord {
	return map[string]attributeWord{
		"extends":        {"rule files, relative to this one, and built-in sets that this file builds on", someStrings},
		"mode":           {"carry refusals out, or only report them", oneOf("enforce", "monitor")},
		"default":        {"the verdict where no rule matches", oneOf("deny", "ask", "allow")},
		"access":         {"classes of access", listOf(classNames[:]...)},
		"path":           {"patterns of absolute paths", someStrings},
		"address":        {"addresses of sockets", someStrings},
		"argv":           {"what the arguments of an executed program must be, a pattern a word", someStrings},
		"except":         {"patterns taken out of this rule", someStrings},
		"reason":         {"for people: shown with what the rule decides", aString},
		"errno":          {"what a refused call answers", oneOf(errnoList()...)},
		"alert":          {"tell the sinks for alerts", aBool},
		"remember":       {"keep the answer", aBool},
		"content":        {"what to serve in place of the file", aString},
		"file":           {"the file to serve in place of the path", aString},
		"value":          {"what the call returns", aNumber},
		"to":             {"where to connect instead", aString},
		"syscall":        {"system calls that the rule is about, by name", someStrings},
		"when":           {"conditions on the arguments of the calls", anObject},
		"answer":         {"fields of the answer", anObject},
		"syscalls.allow": {"calls and @groups that the kernel lets pass", someStrings},
		"syscalls.deny":  {"calls and @groups that are refused", someStrings},
		"syscalls.kill":  {"calls and @groups that end the process", someStrings},
		"test.call":      {"the system call", aString},
		"test.flags":     {"its flags, such as O_WRONLY|O_CREAT", aString},
		"test.path":      {"the path that it names", aString},
		"test.path2":     {"the second path", aString},
		"test.address":   {"the address that it names", aString},
		"test.host":      {"the host name that the address belongs to", aString},
		"test.argv":      {"the arguments of what is executed", someStrings},
		"test.program":   {"the executable that makes the call", aString},
		"test.expect":    {"the verdict that the rules are to give", oneOf(verdictNames...)},
		"test.rule":      {"the name of the rule that is to decide", aString},
		"test.errno":     {"the errno that the call is to answer", oneOf(errnoList()...)},
	}
})
