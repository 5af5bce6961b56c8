#!/bin/sh
set -eu
# Thirty packages of twenty files; half of them need another one.
mkdir packages project
i=1
while [ $i -le 30 ]; do
	mkdir -p "source/package/lib"
	j=0
	while [ $j -lt 20 ]; do
		echo "exports.answer = $i * $j;" >"source/package/lib/part-$j.js"
		j=$((j + 1))
	done
	echo "#!/usr/bin/env node" >source/package/run.js
	printf '{"name":"small-%d","version":"1.0.%d","main":"lib/part-1.js","bin":{"small-%d":"run.js"}}\n' $i $i $i >source/package/package.json
	tar -czf "packages/small-$i.tgz" -C source package
	rm -rf source
	i=$((i + 1))
done
{
	echo '{"name":"project","version":"1.0.0","private":true,"dependencies":{'
	i=1
	while [ $i -le 30 ]; do
		test $i = 1 || echo ,
		printf '"small-%d":"file:../packages/small-%d.tgz"' $i $i
		i=$((i + 1))
	done
	echo '}}'
} >project/package.json
cd project
npm install --offline --package-lock-only --no-audit --no-fund --silent
