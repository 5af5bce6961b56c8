#!/bin/sh
# source.sh PACKAGE DIR: unpacks Debian's source of a package into DIR/PACKAGE.
#
# apt reads a list of sources of its own and keeps its state below DIR, so that
# the machine's configuration stays as it is.
set -eu
package=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
test ! -d "$dir/$package" || exit 0

state=$dir/apt
mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
echo 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main' >"$state/sources.list"
apt() {
	apt-get -qq -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" -o APT::Sandbox::User="$(id -un)" "$@" >"$state/log" 2>&1 || {
		cat "$state/log" >&2
		exit 69
	}
}
cd "$dir"
apt update
apt source --download-only "$package"
dpkg-source --extract "$package"_*.dsc "$dir/$package.new" >"$state/log" 2>&1 || {
	cat "$state/log" >&2
	exit 69
}
mv "$package.new" "$package"
