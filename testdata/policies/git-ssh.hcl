# git-ssh: git with a remote repository that ssh leads to.

extends = ["git.hcl", "ssh.hcl"]
