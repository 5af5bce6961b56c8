#!/bin/sh
set -eu
i=0
while [ $i -lt 10 ]; do
	/usr/bin/python3 -c '
import asyncio, argparse, concurrent.futures, csv, ctypes, dataclasses, datetime, decimal, difflib, email.message
import fractions, ftplib, glob, gzip, hashlib, html.parser, http.client, http.server, imaplib, inspect, json
import logging.config, lzma, mailbox, multiprocessing, optparse, pathlib, pickle, plistlib, pprint, queue, random
import shelve, shutil, smtplib, sqlite3, ssl, statistics, subprocess, tarfile, tempfile, tomllib, unittest.mock
import urllib.request, uuid, wave, xml.dom.minidom, xml.etree.ElementTree, xmlrpc.client, zipfile
print("imported")'
	i=$((i + 1))
done
