#!/bin/sh
set -eu
i=0
while [ $i -lt 10 ]; do
	node -e 'require("http"); require("crypto"); require("zlib"); console.log(1 + 1)'
	i=$((i + 1))
done
