#!/bin/sh
set -eu
. "$SHOWCASES/lib.sh"
make_repository packed 300
git init --quiet --initial-branch=main repository
for pack in packed/.git/objects/pack/*.pack; do
	git -C repository unpack-objects -q <"$pack"
done
git -C repository reset --quiet --hard "$(git -C packed rev-parse HEAD)"
rm -rf packed
