#!/bin/sh
# A repository on a server that ssh leads to: clone, push, fetch, a push that is
# refused there.
set -eu
export GIT_AUTHOR_DATE='2001-02-03T04:05:06Z' GIT_COMMITTER_DATE='2001-02-03T04:05:06Z'
export GIT_SSH_COMMAND="ssh -F $HOME/.ssh/config"

git config --global user.name 'Ada'
git config --global user.email 'ada@example.org'
git config --global init.defaultBranch main
git config --global advice.pushUpdateRejected false
git init --quiet --bare store.git
git init --quiet one
cd one
for i in 1 2 3 4 5; do
	seq 1 $((i * 300)) >"file-$i"
	git add .
	git commit --quiet -m "change $i"
done
git remote add origin "ssh://server$PWD/../store.git"
git push --quiet origin main
cd ..
git clone --quiet "ssh://server$PWD/store.git" two
cd two
git log --format='%h %s'
echo more >>file-1
git commit --quiet -a -m 'from the clone'
git push --quiet
git ls-remote
cd ../one
echo other >>file-2
git commit --quiet -a -m 'at the same time'
git push --quiet origin main || echo "git push said $?"
git fetch --quiet
git rebase --quiet origin/main
git push --quiet origin main
git -C ../store.git log --format='%h %s' -3
git clone --quiet --depth 1 "ssh://server$PWD/../store.git" ../three
git -C ../three log --format=%s
git ls-remote "ssh://server$PWD/../nothing.git" || echo "git ls-remote said $?"
