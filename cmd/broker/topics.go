package main

import (
	_ "embed"

	"github.com/spf13/cobra"
)

//go:embed help/rules.txt
var rulesText string

// newRules is a page that belongs to no command.
func newRules() *cobra.Command {
	return &cobra.Command{Use: "rules", Short: "Explain the language of rules, on one page", Long: rulesText}
}

const rootLong = `broker runs a program under rules.

The program's system calls that name files or executables are answered by the
broker: it checks the path against the rules, and opens the file itself, so
that what was checked is what is used. What no rule allows is refused.
Everything else stays in the kernel, at native speed.

Flags of broker come before --, the command and its own flags after it. The
command keeps its standard input, output and error, its environment, working
directory and terminal. While it runs, broker's own words go to standard error
and begin with "broker:"; at the end they sum up what was refused, and which
rules would allow it.`

const rootExample = `  # what the embedded policy builtin:workdir allows: this directory, temporary
  # files, programs and libraries of the system; no keys, no other homes, and
  # no network
  broker -- make test

  # watch a program and write the rules, read them, and hold it to them
  broker learn -o app.hcl -- ./app
  broker --rules app.hcl -- ./app --verbose

  # see what would be refused, refuse nothing
  broker --rules app.hcl --mode monitor -- ./app

  # as root: give up root, and run as somebody else
  broker --user www-data --rules app.hcl -- ./app

  # keep every decision as JSON lines
  broker -r app.hcl --log audit.jsonl --log-format json --log-allowed -- ./app

  # can this machine do it?
  broker doctor`

const rootAfter = `Exit status:
  the command's own, or 128+n if signal n ended it; else
  64   the command line is wrong
  65   a rules file is wrong
  66   a rules file cannot be read
  69   this kernel or user cannot do it: see broker doctor
  70   broker itself failed
  73   the log or a sink of --alert cannot be opened
  126  the command cannot be executed
  127  the command was not found
  With any of these numbers of broker's own, nothing was started.

Environment:
  NO_COLOR  set to anything: no colour
  TERM      dumb: no colour
  PATH      where the command is looked for
  HOME, TMPDIR  what ${home} and ${tmp} mean in rules
  With --user, HOME, SHELL, USER and LOGNAME become that user's.
`
