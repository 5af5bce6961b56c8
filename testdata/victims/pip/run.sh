#!/bin/sh
# Installs a package and what it needs, runs it, and takes it away again.
set -u
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_BREAK_SYSTEM_PACKAGES=1 PYTHONHASHSEED=0
index=http://127.0.0.1:$INDEX_PORT/simple/
pip() { /usr/bin/python3 -m pip --no-color "$@"; }

pip install --user --no-warn-script-location --progress-bar off --index-url "$index" shop
/usr/bin/python3 -c 'import shop; print(shop.total())'
"$HOME/.local/bin/shop"
pip install --user --index-url "$index" 'shop==9'
echo "pip said $?"
pip download --quiet --no-deps --index-url "$index" -d wheels scales
ls wheels
pip uninstall --yes shop
/usr/bin/python3 -c 'import shop'
echo "python said $?"
ls "$HOME/.local/bin"
