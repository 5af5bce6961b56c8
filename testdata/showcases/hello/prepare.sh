#!/bin/sh
set -eu
"$SHOWCASES/../tools/source.sh" hello "$CACHE"
cp -a "$CACHE/hello" source
# Files that are older than what they are made from would be made again.
find source -exec touch -h -d 2001-02-03T04:05:06Z {} +
