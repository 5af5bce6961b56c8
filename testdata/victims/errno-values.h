/*
 * What the arguments of a call can be, each kind of argument under a letter. A
 * core value is one that every value of the other arguments is tried with; the
 * first one is what an argument is while others are tried.
 */
#include "errno-ground.h"

struct value { const char *label; unsigned long value; bool core; };

enum { MOST = 240 };

struct list { char letter; int n; struct value at[MOST]; };

static struct list lists[40];
static int list_count;

static struct list *list_of(char letter)
{
	for (int i = 0; i < list_count; i++)
		if (lists[i].letter == letter)
			return &lists[i];
	must(list_count < (int)COUNT(lists) ? 0 : -1, "too many lists");
	lists[list_count].letter = letter;
	return &lists[list_count++];
}

static void add(char letter, bool core, const char *label, unsigned long value)
{
	struct list *l = list_of(letter);

	must(l->n < MOST ? 0 : -1, "too many values");
	l->at[l->n++] = (struct value){ label, value, core };
}

static void text(char letter, bool core, const char *string)
{
	add(letter, core, string, (unsigned long)string);
}

static char *save(const char *format, ...)
{
	char *s;
	va_list args;

	va_start(args, format);
	must(vasprintf(&s, format, args), "memory");
	va_end(args);
	return s;
}

static void bits(char letter, int n)
{
	for (int i = 0; i < n; i++)
		add(letter, false, save("bit%d", i), 1UL << i);
}

/* Memory of every kind. */
static char *page, *forbidden;
enum { PAGE = 4096 };

static void map_memory(void)
{
	page = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(page == MAP_FAILED ? -1 : 0, "mmap");
	must(munmap(page + 2 * PAGE, PAGE), "munmap"); /* pages 0 and 1, a hole, and a forbidden one */
	forbidden = page + 3 * PAGE;
	must(mprotect(forbidden, PAGE, PROT_NONE), "mprotect");
}

static void pointers(char letter)
{
	add(letter, true, "NULL", 0);
	add(letter, false, "unmapped", (unsigned long)page + 2 * PAGE);
	add(letter, false, "forbidden", (unsigned long)forbidden);
	add(letter, false, "kernel", -4096UL);
	add(letter, false, "noncanonical", 0x8000000000000000UL);
	add(letter, false, "top", 0x7fffffffffffUL);
}

/* A name that ends where the memory does, and one that goes over a page. */
static void placed_names(char letter)
{
	memcpy(page + 2 * PAGE - 5, "file", 5);
	add(letter, false, "ends with the page", (unsigned long)page + 2 * PAGE - 5);
	memcpy(page + PAGE - 2, "full/inner", 11);
	add(letter, false, "over a page", (unsigned long)page + PAGE - 2);
	/* "ile" without an end: the memory is filled up to the hole. */
	char *end = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(munmap(end + PAGE, PAGE), "munmap");
	memset(end, 'a', PAGE);
	add(letter, false, "runs into the hole", (unsigned long)end + PAGE - 4);
	add(letter, false, "a page of text, then the hole", (unsigned long)end);
}

/* spell is a path of n bytes that names what tail does. */
static char *spell(int n, const char *tail)
{
	char *s = save("%*s", n, "");
	int head = n - (int)strlen(tail);

	for (int i = 0; i + 1 < head; i += 2)
		memcpy(s + i, "./", 2);
	if (head % 2)
		s[head - 1] = '/';
	memcpy(s + head, tail, strlen(tail));
	return s;
}

static void lengths(char letter)
{
	add(letter, false, "a name of 255", (unsigned long)long_name);
	add(letter, false, "a missing name of 255", (unsigned long)long_missing);
	add(letter, false, "a name of 256", (unsigned long)save("n%s", long_name));
	add(letter, false, "a name of 256/", (unsigned long)save("n%s/", long_name));
	add(letter, false, "a name of 256/inner", (unsigned long)save("n%s/inner", long_name));
	add(letter, false, "missing/a name of 256", (unsigned long)save("missing/n%s", long_name));
	add(letter, false, "file/a name of 256", (unsigned long)save("file/n%s", long_name));
	add(letter, false, "closed/a name of 256", (unsigned long)save("closed/n%s", long_name));
	add(letter, false, "a path of 4095", (unsigned long)spell(4095, "file"));
	add(letter, false, "a missing path of 4095", (unsigned long)spell(4095, "missing"));
	add(letter, false, "a path of 4096", (unsigned long)spell(4096, "file"));
	add(letter, false, "missing/ in a path of 4096", (unsigned long)save("missing/%s", spell(4088, "file")));
	add(letter, false, "a path of 5000", (unsigned long)spell(5000, "file"));
}

