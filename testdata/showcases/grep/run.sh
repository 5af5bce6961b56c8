#!/bin/sh
set -eu
grep -r 'needle 5' tree | sort
grep -rlZ --include='*.txt' 'the 1..th' tree | wc -c
grep -rc nothing tree | grep -vc ':0' || true
