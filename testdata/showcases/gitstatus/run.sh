#!/bin/sh
set -eu
cd repository
i=0
while [ $i -lt 20 ]; do
	git status --short
	i=$((i + 1))
done
