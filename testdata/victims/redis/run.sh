#!/bin/sh
# A server with its tools: commands of every kind, a saved and loaded data set, and
# a load, over a local socket and over the loopback. How fast it was is for the
# clock: what is printed are the names of the tests.
set -u
start() {
	./redis-server --bind 127.0.0.1 --port "$REDIS_PORT" --unixsocket "$PWD/redis.sock" --unixsocketperm 700 \
		--save '' --appendonly yes --appendfsync no --logfile /dev/null --dir "$PWD" &
	server=$!
	until [ "$(redis-cli -s redis.sock ping 2>/dev/null)" = PONG ]; do
		kill -0 $server || exit 1
		sleep 0.01
	done
}
start
for place in "-s $PWD/redis.sock" "-h 127.0.0.1 -p $REDIS_PORT"; do
	# shellcheck disable=SC2086 # words on purpose
	cli() { redis-cli $place "$@"; }
	cli set word 'some words'
	cli get word
	cli rpush list a b c
	cli lrange list 0 -1
	cli eval 'return redis.call("incr", KEYS[1])' 1 counter
	seq 1 5000 | sed 's/.*/SET key-& value-&/' | cli --pipe | tail -n 1
	cli subscribe news >heard &
	listener=$!
	until [ "$(cli publish news 'for all')" = 1 ]; do sleep 0.01; done
	cli client kill type pubsub
	wait $listener
	cat heard
	cli wrong
	cli -n 99 get word
	# shellcheck disable=SC2086
	redis-benchmark $place -n 3000 -c 20 -r 1000 -t set,get,lpush --csv 2>&1 | cut -d, -f1
	# shellcheck disable=SC2086
	redis-benchmark $place -n 10000 -c 20 -P 8 -t incr --csv 2>&1 | cut -d, -f1
	cli del list
done
redis-cli -s redis.sock bgrewriteaof
redis-cli -s redis.sock save
redis-cli -s redis.sock shutdown
wait $server
echo "redis-server said $?"
start
redis-cli -s redis.sock get key-4711
redis-cli -s redis.sock get counter
redis-cli -s redis.sock shutdown nosave
wait $server
rm -r appendonlydir
ls
