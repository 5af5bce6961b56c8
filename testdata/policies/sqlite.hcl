# sqlite: one database and its companions. SQLite keeps a journal, or a log and
# its index, beside the database: it creates and removes them as it goes.

extends = ["builtin:base"]

allow "programs" {
  access = ["read", "exec"]
  path   = ["/usr/bin/sqlite3", "/bin/{sh,dash,bash}", "/usr/bin/wc"]
}

allow "script" {
  access = ["read"]
  path   = ["${cwd}/run.sh"]
}

# attr: as root it gives the journal the owner of the database.
allow "database" {
  access = ["read", "write", "create", "remove", "attr"]
  path   = ["${cwd}/{shop,copy}.db{,-journal,-wal,-shm}"]
}

# SQLite opens the directory to make the removal of a journal durable.
allow "directory" {
  access = ["read"]
  path   = ["${cwd}"]
}

allow "own settings" {
  access = ["read"]
  path   = ["${home}/.sqliterc"]
}

# Sorting spills into files there; "/var/tmp" is where SQLite looks first
# when TMPDIR is not set.
allow "temporary files" {
  access = ["read", "write", "create", "remove"]
  path   = ["${tmp}/etilqs_*", "/var/tmp/etilqs_*"]
}
