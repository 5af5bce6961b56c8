#!/bin/sh
set -eu
. "$SHOWCASES/lib.sh"
make_tree tree 60
tar -cf tree.tar --xattrs tree
rm -rf tree
