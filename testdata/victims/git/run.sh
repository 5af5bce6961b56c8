#!/bin/sh
# The life of a repository: names of commits are the same in every run because
# their dates are given.
set -eu
export GIT_AUTHOR_DATE='2001-02-03T04:05:06Z' GIT_COMMITTER_DATE='2001-02-03T04:05:06Z'

git init --quiet --initial-branch=main one
cd one
git config user.name 'Ada'
git config user.email 'ada@example.org'
git config --global core.abbrev 12
git config --list --local | sort
mkdir -p dir
for i in 1 2 3; do
	echo "line $i" >>dir/file.txt
	git add .
	git commit --quiet -m "change $i"
done
git log --oneline
git mv dir/file.txt dir/moved.txt
git commit --quiet -m 'move'
git checkout --quiet -b side HEAD~2
echo side >side.txt
git add side.txt
git commit --quiet -m 'side'
git checkout --quiet main
git merge --quiet -m 'merge' side
git log --graph --format='%h %s' | cat
git tag -a -m 'a tag' v1
git status --short
echo changed >>dir/moved.txt
git diff --stat
git stash push --quiet
git stash list
git stash pop --quiet
git restore dir/moved.txt
git rm --quiet side.txt
git commit --quiet -m 'remove'
git reflog | wc -l
cd ..

git clone --quiet one two
git -C two log -1 --format=%H
git clone --quiet --bare --no-local one three.git
cd two
git config user.name 'Bob'
git config user.email 'bob@example.org'
echo two >two.txt
git add two.txt
git commit --quiet -m 'from the clone'
git push --quiet ../three.git main
git -C ../three.git log -1 --format='%h %s'
git fetch --quiet ../three.git main
git worktree add --quiet ../tree HEAD~1
ls ../tree
git worktree remove ../tree
cd ../one
git gc --quiet
git fsck --strict
git count-objects -v | grep -v size
git archive --format=tar HEAD | tar -tf -
git checkout --quiet nothing || echo "git said $?"
