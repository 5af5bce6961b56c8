#!/bin/sh
# A virtual environment, a package and what it needs from an index into it, and a
# script that imports them and much of the standard library.
set -u
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PYTHONHASHSEED=0
index=http://127.0.0.1:$INDEX_PORT/simple/

/usr/bin/python3 -m venv --without-pip env
/usr/bin/python3 -m pip --no-color --python env/bin/python install --quiet --progress-bar off --index-url "$index" shop
env/bin/python report.py stock.csv
echo "python said $?"
env/bin/shop
ls env/bin
