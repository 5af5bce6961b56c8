#!/bin/sh
# A server that is stopped as soon as it answers; if it gives up, what it has said.
./redis-server --bind 127.0.0.1 --port "$REDIS_PORT" --save '' --daemonize yes --logfile "$PWD/log"
until redis-cli -p "$REDIS_PORT" ping 2>/dev/null; do
	if grep bind: log; then
		exit 1
	fi
	sleep 0.01
done
redis-cli -p "$REDIS_PORT" shutdown nosave
