#!/bin/sh
# Starts nginx as a daemon and says so; stops it when the input ends.
set -eu
nginx() { /usr/sbin/nginx -e error.log -p "$PWD" -c nginx.conf "$@"; }

nginx -t
nginx
echo ready
read -r command
nginx -s "$command"
echo "$command"
read -r command
nginx -s "$command"
while test -e nginx.pid; do sleep 0.02; done
echo "$command"
