#!/bin/sh
set -eu
# The server and the tools that check its files are one executable, which goes
# by its name.
ln -s "$(command -v redis-check-rdb)" redis-server
