#!/bin/sh
set -u
make
make -j4 check
touch -d 2031-01-01T00:00:00Z greet.c
make -q hello 2>/dev/null
echo "make -q said $?"
touch -d 2001-01-01T00:00:00Z greet.c
make hello
make fail
echo "make fail said $?"
make clean
exit 0
