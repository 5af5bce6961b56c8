#!/bin/sh
set -eu
cp -a tree copy
rm copy/queue tree/queue
diff -r --no-dereference tree copy && echo "the same"
