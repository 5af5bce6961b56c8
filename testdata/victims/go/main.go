package main

import (
	"os"

	"example.org/hello/words"
)

func main() {
	os.Stdout.WriteString(words.Greet(os.Args[1]) + "\n")
}
