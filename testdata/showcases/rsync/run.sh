#!/bin/sh
set -eu
rsync -aHX --stats tree/ copy/ | grep -E '^Number of (files|created|regular)'
rm -r tree/part-3
echo changed >tree/part-2/folder-2/file-7.txt
rsync -aHX --delete --checksum --itemize-changes tree/ copy/ | sort | head -20
