#!/bin/sh
set -eu
# A cache that holds the standard library: the run compiles forty packages.
if ! test -d "$CACHE/go"; then
	GOCACHE="$CACHE/go.new" go build net/http encoding/json text/template
	mv "$CACHE/go.new" "$CACHE/go"
fi
cp -a "$CACHE/go" "$GOCACHE"
printf 'module showcase\n\ngo 1.21\n' >go.mod
{
	echo 'package main'
	echo 'import ('
	i=0
	while [ $i -lt 40 ]; do
		mkdir "p$i"
		{
			echo "package p$i"
			echo 'import ("encoding/json"; "strings")'
			echo 'type Row struct { Name string; Values []int }'
			echo "func Text(r Row) string { b, _ := json.Marshal(r); return strings.Repeat(string(b), $i%3) }"
		} >"p$i/p.go"
		echo "	\"showcase/p$i\""
		i=$((i + 1))
	done
	echo ')'
	echo 'func main() {'
	i=0
	while [ $i -lt 40 ]; do
		echo "	println(p$i.Text(p$i.Row{Name: \"$i\", Values: []int{$i}}))"
		i=$((i + 1))
	done
	echo '}'
} >main.go
