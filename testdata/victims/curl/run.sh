#!/bin/sh
# What curl does over each kind of connection, and what it says where there is
# none. The addresses are those of the servers that the test has started.
set -u
web=http://127.0.0.1:$HTTP_PORT
secure=https://shop.test:$HTTPS_PORT
curl() { command curl --silent --show-error --max-time 60 "$@"; }

curl "$web/page"
curl -o saved -w '%{http_code} %{size_download} %{remote_ip}\n' "$web/large"
curl -r 1000-1999 -o part "$web/large"
curl -L -w '%{num_redirects} %{response_code}\n' "$web/moved"
curl --data-binary @run.sh "$web/echo" | cmp - run.sh && echo 'posted'
curl -T run.sh "$web/put"
curl -I "$web/page" | sort
curl -f "$web/nothing"
echo "curl said $?"
curl -Z --parallel-max 8 -o 'many-#1' "$web/numbers/[1-40]" 2>/dev/null # a meter, although it is told to be silent
cat many-* | sort -n | cmp - many && echo 'all came'

curl --cacert ca.pem --resolve "shop.test:$HTTPS_PORT:127.0.0.1" "$secure/page"
curl --cacert ca.pem --http2 --resolve "shop.test:$HTTPS_PORT:127.0.0.1" -w '%{http_version}\n' "$secure/page"
curl --resolve "shop.test:$HTTPS_PORT:127.0.0.1" "$secure/page"
echo "curl said $?"

if [ "$HTTP6_PORT" != 0 ]; then
	curl -g "http://[::1]:$HTTP6_PORT/page" -w '%{remote_ip}\n'
fi
curl --unix-socket "$HTTP_SOCKET" http://local/page
curl --unix-socket nowhere.sock http://local/page
echo "curl said $?"
rm part many-*
ls
