#!/bin/sh
set -u
go version >/dev/null
go build -o hello . && ./hello build
go run . run
go list -f '{{.ImportPath}} {{.Imports}}' ./...
go test -vet=off ./words
go build ./broken
echo "go build said $?"
gofmt -l .
exit 5
