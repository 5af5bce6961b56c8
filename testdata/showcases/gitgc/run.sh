#!/bin/sh
set -eu
cd repository
git count-objects
git gc --quiet
git count-objects
git fsck --strict --no-progress
git rev-parse HEAD
