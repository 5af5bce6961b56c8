"""Imports, files, temporary files, subprocesses and a process pool."""

import collections
import csv
import ctypes
import datetime
import decimal
import hashlib
import json
import logging
import lzma
import mmap
import multiprocessing
import os
import pathlib
import pickle
import queue
import random
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid
import xml.etree.ElementTree
import zipfile
import zlib

import helper


def show(label, value):
    print(f"{label}: {value}", flush=True)


def mode(path):
    return oct(stat.S_IMODE(os.lstat(path).st_mode))


def square(n):
    return n * n


def files():
    root = pathlib.Path("tree")
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "one.txt").write_text("one\n")
    (root / "a" / "b" / "zwei-ü.txt").write_text("two\n", encoding="utf-8")
    (root / "link").symlink_to("a/one.txt")
    os.chmod(root / "a" / "one.txt", 0o640)
    os.utime(root / "a" / "one.txt", (1_000_000_000, 1_000_000_000))
    os.mkfifo(root / "fifo", 0o600)
    (root / "fifo").unlink()
    copy = shutil.copytree(root, "copy", symlinks=True)
    show("copied", sorted(str(p) for p in pathlib.Path(copy).rglob("*")))
    show("mode", mode("copy/a/one.txt"))
    show("mtime", int(os.stat("copy/a/one.txt").st_mtime))
    os.replace("copy/a/one.txt", "copy/a/renamed.txt")
    shutil.rmtree("tree")
    show("gone", not root.exists())
    with open("data.bin", "w+b") as f:
        f.truncate(8192)
        with mmap.mmap(f.fileno(), 8192) as m:
            m[4096:4101] = b"hello"
    show("mapped", hashlib.sha256(pathlib.Path("data.bin").read_bytes()).hexdigest()[:16])
    for path, flags in (("none.txt", os.O_RDONLY), ("copy", os.O_WRONLY), ("data.bin/x", os.O_RDONLY),
                        ("data.bin", os.O_CREAT | os.O_EXCL | os.O_WRONLY)):
        try:
            os.close(os.open(path, flags))
        except OSError as e:
            show("errno", e)
    shutil.make_archive("archive", "zip", "copy")
    show("zip", sorted(zipfile.ZipFile("archive.zip").namelist()))
    os.remove("archive.zip")


def temporary():
    with tempfile.TemporaryDirectory() as d:
        show("temporary directory", (mode(d), os.path.dirname(d) == tempfile.gettempdir()))
        with tempfile.NamedTemporaryFile(dir=d) as f:
            f.write(b"x" * 10)
            f.flush()
            show("named", (mode(f.name), os.path.getsize(f.name)))
        with tempfile.TemporaryFile(dir=d) as f:
            f.write(b"unnamed")
            f.seek(0)
            show("unnamed", f.read())
    show("left behind", os.listdir(tempfile.gettempdir()))


def processes():
    done = subprocess.run(["sort", "-r"], input="a\nb\nc\n", capture_output=True, text=True, check=True)
    show("sorted", done.stdout.split())
    done = subprocess.run("echo $((6 * 7)); exit 3", shell=True, capture_output=True, text=True)
    show("shell", (done.stdout, done.returncode))
    first = subprocess.Popen(["cat", "helper.py"], stdout=subprocess.PIPE)
    second = subprocess.Popen(["wc", "-l"], stdin=first.stdout, stdout=subprocess.PIPE, text=True)
    first.stdout.close()
    show("piped", second.communicate()[0].strip())
    done = subprocess.run([sys.executable, "-c", "import helper; print(helper.NAME)"], capture_output=True, text=True)
    show("python in python", done.stdout)
    try:
        subprocess.run(["/nonexistent/program"])
    except FileNotFoundError as e:
        show("missing", e)
    done = subprocess.run(["sleep", "100"], timeout=None) if False else subprocess.Popen(["sleep", "100"])
    done.terminate()
    show("terminated", done.wait())


def pool():
    with multiprocessing.Pool(3) as p:
        show("pool", p.map(square, range(10)))
    q = multiprocessing.Queue()
    child = multiprocessing.Process(target=q.put, args=("from the child",))
    child.start()
    show("queue", q.get())
    child.join()


def threads():
    results = queue.Queue()

    def work(n):
        path = f"thread-{n}.txt"
        for i in range(50):
            with open(path, "w") as f:
                f.write(str(i))
            with open(path) as f:
                assert f.read() == str(i)
        os.remove(path)
        results.put(n)

    all_threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for t in all_threads:
        t.start()
    for t in all_threads:
        t.join()
    show("threads", sorted(results.get() for _ in all_threads))


def database():
    db = sqlite3.connect("stock.db")
    with db:
        db.execute("create table stock (name text, n integer)")
        db.executemany("insert into stock values (?, ?)", [("tea", 2), ("honey", 1)])
    show("rows", db.execute("select * from stock order by n").fetchall())
    db.close()


if __name__ == "__main__":
    show("helper", helper.NAME)
    show("libc", ctypes.CDLL(None).abs(-4))
    for part in (files, temporary, processes, pool, threads, database):
        part()
    sys.exit(4)
