// Command broker runs programs under rules: see broker --help.
package main

import "os"

func main() { os.Exit(execute(os.Args[1:])) }
