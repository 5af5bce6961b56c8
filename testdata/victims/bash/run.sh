#!/bin/bash
# What shell scripts do all day: pipes, substitutions, redirections, jobs, traps.
set -u

echo "-- pipeline"
printf '%s\n' pear apple fig apple | sort | uniq -c | sed 's/^ *//' | tee fruit.txt
false | true | false
echo "status ${PIPESTATUS[*]}"

echo "-- process substitution"
diff <(printf 'a\nb\nc\n') <(printf 'a\nx\nc\n')
echo "diff said $?"
tee >(tr a-z A-Z >upper.txt) <fruit.txt >/dev/null
wait $!
while [ ! -s upper.txt ]; do :; done
cat upper.txt

echo "-- here documents"
cat <<END | sed 's/^/> /'
$(echo expanded) and \$plain
END
cat <<'END' >here.txt
$(not) expanded
END
cat here.txt - <<<"here string"

echo "-- redirections"
{ echo out; echo err >&2; } >both.txt 2>&1
echo more >>both.txt
cat both.txt
exec 7<both.txt 8>numbers.txt
read -r first <&7
echo "first line: $first" >&8
exec 7<&- 8>&-
cat numbers.txt
cat missing.txt 2>errors.txt || cat errors.txt
set -C
echo clobber >numbers.txt
echo "noclobber said $?"
echo forced >|numbers.txt
set +C
: 3<>rw.txt
echo "to standard error" >/dev/stderr
echo "fd 1 by name" >/dev/fd/1

echo "-- substitution"
here=$(pwd); echo "in ${here##*/}: $(ls | tr '\n' ' ')"
text=$(<here.txt); echo "$text"
echo "nested $(echo "inner $(echo core)")"

echo "-- loops and globs"
mkdir -p many
for i in {1..20}; do echo "$i" >"many/$i.txt"; done
set -- many/*.txt
echo "$# files, sum $(cat many/*.txt | paste -sd+ | bc 2>/dev/null || awk '{s+=$1} END {print s}' many/*.txt)"
rm -r many

echo "-- jobs"
(exit 3) & a=$!
(exit 4) & b=$!
wait $a; echo "first $?"
wait $b; echo "second $?"
coproc CAT { cat; }
echo "through a coprocess" >&"${CAT[1]}"
exec {CAT[1]}>&-
cat <&"${CAT[0]}"

echo "-- traps"
trap 'echo caught USR1' USR1
kill -USR1 $$
(trap 'echo child leaves' EXIT; exit 5); echo "child $?"
sh -c 'kill -TERM $$'; echo "killed child $?"
trap 'echo bye' EXIT

echo "-- modes and umask"
umask 077; echo x >private; umask 002; echo x >group; umask 022
mkfifo -m 600 queue
(echo "through a fifo" >queue) & cat queue; wait
ln -s private link; ln group hard
touch -d 2001-02-03T04:05:06Z old; [ old -ot group ] && echo "old is older"
chmod 754 group; mv old older; rm link
find . -mindepth 1 -printf '%P %y %m\n' | sort
exit 7
