set client_min_messages = error;
drop table if exists stock;
create table stock (id integer primary key, name text, n integer);
