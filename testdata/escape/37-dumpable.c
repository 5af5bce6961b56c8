/*
 * Makes itself unreadable: PR_SET_DUMPABLE 0, as agents for keys do. The
 * supervisor must neither let it pass unread nor fail to serve it.
 */
#include "common.h"
#include <sys/prctl.h>

static void hidden(const char *name, long result)
{
	dprintf(1, "prctl %s: %s\n", name, result < 0 ? strerrorname_np(errno) : "done");
	control();
	note("open", leaks(open(secret, O_RDONLY | O_CLOEXEC)));
	note("unlink", unlink(in(hide, "victim")) == 0);
	if (!exists(in(hide, "victim")))
		write_file(in(hide, "victim"), "victim", 0644);
}

static void *in_thread(void *unused)
{
	hidden("in a thread", prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
	return unused;
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	hidden("0", prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
	/* The option is an int, the value a long. */
	hidden("tall", syscall(SYS_prctl, (1UL << 32) | PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL));
	hidden("with a tall value", prctl(PR_SET_DUMPABLE, 1UL << 32, 0, 0, 0));
	hidden("2", prctl(PR_SET_DUMPABLE, 2, 0, 0, 0));
	pthread_join(start(in_thread, NULL), NULL);
	hidden("1 and 0", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) + prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
	finish();
}
