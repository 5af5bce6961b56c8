#!/bin/sh
set -eu
. "$SHOWCASES/lib.sh"
make_repository repository 400
echo changed >repository/dir-1/file-8.txt
touch repository/new repository/dir-2/new
