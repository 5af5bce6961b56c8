#!/bin/sh
# demo.sh BROKER: runs report.sh under policy.hcl in a temporary directory.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
broker=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")

shop=$(mktemp -d "${TMPDIR:-/tmp}/shop-XXXXXX")
trap 'rm -rf "$shop"' EXIT
mkdir "$shop/orders" "$shop/reports" "$shop/home" "$shop/home/.ssh"
cp "$here/policy.hcl" "$here/report.sh" "$shop"
chmod 755 "$shop/report.sh"
printf 'tea 2\nhoney 1\n' >"$shop/orders/monday.txt"
printf 'Ada Lovelace, 12 St James Square\n' >"$shop/orders/customers.txt"
echo 'a private key' >"$shop/home/.ssh/id_demo"

cd "$shop"
HOME=$shop/home
export HOME
echo "A shell script without a broker: it reads whatever its user may read."
echo
./report.sh 2>&1 | sed 's/^/  /'
printf 'tea 2\nhoney 1\n' >orders/monday.txt
rm -f reports/monday.txt
echo
echo "The same script under the rules of testdata/demo/policy.hcl, and the summary:"
echo "  broker --rules policy.hcl --log decisions.log -- ./report.sh"
echo
"$broker" --rules policy.hcl --log decisions.log -- ./report.sh 2>&1 | sed 's/^/  /'
echo
echo "What decisions.log says:"
echo
sed 's/^/  /' decisions.log
