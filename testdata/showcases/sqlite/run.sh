#!/bin/sh
set -eu
# Without waiting for the disk, which would be nearly all of the time.
sqlite3 -cmd 'pragma synchronous = off;' shop.db <commits.sql
