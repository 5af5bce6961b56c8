#!/bin/sh
# Installs a package and what it needs, runs its command, and takes it away.
set -u
npm() {
	command npm --registry "http://127.0.0.1:$REGISTRY_PORT/" --no-audit --no-fund --no-update-notifier --no-progress --foreground-scripts "$@"
}

npm install shop
node -e 'console.log(require("shop").total())'
node_modules/.bin/shop
ls -a node_modules node_modules/.bin node_modules/shop
rm -r node_modules
npm ci
npm exec -- shop
npm install nothing@1 --loglevel=silent
echo "npm said $?"
npm uninstall shop
ls
