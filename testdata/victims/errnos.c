/*
 * errnos: every call that names files, with every kind of argument against
 * every other. One line for each: the errno, or what there is after it.
 *
 * usage: errnos FAMILY, in an empty directory
 */
#include "errno-lists.h"

enum { MODIFIES = 1, KEEPS_ROOT = 2, OPENS = 4, WATCHES = 8, EXECUTES = 16 };

struct call { const char *family, *name; long nr; const char *letters; int what; };

/* A letter stands for a list of values; p is the first path, q the second. */
static const struct call calls[] = {
	{ "open", "open", SYS_open, "pom", MODIFIES | OPENS },
	{ "open", "openat", SYS_openat, "dpom", MODIFIES | OPENS },
	{ "open", "creat", SYS_creat, "pm", MODIFIES | OPENS },
	{ "openat2", "openat2", SYS_openat2, "dphS", MODIFIES | OPENS },

	{ "make", "mkdir", SYS_mkdir, "pm", MODIFIES },
	{ "make", "mkdirat", SYS_mkdirat, "dpm", MODIFIES },
	{ "make", "mknod", SYS_mknod, "pkz", MODIFIES },
	{ "make", "mknodat", SYS_mknodat, "dpkz", MODIFIES },
	{ "make", "symlink", SYS_symlink, "tp", MODIFIES },
	{ "make", "symlinkat", SYS_symlinkat, "tdp", MODIFIES },

	{ "link", "link", SYS_link, "pq", MODIFIES },
	{ "link", "linkat", SYS_linkat, "dpeqf", MODIFIES },
	{ "rename", "rename", SYS_rename, "pq", MODIFIES },
	{ "rename", "renameat", SYS_renameat, "dpeq", MODIFIES },
	{ "rename", "renameat2", SYS_renameat2, "dpeqr", MODIFIES },

	{ "remove", "unlink", SYS_unlink, "p", MODIFIES },
	{ "remove", "unlinkat", SYS_unlinkat, "dpf", MODIFIES },
	{ "remove", "rmdir", SYS_rmdir, "p", MODIFIES },

	{ "mode", "chmod", SYS_chmod, "pm", MODIFIES | KEEPS_ROOT },
	{ "mode", "fchmod", SYS_fchmod, "dm", MODIFIES },
	{ "mode", "fchmodat", SYS_fchmodat, "dpm", MODIFIES | KEEPS_ROOT },
	{ "mode", "fchmodat2", 452, "dpmf", MODIFIES | KEEPS_ROOT },
	{ "owner", "chown", SYS_chown, "pug", MODIFIES | KEEPS_ROOT },
	{ "owner", "lchown", SYS_lchown, "pug", MODIFIES | KEEPS_ROOT },
	{ "owner", "fchown", SYS_fchown, "dug", MODIFIES },
	{ "owner", "fchownat", SYS_fchownat, "dpugf", MODIFIES | KEEPS_ROOT },
	{ "times", "truncate", SYS_truncate, "pn", MODIFIES },
	{ "times", "utime", SYS_utime, "pT", MODIFIES | KEEPS_ROOT },
	{ "times", "utimes", SYS_utimes, "pT", MODIFIES | KEEPS_ROOT },
	{ "times", "futimesat", SYS_futimesat, "dpT", MODIFIES | KEEPS_ROOT },
	{ "times", "utimensat", SYS_utimensat, "dpTf", MODIFIES | KEEPS_ROOT },

	{ "xattr", "setxattr", SYS_setxattr, "pNVsx", MODIFIES | KEEPS_ROOT },
	{ "xattr", "lsetxattr", SYS_lsetxattr, "pNVsx", MODIFIES | KEEPS_ROOT },
	{ "xattr", "fsetxattr", SYS_fsetxattr, "dNVsx", MODIFIES },
	{ "xattr", "removexattr", SYS_removexattr, "pN", MODIFIES | KEEPS_ROOT },
	{ "xattr", "lremovexattr", SYS_lremovexattr, "pN", MODIFIES | KEEPS_ROOT },
	{ "xattr", "fremovexattr", SYS_fremovexattr, "dN", MODIFIES },
	{ "xattrat", "setxattrat", 463, "dpfNXy", MODIFIES | KEEPS_ROOT },
	{ "xattrat", "getxattrat", 464, "dpfNXy", 0 },
	{ "xattrat", "listxattrat", 465, "dpfBs", 0 },
	{ "xattrat", "removexattrat", 466, "dpfN", MODIFIES | KEEPS_ROOT },
	{ "xattrat", "file_getattr", 468, "dpBjf", 0 },
	{ "xattrat", "file_setattr", 469, "dpYjf", MODIFIES | KEEPS_ROOT },

	{ "stat", "stat", SYS_stat, "pB", 0 },
	{ "stat", "lstat", SYS_lstat, "pB", 0 },
	{ "stat", "newfstatat", SYS_newfstatat, "dpBf", 0 },
	{ "stat", "statx", SYS_statx, "dpfMB", 0 },
	{ "stat", "statfs", SYS_statfs, "pB", 0 },
	{ "look", "access", SYS_access, "pa", 0 },
	{ "look", "faccessat", SYS_faccessat, "dpa", 0 },
	{ "look", "faccessat2", SYS_faccessat2, "dpaf", 0 },
	{ "look", "readlink", SYS_readlink, "pBs", 0 },
	{ "look", "readlinkat", SYS_readlinkat, "dpBs", 0 },
	{ "look", "chdir", SYS_chdir, "p", 0 },
	{ "look", "getxattr", SYS_getxattr, "pNBs", 0 },
	{ "look", "lgetxattr", SYS_lgetxattr, "pNBs", 0 },
	{ "look", "listxattr", SYS_listxattr, "pBs", 0 },
	{ "look", "llistxattr", SYS_llistxattr, "pBs", 0 },
	{ "exec", "execve", SYS_execve, "PAE", EXECUTES },
	{ "exec", "execveat", SYS_execveat, "dPAEf", EXECUTES },
	{ "look", "name_to_handle_at", SYS_name_to_handle_at, "dpHIf", 0 },
	{ "look", "inotify_add_watch", SYS_inotify_add_watch, "ipw", WATCHES },
};


