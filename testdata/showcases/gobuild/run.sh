#!/bin/sh
set -eu
go build -trimpath -o program .
./program 2>&1
go vet .
