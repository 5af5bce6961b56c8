#!/bin/sh
# install.sh GROUP...: installs the Debian packages of the groups that are not
# there yet. Quick and silent when nothing is missing. What counts is whether the
# thing works, not which package it came from.
set -eu

missing=''

# command NAME PACKAGE
command_from() {
	command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

# file NAME PACKAGE
file_from() {
	test -e "$1" || missing="$missing $2"
}

# any_file_from PACKAGE FILE...: one of the files is enough.
any_file_from() {
	package=$1
	shift
	for file in "$@"; do
		test ! -e "$file" || return 0
	done
	missing="$missing $package"
}

build() {
	command_from gcc gcc
	command_from pkg-config pkg-config
	command_from git git
	file_from /etc/ssl/certs/ca-certificates.crt ca-certificates
	file_from /usr/include/stdio.h libc6-dev
	file_from /usr/include/seccomp.h libseccomp-dev
}

# The programs that the end to end tests run for real.
tests() {
	command_from setfacl acl
	command_from groff groff-base
	command_from setfattr attr
	file_from /usr/bin/python3 python3
	file_from /usr/bin/node nodejs
	command_from npm npm
	command_from rsync rsync
	command_from sqlite3 sqlite3
	command_from redis-benchmark redis-tools # the server too, without starting one
	command_from mount mount
	command_from curl curl
	command_from ssh openssh-client
	file_from /usr/sbin/sshd openssh-server
	file_from /usr/lib/python3/dist-packages/pip/__init__.py python3-pip
	any_file_from postgresql /usr/lib/postgresql/*/bin/postgres
	file_from /usr/sbin/nginx nginx
	command_from wrk wrk
}

# Test suites of others, which transparency runs natively and under the broker.
suites() {
	file_from /usr/bin/python3.11 python3.11
	file_from /usr/lib/python3.11/test/test_os.py libpython3.11-testsuite
	file_from /usr/bin/dpkg-source dpkg-dev
	file_from /usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring
	command_from make make
	command_from bzip2 bzip2
	command_from useradd passwd
}

# What programs are compared with, the tools to unpack a source package, and the
# profiler.
bench() {
	command_from strace strace
	command_from bwrap bubblewrap
	command_from firejail firejail
	command_from perf linux-perf
	command_from dpkg-source dpkg-dev
}

for group in "$@"; do
	case $group in
	build) build ;;
	test) tests ;;
	bench) bench ;;
	suites) suites ;;
	*)
		echo "install.sh: there is no group $group" >&2
		exit 64
		;;
	esac
done

if ! command -v go >/dev/null 2>&1; then
	echo 'Go 1.26 or later is needed: https://go.dev/dl/ (put its bin directory into PATH)' >&2
	exit 69
fi
test -n "$missing" || exit 0

become=''
if [ "$(id -u)" != 0 ]; then
	become='sudo -n'
	if ! $become true 2>/dev/null; then
		echo "these packages are missing and only root can install them:$missing" >&2
		echo "  apt-get install$missing" >&2
		exit 69
	fi
fi
echo "installing$missing" >&2
log=$(mktemp)

# Some packages bring daemons, and would start them: the tests start their own.
# invoke-rc.d(8) asks this program first. One that is there has its own reasons.
policy=/usr/sbin/policy-rc.d
added=''
if [ ! -e "$policy" ]; then
	added=$policy
	printf '#!/bin/sh\nexit 101\n' | $become sh -c "cat >'$policy' && chmod 755 '$policy'"
fi
# shellcheck disable=SC2064 # what they are now
trap "rm -f '$log'; test -z '$added' || $become rm -f '$added'" EXIT
trap 'exit 130' INT TERM
# shellcheck disable=SC2086 # words on purpose
install_missing() {
	$become env DEBIAN_FRONTEND=noninteractive apt-get -qq update >"$log" 2>&1 &&
		$become env DEBIAN_FRONTEND=noninteractive apt-get -qq --no-install-recommends install -y $missing >>"$log" 2>&1
}
if ! install_missing; then
	cat "$log" >&2
	exit 69
fi
