#!/bin/sh
set -eu
. "$SHOWCASES/lib.sh"
make_tree tree 60
