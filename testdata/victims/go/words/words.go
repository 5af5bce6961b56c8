// Package words has the words.
package words

// Greet greets.
func Greet(name string) string { return "hello, " + name }
