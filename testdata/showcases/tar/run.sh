#!/bin/sh
set -eu
mkdir keep gone
tar -xpf tree.tar --xattrs -C keep
tar -xpf tree.tar -C gone
rm -rf gone
tar -tf tree.tar | wc -l
