#!/bin/sh
# fuzz.sh REGEXP TIME: runs the fuzz targets that match, one after the other, and
# says which failed. Each takes TIME and what it takes to shrink what it finds,
# which is bounded in tries: targets with a kernel behind them are not always
# the same, and would be shrunk for a minute each time.
set -eu
go=${GO:-go}
list=$(mktemp)
trap 'rm -f "$list"' EXIT
for package in $($go list ./...); do
	names=$($go test -list '^Fuzz' "$package") # a package that does not build ends it all
	printf '%s\n' "$names" | sed -n "s|^Fuzz|$package &|p" | awk -v wanted="$1" '$2 ~ wanted' >>"$list"
done
count=$(wc -l <"$list")
n=0
failed=
while read -r package target; do
	n=$((n + 1))
	echo "$n of $count: $package $target" >&2
	$go test -run '^$' -fuzz "^$target\$" -fuzztime "$2" -fuzzminimizetime 1000x -parallel=1 "$package" </dev/null || failed="$failed $target"
done <"$list"
if [ -n "$failed" ]; then
	echo "failed:$failed" >&2
	exit 1
fi