/* said prints what a call that does not change anything has delivered. */
static void said(const struct call *c, long r)
{
	const struct stat *st = (struct stat *)buffer;
	const struct statx *sx = (struct statx *)buffer;

	if (strchr(c->letters, 'B') == NULL)
		return;
	if (strcmp(c->name, "statx") == 0)
		printf(" %o %lld mask %x", sx->stx_mode, S_ISDIR(sx->stx_mode) ? 0LL : (long long)sx->stx_size, sx->stx_mask);
	else if (strcmp(c->name, "statfs") == 0)
		printf(" %lx", (long)((struct statfs *)buffer)->f_type);
	else if (strchr(c->letters, 's') == NULL)
		printf(" %o %lld %d", st->st_mode, S_ISDIR(st->st_mode) ? 0LL : (long long)st->st_size, (int)st->st_uid);
	else
		printf(" %ld %.40s", r, buffer);
}

/* executed makes the call in a child, which ends with the errno. */
static long executed(const struct call *c, const unsigned long a[6])
{
	int status;
	pid_t pid = (pid_t)must(fork(), "fork");

	if (pid == 0) {
		syscall(c->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
		_exit(errno);
	}
	must(waitpid(pid, &status, 0), "waitpid");
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return errno == 0 ? 0 : -1;
}

static void one(const struct call *c, const struct value *const v[6])
{
	unsigned long a[6] = { 0 };

	printf("%s", c->name);
	for (int i = 0; c->letters[i]; i++) {
		printf(" %c=%s", c->letters[i], v[i]->label);
		a[i] = v[i]->value;
	}
	prepare();
	long r = c->what & EXECUTES ? executed(c, a) : syscall(c->nr, a[0], a[1], a[2], a[3], a[4], a[5]);

	printf(": %s", result(r));
	if (r >= 0 && (c->what & OPENS)) {
		printf(" %o", fcntl((int)r, F_GETFL));
		close((int)r);
	}
	if (r >= 0 && (c->what & WATCHES))
		inotify_rm_watch((int)a[0], (int)r);
	if (r >= 0 && (c->what & MODIFIES))
		renew();
	else if (r >= 0)
		said(c, r);
	if (strcmp(c->name, "chdir") == 0)
		must(fchdir(FD_GROUND), "the ground");
	putchar('\n');
}

/* The root directory of whoever runs this keeps its attributes. */
static bool harmful(const struct call *c, const struct value *const v[6])
{
	for (int i = 0; c->letters[i]; i++)
		if (c->letters[i] == 'p' && (c->what & KEEPS_ROOT) &&
		    (strcmp(v[i]->label, "/") == 0 || strcmp(v[i]->label, "//") == 0 || strcmp(v[i]->label, "/..") == 0))
			return true;
	return false;
}

static void try(const struct call *c, const struct value *const v[6])
{
	if (!harmful(c, v))
		one(c, v);
}

/* pair tries every value of two arguments, of which one is a core value. */
static void pair(const struct call *c, const struct value *v[6], int i, int j)
{
	struct list *x = list_of(c->letters[i]), *y = list_of(c->letters[j]);

	for (int a = 1; a < x->n; a++)
		for (int b = 1; b < y->n; b++) {
			if (!x->at[a].core && !y->at[b].core)
				continue;
			v[i] = &x->at[a];
			v[j] = &y->at[b];
			try(c, v);
		}
	v[i] = &x->at[0];
	v[j] = &y->at[0];
}

/* nameless tries every descriptor without a name, with the flags that matter then. */
static void nameless(const struct call *c, const struct value *v[6])
{
	const char *d = strchr(c->letters, 'd'), *p = strpbrk(c->letters, "pP"), *f = strchr(c->letters, 'f');

	if (d == NULL || p == NULL || f == NULL)
		return;
	struct list *x = list_of('d'), *y = list_of(*p), *z = list_of('f');

	for (int a = 1; a < x->n; a++)
		for (int b = 1; b < y->n; b++)
			for (int k = 1; k < z->n; k++) {
				if ((y->at[b].value != 0 && y->at[b].label[0] != 0) || !z->at[k].core)
					continue;
				v[d - c->letters] = &x->at[a];
				v[p - c->letters] = &y->at[b];
				v[f - c->letters] = &z->at[k];
				try(c, v);
			}
}

static void sweep(const struct call *c)
{
	const struct value *v[6] = { NULL };
	int n = (int)strlen(c->letters);

	for (int i = 0; i < n; i++)
		v[i] = &list_of(c->letters[i])->at[0];
	try(c, v);
	for (int i = 0; i < n; i++) {
		struct list *x = list_of(c->letters[i]);

		for (int a = 1; a < x->n; a++) {
			v[i] = &x->at[a];
			try(c, v);
		}
		v[i] = &x->at[0];
		for (int j = i + 1; j < n; j++)
			pair(c, v, i, j);
	}
	nameless(c, v);
	printf("after %s:", c->name);
	renew();
	putchar('\n');
}

int main(int argc, char **argv)
{
	static char out[1 << 16];

	setvbuf(stdout, out, _IOFBF, sizeof(out));
	umask(022);
	must(argc == 2 ? 0 : -1, "one argument");
	attributes = strncmp(argv[1], "xattr", 5) == 0;
	build_ground();
	fill();
	for (size_t i = 0; i < COUNT(calls); i++)
		if (strcmp(calls[i].family, argv[1]) == 0)
			sweep(&calls[i]);
	return 0;
}
