package main

import "testing"

var networkPrograms = []networkProgram{
	{
		program: program{
			name: "curl", policy: "curl", command: []string{"/bin/sh", "run.sh"}, needs: []string{"curl"},
			prepare: copyAuthority, vague: `ca\.pem$`,
			normal: []replacement{replace(`after \d+ ms`, "after 0 ms")},
		},
		serve: serveWeb,
		works: `posted\n(.|\n)*all came\na page\n`,
		closed: []closedCase{
			{
				name: "address", command: []string{"/usr/bin/curl", "-sS", "http://127.0.0.1:$HTTP_PORT/page"},
				rule:    `access = ["connect"], address = ["127.0.0.1:$HTTP_PORT"]`,
				refusal: `denied connect 127\.0\.0\.1:$HTTP_PORT \(connect by curl\[\d+\]\)`,
				says:    `curl: \(7\) `,
			},
			{
				name: "socket", command: []string{"/usr/bin/curl", "-sS", "--unix-socket", "$HTTP_SOCKET", "http://local/page"},
				rule:    `access = ["connect"], address = ["unix:$HTTP_SOCKET"]`,
				refusal: `denied connect unix:$HTTP_SOCKET \(connect by curl\[\d+\]\)`,
				says:    `curl: \(7\) `,
			},
			{
				name: "certificate",
				command: []string{
					"/usr/bin/curl", "-sS", "--cacert", "ca.pem",
					"--resolve", "shop.test:$HTTPS_PORT:127.0.0.1", "https://shop.test:$HTTPS_PORT/page",
				},
				rule:    `access = ["read"], path = ["$${cwd}/ca.pem"]`,
				refusal: `denied read \S*/ca\.pem \(openat by curl\[\d+\]\)`,
				says:    `curl: \(77\) `,
			},
		},
	},
	{
		program: program{
			name: "ssh", policy: "ssh", command: []string{"/bin/sh", "run.sh"}, needs: []string{"ssh", "scp", "sftp"},
			prepare: prepareSSH, vague: `\.ssh/`,
			normal: sshPorts,
		},
		serve: serveSSH,
		works: `scp copies back\n(.|\n)*sftp copies\n(over the same connection: \d\n){4}forwarding\n`,
		closed: []closedCase{
			{
				name: "address", command: []string{"/usr/bin/ssh", "-F", "$HOME/.ssh/config", "server", "true"},
				rule:    `access = ["connect"], address = ["127.0.0.0/8:$SSH_PORT"]`,
				refusal: `denied connect 127\.0\.0\.1:$SSH_PORT \(connect by ssh\[\d+\]\)`,
				says:    `ssh: connect to host 127\.0\.0\.1 port 1: Permission denied`,
			},
			{
				name: "key", command: []string{"/usr/bin/ssh", "-F", "$HOME/.ssh/config", "server", "true"},
				rule:    `access = ["read"], path = ["$HOME/.ssh/id_*"]`,
				refusal: `denied read \S*/id_ed25519 \(openat by ssh\[\d+\]\)`,
				says:    `Permission denied \(publickey\)`,
			},
		},
	},
	{
		program: program{
			name: "gitssh", policy: "git-ssh", command: []string{"/bin/sh", "run.sh"}, needs: []string{"git", "ssh"},
			prepare: prepareSSH, vague: `\.ssh/|/index$|/objects/pack/|FETCH_HEAD$|/logs/`,
			normal: sshPorts,
		},
		serve: serveSSH,
		works: ` at the same time\n(.|\n)*at the same time\n`,
		closed: []closedCase{
			{
				name:    "address",
				command: []string{"/bin/sh", "-c", "git init -q --bare s.git && git -c core.sshCommand=\"ssh -F $HOME/.ssh/config\" ls-remote ssh://server$$PWD/s.git"},
				rule:    `access = ["connect"], address = ["127.0.0.0/8"]`,
				refusal: `denied connect 127\.0\.0\.1:$SSH_PORT \(connect by ssh\[\d+\]\)`,
				says:    `port 1: Permission denied(.|\n)*Could not read from remote repository`,
			},
		},
	},
	{
		program: program{
			name: "pip", policy: "pip", command: []string{"/bin/sh", "run.sh"}, needs: []string{"/usr/bin/python3"},
			vague: `__pycache__/|home/\.cache/`,
		},
		serve: serveIndex,
		works: `a shop 5\n`,
		closed: []closedCase{
			{
				name: "address",
				command: []string{
					"/usr/bin/python3", "-m", "pip", "download", "--retries", "1", "--disable-pip-version-check",
					"--index-url", "http://127.0.0.1:$INDEX_PORT/simple", "scales",
				},
				rule:    `access = ["connect"], address = [":$INDEX_PORT"]`,
				refusal: `denied connect 127\.0\.0\.1:$INDEX_PORT \(connect by python3\[\d+\]\)`,
				says:    `\[Errno 13\] Permission denied(.|\n)*No matching distribution found for scales`,
			},
		},
	},
	{
		program: program{
			name: "npm", policy: "npm", command: []string{"/bin/sh", "run.sh"}, needs: []string{"npm"},
			skip: `home/\.npm/`, normal: []replacement{replace(`in \d+m?s`, "in 1s"), replace(`:\d{4,5}/`, ":1/")},
		},
		serve: serveRegistry,
		works: `5\na shop 5\n(.|\n)*a shop 5\n`,
		closed: []closedCase{
			{
				name:    "address",
				command: []string{"/bin/sh", "-c", "npm install --registry http://127.0.0.1:$REGISTRY_PORT --fetch-retries 0 --no-audit scales"},
				rule:    `access = ["connect"], address = ["127.0.0.1:$REGISTRY_PORT"]`,
				refusal: `denied connect 127\.0\.0\.1:$REGISTRY_PORT \(connect by [^[]*\[\d+\]\)`,
				says:    `npm (error|ERR!) code EACCES`,
			},
		},
	},
	{
		program: program{
			name: "psql", policy: "psql", command: []string{"/bin/sh", "run.sh"},
			normal: []replacement{replace(`process with PID \d+|PID \d+`, "PID 1")},
		},
		serve: func(t *testing.T, w *workspace) func() string {
			servePostgres(t, w)
			return nil
		},
		works: `processed: 2000/2000\n(.|\n)*processed: 2000/2000\n`,
		closed: []closedCase{
			{
				name:    "socket",
				command: []string{"$PGBIN/psql", "-h", "$PGSOCKETS", "-c", "select 1"},
				rule:    `access = ["connect"], address = ["unix:$PGSOCKETS/*"]`,
				refusal: `denied connect unix:$PGSOCKETS/\.s\.PGSQL\.$PGPORT \(connect by psql\[\d+\]\)`,
				says:    `connection to server on socket "$PGSOCKETS/\.s\.PGSQL\.$PGPORT" failed: Permission denied`,
			},
			{
				name:    "address",
				command: []string{"$PGBIN/psql", "-h", "127.0.0.1", "-c", "select 1"},
				rule:    `access = ["connect"], address = ["127.0.0.1"]`,
				refusal: `denied connect 127\.0\.0\.1:$PGPORT \(connect by psql\[\d+\]\)`,
				says:    `connection to server at "127\.0\.0\.1", port $PGPORT failed: Permission denied`,
			},
		},
	},
	{
		program: program{
			name: "redis", policy: "redis", command: []string{"/bin/sh", "run.sh"}, needs: []string{"redis-cli", "redis-benchmark"},
			prepare: func(t *testing.T, w *workspace) { linkRedis(t, w) }, vague: `\.rdb$|appendonlydir/`,
		},
		serve: func(t *testing.T, w *workspace) func() string {
			w.env = append(w.env, "REDIS_PORT="+freePort(t))
			return nil
		},
		works: `value-4711\n`,
		closed: []closedCase{
			{
				name:    "bind",
				command: []string{"/bin/sh", "once.sh"},
				rule:    `access = ["bind"], address = ["127.0.0.1:$REDIS_PORT"]`,
				refusal: `denied bind 127\.0\.0\.1:$REDIS_PORT \(bind by redis-server\[\d+\]\)`,
				says:    `(?m)Could not create server TCP listening socket 127\.0\.0\.1:$REDIS_PORT: bind: Permission denied`,
			},
		},
	},
	{
		program: program{
			name: "nginx", policy: "nginx", command: []string{"/bin/sh", "run.sh"}, needs: []string{"wrk"},
			prepare: func(t *testing.T, w *workspace) { prepareNginx(t, w) }, vague: `nginx\.(conf|sock)$|\.log$`,
			normal: []replacement{replace(`(http://|host: ")127\.0\.0\.1:\d+`, "${1}127.0.0.1:1")},
		},
		serve: func(t *testing.T, w *workspace) func() string {
			w.env = append(w.env, "NGINX_PORT="+freePort(t))
			return nil
		},
		drive: driveNginx,
		works: `\nloaded\nreload\n(.|\n)*quit\n`,
		closed: []closedCase{
			{
				name:    "bind",
				command: []string{"/usr/sbin/nginx", "-e", "error.log", "-p", ".", "-c", "nginx.conf", "-t"},
				rule:    `access = ["bind"], address = ["127.0.0.1:$NGINX_PORT"]`,
				refusal: `denied bind 127\.0\.0\.1:$NGINX_PORT \(bind by nginx\[\d+\]\)`,
				says:    `nginx: \[emerg\] bind\(\) to 127\.0\.0\.1:$NGINX_PORT failed \(13: Permission denied\)`,
			},
		},
	},
}

// sshPorts hides what the kernel has chosen.
var sshPorts = []replacement{replace(`port \d+`, "port 1"), replace(`\]:\d+`, "]:1")}
