#!/bin/sh
set -eu
# A server that keeps nothing, loaded over a local socket and over loopback. How
# fast it was is for the clock: what is printed are the names of the tests. The
# port is one that another run at the same time does not choose.
port=$((16000 + $$ % 10000))
./redis-server --bind 127.0.0.1 --port $port --unixsocket "$PWD/redis.sock" \
	--save '' --appendonly no --logfile /dev/null &
server=$!
trap 'kill $server 2>/dev/null || :' EXIT
until redis-cli -s redis.sock ping >/dev/null 2>&1; do
	kill -0 $server
	sleep 0.01
done
for place in "-s $PWD/redis.sock" "-h 127.0.0.1 -p $port"; do
	# shellcheck disable=SC2086 # words on purpose
	redis-benchmark $place -n 5000 -c 20 -r 1000 -t set,get,lpush --csv 2>&1 | cut -d, -f1
	# shellcheck disable=SC2086
	redis-benchmark $place -n 10000 -c 20 -P 8 -t incr --csv 2>&1 | cut -d, -f1
done
redis-cli -s redis.sock get counter:__rand_int__
redis-cli -s redis.sock shutdown nosave
wait
