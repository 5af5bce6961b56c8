"""Reads a table, adds it up, and writes what came of it."""
import argparse
import collections
import csv
import decimal
import hashlib
import json
import logging
import pathlib
import sqlite3
import sys
import tempfile

import shop

parser = argparse.ArgumentParser()
parser.add_argument("table", type=pathlib.Path)
parser.add_argument("--json", action="store_true")
arguments = parser.parse_args()
logging.basicConfig(filename="report.log", format="%(levelname)s %(message)s", level=logging.INFO)

totals = collections.Counter()
with arguments.table.open(newline="") as f:
    for row in csv.DictReader(f):
        totals[row["kind"]] += decimal.Decimal(row["price"])
logging.info("%d kinds", len(totals))

with tempfile.NamedTemporaryFile("w+") as f:
    json.dump({k: str(v) for k, v in sorted(totals.items())}, f)
    f.seek(0)
    text = f.read()
pathlib.Path("report.json").write_text(text)

db = sqlite3.connect("report.db")
db.execute("create table totals (kind text, price text)")
db.executemany("insert into totals values (?, ?)", [(k, str(v)) for k, v in sorted(totals.items())])
db.commit()
print(db.execute("select count(*) from totals").fetchone()[0], "kinds;", "a shop with", shop.total())
db.close()
print(hashlib.sha256(text.encode()).hexdigest())
if arguments.json:
    print(text)
print("in a virtual environment:", sys.prefix != sys.base_prefix)
sys.exit(4)
