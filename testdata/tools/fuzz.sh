#!/bin/sh
# fuzz.sh REGEXP TIME: runs the fuzz targets that match, one after the other.
set -eu
go=${GO:-go}
status=0
for package in $($go list ./...); do
	for target in $($go test -list "^Fuzz" "$package" | grep '^Fuzz' | grep -E "$1"); do
		echo "$package $target" >&2
		$go test -run '^$' -fuzz "^$target\$" -fuzztime "$2" -parallel=1 "$package" || status=1
	done
done
exit $status
