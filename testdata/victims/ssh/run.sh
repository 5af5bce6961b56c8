#!/bin/sh
# Commands, streams, copies and forwarded sockets over ssh, to the account that
# this runs as. The test has written the settings.
set -u
config=$HOME/.ssh/config
ssh() { command ssh -F "$config" "$@"; }

ssh server 'echo there; echo and here >&2; exit 3'
echo "ssh said $?"
seq 1 200000 | ssh server 'cat' | sha256sum
ssh server 'kill -TERM $$'
echo "ssh said $?"
ssh -tt server 'test -t 0 && echo a terminal' </dev/null
seq 1 1000 >local
scp -q -F "$config" local "server:$PWD/remote"
cmp local remote && echo 'scp copies there'
scp -q -O -F "$config" "server:$PWD/remote" back
cmp local back && echo 'scp copies back'
printf 'cd %s\nput local put\nls -1\nrename put renamed\n' "$PWD" >batch
sftp -q -F "$config" -b - server <batch
cmp local renamed && echo 'sftp copies'

# One connection for all.
ssh -M -N -f -o ControlPath="$HOME/.ssh/control-%r" server
for i in 1 2 3 4; do
	ssh -o ControlPath="$HOME/.ssh/control-%r" server "echo over the same connection: $i"
done
ssh -o ControlPath="$HOME/.ssh/control-%r" -O exit server

# A socket here that leads to the server itself.
ssh -L "$PWD/here.sock:127.0.0.1:$SSH_PORT" server "test -S '$PWD/here.sock' && echo forwarding"
rm -f here.sock
ssh -W "127.0.0.1:$SSH_PORT" server </dev/null | (read -r banner && echo "${banner%%-OpenSSH*}")

ssh -o UserKnownHostsFile=/dev/null server true
echo "ssh to a stranger said $?"
ssh -i nothing -o IdentitiesOnly=yes -o IdentityFile=nothing -F none -p "$SSH_PORT" \
	-o UserKnownHostsFile="$HOME/.ssh/known_hosts" -o BatchMode=yes 127.0.0.1 true
echo "ssh without a key said $?"
ls
