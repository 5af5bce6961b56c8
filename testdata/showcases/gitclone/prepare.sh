#!/bin/sh
set -eu
. "$SHOWCASES/lib.sh"
make_repository repository 400
