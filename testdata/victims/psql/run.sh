#!/bin/sh
# Queries, copies in and out, several sessions, errors and a load, over the local
# socket and over the loopback. PGBIN, PGSOCKETS and PGPORT say where.
set -u
for host in "$PGSOCKETS" 127.0.0.1; do
	export PGHOST=$host
	psql() { "$PGBIN/psql" --no-psqlrc --quiet -v ON_ERROR_STOP=1 "$@"; }
	psql -f schema.sql
	psql -c '\copy stock from stock.csv csv'
	psql -At -c 'select name, n from stock order by n desc limit 3'
	psql -c "\\copy (select * from stock order by id) to 'out-${host##*/}' csv"
	psql -At -o total -c 'select sum(n) from stock'
	psql -c 'select nothing from stock'
	echo "psql said $?"
	psql -At <<'SQL'
\! echo through the shell
begin;
delete from stock;
rollback;
\c shop
select count(*), inet_server_addr() from stock;
listen news;
notify news, 'for me';
\o | sort -r
select name from stock where id < 4;
SQL
	psql -At -c 'select pg_sleep(10)' -c 'select 1' &
	psql -At <<'SQL'
select set_config('test.found', '0', false) \g /dev/null
do $$ begin
	while not exists (select from pg_stat_activity where query like 'select pg_sleep%' and wait_event = 'PgSleep') loop
		perform pg_sleep(0.01), pg_stat_clear_snapshot();
	end loop;
	perform pg_cancel_backend(pid) from pg_stat_activity where query like 'select pg_sleep%';
end $$;
SQL
	wait
	"$PGBIN/pgbench" -q -i -s 1 2>/dev/null
	echo "pgbench said $?"
	"$PGBIN/pgbench" -n -S -c 4 -j 2 -t 500 2>&1 | grep 'actually processed'
	"$PGBIN/pgbench" -n -c 3 -t 20 2>&1 | grep 'actually processed'
	psql -At -c 'select count(*) from pgbench_history'
done
PGHOST=$PWD psql -c 'select 1' 2>&1 | sed 1q
ls
