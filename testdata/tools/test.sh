#!/bin/sh
# test.sh: go vet, then the whole suite, then the quick part of what others have
# written (transparency), and one line that counts the tests.
#
# As root the suite runs twice: as root, where tests can also switch to other
# users, and once more as the ordinary user broker-test, from a copy of the tree
# that this user can read wherever the checkout is. The test binaries of the
# second half are compiled here, so that nothing is built twice.
set -eu
cd "$(dirname "$0")/../.."

user=broker-test
limit=20m

go vet ./... ./testdata/tools/...

work=$(mktemp -d "${TMPDIR:-/tmp}/broker-suite-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$work"
go build -o "$work/count" ./testdata/tools/count
go build -o "$work/broker" ./cmd/broker
go build -o "$work/transparency" ./testdata/tools/transparency

# The tests run the broker itself: one binary for all of them.
BROKER_TEST_BINARY=$work/broker
export BROKER_TEST_BINARY

# A shell in the background, nohup and test2json ignore signals, and what they
# start inherits that: tests of signals would run into it. env(1), coreutils 8.31.
pristine='env --default-signal'

# ended HALF STATUS: tells the counter how a half ended, so that a runner that
# died without a word is a failure too.
ended() {
	printf '{"Action":"ended","Package":"%s","Output":"%s"}\n' "$1" "$2"
}

whole() {
	status=0
	$pristine go test -json -count=1 -timeout "$limit" ./... ./testdata/tools/... || status=$?
	ended "$(id -un)" "$status"
}

# compile puts every package's tests into $work/bin, and prints what is where.
compile() {
	mkdir "$work/bin"
	go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}' ./... >"$work/packages"
	while read -r package dir; do
		binary=$work/bin/$(echo "$package" | tr / -).test
		go test -c -o "$binary" "$package"
		echo "$package ${dir#"$PWD"} $binary"
	done <"$work/packages"
}

# as_user DIR COMMAND...: runs it as the ordinary user in an environment that
# leads nowhere else.
as_user() {
	dir=$1
	shift
	(
		cd "$dir"
		exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups \
			env -i PATH="$PATH" TERM="${TERM:-dumb}" LANG="${LANG:-C.UTF-8}" USER="$user" \
			HOME="$work/home" TMPDIR="$work/tmp" GOCACHE="$work/home/cache" GOMODCACHE="$work/mod" \
			GOFLAGS=-buildvcs=false GOPROXY=off GOTOOLCHAIN=local \
			BROKER_TEST_BINARY="$BROKER_TEST_BINARY" "$@"
	)
}

# prepare makes the user, its directories, a copy of the tree and of the modules.
prepare() {
	id "$user" >/dev/null 2>&1 || useradd --system --no-create-home --home-dir /nonexistent --shell /bin/sh "$user"
	mkdir "$work/home" "$work/tmp" "$work/tree"
	tar -cf - --exclude=./.git --exclude=./bin . | tar -xf - -C "$work/tree"
	cache=$(go env GOMODCACHE)/cache/download
	GOMODCACHE=$work/mod GOPROXY="file://$cache,$(go env GOPROXY)" GOFLAGS=-modcacherw go mod download
	chown -R "$user:" "$work/home" "$work/tmp" "$work/tree" "$work/mod"
}

as_ordinary_user() {
	prepare
	compile >"$work/binaries"
	while read -r package dir binary; do
		status=0
		as_user "$work/tree$dir" go tool test2json -t -p "$package" \
			$pristine "$binary" -test.v=test2json -test.paniconexit0 -test.timeout="$limit" </dev/null || status=$?
		ended "$user" "$status"
	done <"$work/binaries"
}

# compared runs the quick suites of others, natively and under the broker. As root
# it does so for both users.
compared() {
	status=0
	$pristine "$work/transparency" -quick -json </dev/null || status=$?
	ended transparency "$status"
}

{
	whole
	compared
	if [ "$(id -u)" = 0 ]; then
		as_ordinary_user || ended "$user" "$?"
	fi
} | "$work/count" -skips testdata/tools/skips.txt
