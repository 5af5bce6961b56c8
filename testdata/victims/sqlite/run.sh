#!/bin/sh
set -u
sqlite3 shop.db <<'END'
create table stock (id integer primary key, name text unique, n integer);
insert into stock (name, n) values ('tea', 2), ('honey', 1);
begin; update stock set n = n + 10; rollback;
begin; update stock set n = n + 1; commit;
select name, n from stock order by name;
END
sqlite3 shop.db 'pragma journal_mode = wal; insert into stock (name, n) values ("salt", 7); select count(*) from stock;'
sqlite3 shop.db 'with recursive c(x) as (select 1 union all select x+1 from c where x < 20000) insert into stock (name, n) select "item" || x, x from c;'
sqlite3 -csv shop.db 'select * from stock where id % 5000 = 0;'
sqlite3 shop.db 'pragma temp_store = file; select count(*) from (select a.n from stock a order by a.name desc);'
sqlite3 shop.db 'pragma journal_mode = delete; vacuum; pragma integrity_check;'
sqlite3 shop.db '.backup copy.db'
sqlite3 copy.db 'select sum(n) from stock;'
sqlite3 shop.db .dump | wc -l
sqlite3 shop.db 'insert into stock (name, n) values ("tea", 0);'
echo "sqlite3 said $?"
sqlite3 -readonly shop.db 'delete from stock;'
echo "sqlite3 -readonly said $?"
