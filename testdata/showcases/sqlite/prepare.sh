#!/bin/sh
set -eu
{
	echo "create table stock (id integer primary key, name text unique, n integer);"
	i=0
	while [ $i -lt 5000 ]; do
		echo "insert into stock (name, n) values ('item$i', $((i * 7 % 13)));"
		i=$((i + 1))
	done
	echo "select count(*), sum(n) from stock;"
	echo "pragma integrity_check;"
} >commits.sql