static const char *const core_names[] = { "file", "missing", "full", "", "to-file", "dangling", "file/", "missing/", "full/" };

static const char *const names[] = {
	"other", "empty", "to-dir", "loop", "fifo", "socket", "prog", "script", "garbage", "to-prog", "to-prog/", "unreadable", "readonly", "writeonly",
	"empty/", "to-file/", "to-dir/", "dangling/", "loop/", "fifo/", "full//", "full/.", "full/..", "full/./",
	".", "./", "..", "../", "to-dir/.", "to-dir/..", "file/.", "file/..", "missing/..", "missing/.", "dangling/..",
	"./file", "full/../file", "to-dir/../file", "missing/../file", "file/../file", "closed/../file", ".//.//file",
	"full/inner", "full/inner/", "full/missing", "full/missing/", "to-dir/inner", "to-dir/missing", "empty/missing",
	"file/inner", "to-file/inner", "missing/inner", "dangling/inner", "loop/inner", "fifo/inner", "prog/",
	"closed", "closed/", "closed/.", "closed/inner", "closed/missing", "locked/inner", "locked/missing",
	"sticky/inner", "sticky/missing", "link40", "link41", "link40/", "link41/", "link41/inner",
	"/proc/self/cwd/file", "/proc/self/fd/102", "/proc/self/fd/104", "/proc/self/fd/105", "/proc/self/fd/101/inner",
	"/proc/self/fd/101/missing", "/proc/self/fd/102/", "/proc/self/fd/107", "/proc/self/fd/109", "/proc/self/fd/999",
	"/proc/self/fd/", "/proc/self/fd/114", "/proc/self/status", "/proc/self/missing", "/proc/missing", "/", "//", "/..",
};

static void paths(char letter, size_t core)
{
	char cwd[512];

	must(getcwd(cwd, sizeof(cwd)) == NULL ? -1 : 0, "getcwd");
	for (size_t i = 0; i < COUNT(core_names); i++)
		text(letter, i < core, core_names[i]);
	for (size_t i = 0; i < COUNT(names); i++)
		text(letter, false, names[i]);
	pointers(letter);
	placed_names(letter);
	lengths(letter);
	add(letter, false, "absolute", (unsigned long)save("%s/file", cwd));
	add(letter, false, "absolute missing", (unsigned long)save("%s/missing", cwd));
	add(letter, false, "absolute with slashes", (unsigned long)save("//%s///full//inner", cwd));
	add(letter, false, "bytes", (unsigned long)bytes_name);
	add(letter, false, "missing bytes", (unsigned long)bytes_missing);
}

static void directories(char letter)
{
	static const struct { const char *label; int fd; bool core; } fds[] = {
		{ "cwd", AT_FDCWD, true }, { "ground", FD_GROUND, true }, { "file", FD_FILE, true }, { "999", 999, true },
		{ "full", FD_FULL, false }, { "to-write", FD_WRITE, false }, { "path", FD_PATH, false }, { "link", FD_LINK, false },
		{ "dirpath", FD_DIRPATH, false }, { "prog", FD_PROG, false }, { "pipe", FD_PIPE, false }, { "gone", FD_GONE, false },
		{ "unlinked", FD_UNLINKED, false }, { "socket", FD_SOCKET, false }, { "fifo", FD_FIFO, false },
		{ "-1", -1, false }, { "-99", -99, false }, { "least", INT_MIN, false }, { "most", INT_MAX, false },
	};

	for (size_t i = 0; i < COUNT(fds); i++)
		add(letter, fds[i].core, fds[i].label, (unsigned long)fds[i].fd);
	/* The kernel declares an int: the upper half of the register is nothing. */
	add(letter, false, "ground, upper half", 0xdeadbeef00000000UL | FD_GROUND);
	add(letter, false, "cwd, upper half", 0x7fffffff00000000UL | (unsigned)AT_FDCWD);
}

static void modes(char letter)
{
	add(letter, true, "640", 0640);
	add(letter, true, "0", 0);
	add(letter, false, "7777", 07777);
	add(letter, false, "4755", 04755);
	add(letter, false, "2755", 02755);
	add(letter, false, "10640", 010640);
	add(letter, false, "100640", 0100640);
	add(letter, false, "-1", -1UL);
	add(letter, false, "upper half", 0x100000000UL | 0600);
}
