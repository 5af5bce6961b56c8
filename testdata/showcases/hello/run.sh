#!/bin/sh
set -eu
cd source
./configure --quiet --disable-nls --disable-dependency-tracking
make -s
./hello --greeting='made here'
