# Functions for the prepare.sh of the showcases, which run in the showcase's
# working directory, natively and untimed.

# make_tree DIR FOLDERS: folders of forty files each, with links, modes, and
# dates of their own.
make_tree() {
	i=0
	while [ $i -lt "$2" ]; do
		folder=$1/part-$((i % 10))/folder-$i
		mkdir -p "$folder/deeper"
		j=0
		while [ $j -lt 40 ]; do
			echo "file $j of folder $i, the $((i * 40 + j))th" >"$folder/file-$j.txt"
			j=$((j + 1))
		done
		echo "needle $i" >"$folder/deeper/hay"
		ln "$folder/file-1.txt" "$folder/deeper/hard"
		ln -s ../file-2.txt "$folder/deeper/soft"
		ln -s nowhere "$folder/dangling"
		chmod 600 "$folder/file-3.txt"
		chmod 755 "$folder/file-4.txt"
		i=$((i + 1))
	done
	setfattr -n user.kind -v showcase "$1/part-0/folder-0/file-0.txt"
	chmod 2775 "$1/part-0"
	chmod 1777 "$1/part-1"
	mkfifo -m 620 "$1/queue"
	find "$1" -exec touch -h -d 2001-02-03T04:05:06Z {} +
}

# make_repository DIR COMMITS: a history of files that change, by the same
# people on the same days every time.
make_repository() {
	git init --quiet --initial-branch=main "$1"
	i=1
	while [ $i -le "$2" ]; do
		echo "commit refs/heads/main"
		echo "committer Ada <ada@example.org> $((1000000000 + i)) +0000"
		echo "data <<END"
		echo "change $i"
		echo "END"
		for k in 1 2 3; do
			echo "M 100644 inline dir-$((i % 20))/file-$((i * 7 % 60 + k)).txt"
			echo "data <<END"
			echo "line $i of $k"
			echo "and another line"
			echo "END"
		done
		i=$((i + 1))
	done | git -C "$1" fast-import --quiet
	git -C "$1" reset --quiet --hard
	git -C "$1" config user.name Ada
	git -C "$1" config user.email ada@example.org
}
