#!/bin/sh
set -eu
git clone --quiet repository linked
git clone --quiet --no-local repository fetched
git -C fetched rev-parse HEAD
git -C linked status --short
