#!/bin/sh
# compare.sh BASE: the Go benchmarks of revision BASE and of this tree, in turns,
# and what benchstat makes of them. BENCH chooses benchmarks by regular expression,
# ROUNDS says how many results of each there are, six at least for benchstat to
# tell noise from change.
set -eu
cd "$(dirname "$0")/../.."

benchstat=golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
base=${1:?write BASE=REVISION}
bench=${BENCH:-.}
rounds=${ROUNDS:-8}
each=${BENCHTIME:-200ms}

work=$(mktemp -d "${TMPDIR:-/tmp}/broker-compare-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$work"
mkdir "$work/base" "$work/bin"
git archive --format=tar "$base" >"$work/base.tar"
tar -xf "$work/base.tar" -C "$work/base"
ln -s "$PWD" "$work/this"

# packages lists those of a tree that have benchmarks.
packages() {
	(cd "$work/$1/" && grep -rl '^func Benchmark' --include='*_test.go' . | xargs -n 1 dirname | sort -u)
}

# binary TREE PACKAGE: where its tests are, compiled.
binary() {
	echo "$work/bin/$1-$(echo "$2" | tr / -).test"
}

packages base >"$work/base.packages"
packages this >"$work/this.packages"
comm -12 "$work/base.packages" "$work/this.packages" >"$work/packages"
while read -r package; do
	for tree in base this; do
		echo "compiling $package of $tree" >&2
		(cd "$work/$tree/" && go test -c -o "$(binary "$tree" "$package")" "$package")
	done
done <"$work/packages"

# One processor: where the scheduler puts target and supervisor would decide
# otherwise. Places in Go's scheduler as broker.Run makes them, since a test
# does not.
cpu=$(taskset -pc $$ | sed 's/.*: //; s/[-,].*//')
run() {
	(cd "$work/$1/$2" && GOMAXPROCS=4 taskset -c "$cpu" "$(binary "$1" "$2")" \
		-test.run '^$' -test.bench "$bench" -test.benchmem -test.benchtime "$each") >>"$work/$1.txt"
}
order='base this'
for round in $(seq "$rounds"); do
	echo "round $round of $rounds" >&2
	while read -r package; do
		for tree in $order; do
			run "$tree" "$package" </dev/null
		done
	done <"$work/packages"
	case $order in
	base*) order='this base' ;;
	*) order='base this' ;;
	esac
done
go run "$benchstat" "base=$work/base.txt" "this=$work/this.txt"
