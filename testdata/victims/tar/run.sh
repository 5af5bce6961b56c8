#!/bin/sh
# Pack and unpack, with everything a tree can hold.
set -eu
mkdir -p tree/sub tree/empty
echo one >tree/one.txt
echo two >tree/sub/two.txt
chmod 4755 tree/one.txt
chmod 600 tree/sub/two.txt
ln -s ../one.txt tree/sub/link
ln -s nowhere tree/dangling
ln tree/one.txt tree/hard.txt
mkfifo -m 620 tree/queue
chmod 2775 tree/sub
chmod 1777 tree/empty
i=0
while [ $i -lt 200 ]; do
	echo $i >tree/sub/f$i
	i=$((i + 1))
done
find tree -exec touch -h -d 2001-02-03T04:05:06Z {} +

tar -cf tree.tar tree
tar -tf tree.tar | sort | head -12
tar -czf tree.tgz tree
mkdir plain zipped
tar -xpf tree.tar -C plain
tar -xzf tree.tgz -C zipped --no-same-permissions --strip-components=1
(cd tree && tar -cf - .) | (mkdir piped && cd piped && tar -xpf -)
tar -df tree.tar && echo "no difference"
tar --delete -f tree.tar tree/one.txt 2>&1
tar -rf tree.tar run.sh
tar -tf tree.tar | wc -l
tar -xf missing.tar || echo "tar said $?"
tar -xkf tree.tgz tree/one.txt || echo "tar -k said $?"
rm tree.tgz
