#!/bin/sh
# Compile, link and run; archives, a shared library, a failure.
set -eu
gcc --version >/dev/null
gcc -O2 -Wall -c greet.c -o greet.o
gcc -O2 -Wall -o hello main.c greet.o
./hello world
ar rcs libgreet.a greet.o
gcc -o hello-static main.c -L. -lgreet
./hello-static archive
gcc -shared -fPIC -o libgreet.so greet.c
mkdir lib && mv libgreet.so lib
gcc -pipe -flto -g -o hello-shared main.c -Llib -lgreet -Wl,-rpath,"$PWD/lib"
./hello-shared library
gcc -E -dM main.c | grep -c __linux__
gcc -o broken broken.c && exit 1
test ! -e broken
gcc -o none missing.c || echo "gcc said $?"
nm hello | grep -c ' T greet'
./hello && exit 1
exit 9
