#!/bin/sh
set -eu
cd repository
git count-objects
git -c pack.threads=1 gc --quiet
git count-objects
git fsck --strict --no-progress
git rev-parse HEAD
