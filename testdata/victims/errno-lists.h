/*
 * The lists of values behind the letters of errnos.c, other than those of
 * names and directories.
 */
#include "errno-values.h"
#include <linux/openat2.h>
#include <sys/inotify.h>
#include <sys/vfs.h>

enum { VALUE = 1 << 17 };

static char *buffer;                       /* what calls write to */
static char *value;                        /* of an extended attribute */
static struct { unsigned bytes; int type; char rest[160]; } handle, small_handle, large_handle;
static int mount_id;

/* prepare makes what calls write to as it was. */
static void prepare(void)
{
	memset(buffer, 0, 256);
	handle.bytes = 128;
	small_handle.bytes = 0;
	large_handle.bytes = 129;
}

/* at_end puts n bytes where the next byte is not mapped, and returns them. */
static void *at_end(const void *bytes, size_t n)
{
	char *m = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(munmap(m + PAGE, PAGE), "munmap");
	return memcpy(m + PAGE - n, bytes, n);
}

/* amid puts n bytes into zeroes. */
static char *amid(const void *bytes, size_t n)
{
	char *m = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memcpy(m, bytes, n);
}

/* structure adds a structure of n bytes, and the same with something behind
 * it, and at the end of memory. */
static void structure(char letter, bool core, const char *label, const void *bytes, size_t n)
{
	add(letter, core, label, (unsigned long)amid(bytes, n));
}

static void odd_structures(char letter, const void *bytes, size_t n)
{
	char *dirty = amid(bytes, n), *late = amid(bytes, n);

	dirty[n] = 1;
	late[PAGE - 1] = 1;
	add(letter, true, "with something behind it", (unsigned long)dirty);
	add(letter, false, "with something far behind it", (unsigned long)late);
	add(letter, true, "at the end of memory", (unsigned long)at_end(bytes, n));
	pointers(letter);
}

static void sizes(char letter, int n)
{
	static const unsigned long others[] = { 0, 1, 7, 4095, 4096, 4097, 8192, 1UL << 32, -1UL };

	add(letter, true, save("%d", n), (unsigned long)n);
	for (int i = -8; i <= 16; i += 4)
		if (i != 0 && n + i > 0)
			add(letter, false, save("%d", n + i), (unsigned long)(n + i));
	add(letter, false, save("%d", n - 1), (unsigned long)n - 1);
	add(letter, false, save("%d", n + 1), (unsigned long)n + 1);
	add(letter, false, "upper half", 0x100000000UL | (unsigned long)n);
	for (size_t i = 0; i < COUNT(others); i++)
		add(letter, false, save("%ld", (long)others[i]), others[i]);
}

static void open_flags(char letter)
{
	static const struct { const char *label; int flags; bool core; } known[] = {
#define F(core, f) { #f, f, core }
		F(true, O_RDONLY), F(true, O_WRONLY), F(true, O_CREAT | O_WRONLY), F(true, O_CREAT | O_EXCL | O_RDWR),
		F(true, O_TRUNC), F(true, O_DIRECTORY), F(true, O_NOFOLLOW), F(true, O_PATH), F(true, O_TMPFILE | O_RDWR),
		F(true, O_CREAT), F(false, O_RDWR), F(false, O_ACCMODE), F(false, O_PATH | O_NOFOLLOW),
		F(false, O_PATH | O_DIRECTORY), F(false, O_PATH | O_CREAT), F(false, O_PATH | O_TRUNC | O_WRONLY),
		F(false, O_CREAT | O_NOFOLLOW), F(false, O_CREAT | O_DIRECTORY), F(false, O_CREAT | O_DIRECTORY | O_EXCL),
		F(false, O_CREAT | O_TRUNC | O_RDWR), F(false, O_TRUNC | O_WRONLY), F(false, O_TRUNC | O_DIRECTORY),
		F(false, O_DIRECTORY | O_WRONLY), F(false, O_DIRECTORY | O_NOFOLLOW), F(false, O_EXCL),
		F(false, O_EXCL | O_RDWR), F(false, O_TMPFILE), F(false, O_TMPFILE | O_WRONLY | O_EXCL),
		F(false, O_TMPFILE | O_CREAT | O_RDWR), F(false, O_TMPFILE | O_NOFOLLOW | O_RDWR), F(false, O_NOATIME),
		F(false, O_NONBLOCK | O_WRONLY), F(false, O_APPEND | O_WRONLY), F(false, O_CREAT | O_EXCL | O_NOFOLLOW),
		F(false, O_TRUNC | O_ACCMODE), F(false, O_CREAT | O_ACCMODE), F(false, O_DIRECT), F(false, O_SYNC | O_RDWR),
#undef F
	};

	for (size_t i = 0; i < COUNT(known); i++)
		add(letter, known[i].core, known[i].label, (unsigned)known[i].flags);
	bits(letter, 34);
	add(letter, false, "all", 0xffffffff);
}

static void how(bool core, const char *label, unsigned long flags, unsigned long mode, unsigned long resolve)
{
	struct open_how h = { flags, mode, resolve };

	structure('h', core, label, &h, sizeof(h));
}

static void open_hows(void)
{
	struct open_how plain = { O_RDONLY, 0, 0 };

	how(true, "read", O_RDONLY, 0, 0);
	how(true, "create", O_CREAT | O_RDWR, 0640, 0);
	how(true, "beneath", O_RDONLY, 0, RESOLVE_BENEATH);
	how(true, "in-root", O_RDONLY, 0, RESOLVE_IN_ROOT);
	how(true, "no-symlinks", O_RDONLY, 0, RESOLVE_NO_SYMLINKS);
	how(true, "no-magiclinks", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS);
	how(true, "no-xdev", O_RDONLY, 0, RESOLVE_NO_XDEV);
	how(false, "create beneath", O_CREAT | O_RDWR, 0640, RESOLVE_BENEATH);
	how(false, "create in-root", O_CREAT | O_RDWR, 0640, RESOLVE_IN_ROOT);
	how(false, "create no-symlinks", O_CREAT | O_RDWR, 0640, RESOLVE_NO_SYMLINKS);
	how(false, "beneath in-root", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT);
	how(false, "create exclusively", O_CREAT | O_EXCL | O_RDWR, 0640, 0);
	how(false, "create and truncate", O_CREAT | O_TRUNC | O_WRONLY, 0640, 0);
	how(false, "truncate", O_TRUNC, 0, 0);
	how(false, "unnamed", O_TMPFILE | O_RDWR, 0600, 0);
	how(false, "unnamed to read", O_TMPFILE, 0600, 0);
	how(false, "directory", O_DIRECTORY, 0, 0);
	how(false, "create directory", O_DIRECTORY | O_CREAT, 0600, 0);
	how(false, "no-follow", O_NOFOLLOW, 0, 0);
	how(false, "large", 0100000, 0, 0);
	how(false, "mode without create", O_RDONLY, 0600, 0);
	how(false, "create all modes", O_CREAT | O_RDWR, 07777, 0);
	how(false, "create no modes", O_CREAT | O_RDWR, 0, 0);
	for (int i = 0; i < 64; i++) {
		how(false, save("flag%d", i), 1UL << i, 0, 0);
		if (i >= 12 || i == 11)
			how(false, save("mode%d", i), O_CREAT | O_RDWR, 1UL << i, 0);
		if (i >= 5)
			how(false, save("resolve%d", i), O_RDONLY, 0, 1UL << i);
	}
	odd_structures('h', &plain, sizeof(plain));
}

static void at_flags(char letter)
{
	static const unsigned long known[] = { 0, 0x100, 0x1000, 0x1100, 0x200, 0x400, 0x1400, 0x1200, 0x300, 0x6000, 0x800, -1UL };

	for (size_t i = 0; i < COUNT(known); i++)
		add(letter, i < 5, save("%lx", known[i]), known[i]);
	bits(letter, 17);
	add(letter, false, "bit31", 1UL << 31);
	add(letter, false, "upper half", 1UL << 32);
}

static void numbers(char letter, const long *list, size_t n, size_t core)
{
	for (size_t i = 0; i < n; i++)
		add(letter, i < core, save("%ld", list[i]), (unsigned long)list[i]);
}

#define NUMBERS(letter, core, ...) \
	numbers(letter, (const long[]){ __VA_ARGS__ }, COUNT(((const long[]){ __VA_ARGS__ })), core)

static void times(char letter)
{
	static const struct { const char *label; long words[4]; bool core; } known[] = {
		{ "fixed", { FIXED, 0, FIXED, 0 }, true }, { "modified", { 5, 0, FIXED, 0 }, false },
		{ "a million", { FIXED, 1000000, FIXED, 0 }, false }, { "a billion", { FIXED, 0, FIXED, 1000000000 }, false },
		{ "999999", { FIXED, 999999, FIXED, 999999 }, false }, { "negative", { -5, 0, FIXED, 0 }, false },
		{ "negative part", { FIXED, 0, FIXED, -1 }, false }, { "now", { 5, UTIME_NOW, 5, UTIME_NOW }, false },
		{ "omit", { 5, UTIME_OMIT, 5, UTIME_OMIT }, true }, { "omit one", { 5, UTIME_OMIT, FIXED, 0 }, false },
		{ "now and fixed", { 5, UTIME_NOW, FIXED, 0 }, false }, { "late", { 1L << 40, 0, FIXED, 0 }, false },
	};

	for (size_t i = 0; i < COUNT(known); i++)
		structure(letter, known[i].core, known[i].label, known[i].words, sizeof(known[i].words));
	add(letter, false, "half at the end of memory", (unsigned long)at_end(known[0].words, 16));
	pointers(letter);
}

static void attribute_names(char letter)
{
	static const char *const known[] = {
		"user.test", "", "user.", "user", "nodot", "bogus.test", "trusted.test", "security.test", "system.test",
		"system.posix_acl_access", "system.posix_acl_default", "security.capability", "user.\xff\xfe", ".test",
	};

	for (size_t i = 0; i < COUNT(known); i++)
		text(letter, i < 2, known[i]);
	add(letter, false, "a name of 255", (unsigned long)save("user.%.250s", long_name));
	add(letter, false, "a name of 256", (unsigned long)save("user.%.251s", long_name));
	add(letter, false, "a name of 400", (unsigned long)save("user.%s%.140s", long_name, long_name));
	add(letter, false, "ends with memory", (unsigned long)at_end("user.test", 10));
	add(letter, false, "no end", (unsigned long)at_end("user.test", 9));
	pointers(letter);
}

static void attribute_arguments(char letter)
{
	struct { unsigned long value; unsigned size, flags; } a = { (unsigned long)value, 5, 0 };

	structure(letter, true, "value", &a, sizeof(a));
	for (unsigned i = 1; i < 32; i++) {
		a.flags = i < 4 ? i : 1U << (i - 1);
		structure(letter, false, save("flags %x", a.flags), &a, sizeof(a));
	}
	a.flags = 0;
	a.size = 65537;
	structure(letter, false, "too large", &a, sizeof(a));
	a.size = 0;
	structure(letter, false, "nothing", &a, sizeof(a));
	a.size = 5;
	a.value = 0;
	structure(letter, false, "NULL value", &a, sizeof(a));
	a.value = (unsigned long)value;
	odd_structures(letter, &a, sizeof(a));
}

static void file_attributes(char letter)
{
	struct { unsigned long xflags; unsigned extsize, nextents, project, cow; } a = { 0 };

	structure(letter, true, "none", &a, sizeof(a));
	for (int i = 2; i < 64; i++) {
		if (i == 3 || i == 4)
			continue; /* immutable, append-only: nothing could be put back */
		a.xflags = 1UL << i;
		structure(letter, false, save("flag%d", i), &a, sizeof(a));
	}
	a.xflags = 0;
	a.project = 7;
	structure(letter, false, "project", &a, sizeof(a));
	a.project = 0;
	odd_structures(letter, &a, sizeof(a));
}

static void fill(void)
{
	const long me = geteuid(), mine = getegid();

	map_memory();
	buffer = amid("", 1);
	value = mmap(NULL, VALUE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(value, 'v', VALUE);
	paths('p', 9);
	paths('q', 4);
	text('P', true, "prog");
	paths('P', 3);
	directories('d');
	directories('e');
	modes('m');
	open_flags('o');
	open_hows();
	sizes('S', 24);
	NUMBERS('k', 2, S_IFIFO | 0640, 0640, S_IFREG | 0600, S_IFSOCK | 0600, S_IFCHR | 0600, S_IFBLK | 0600, S_IFDIR | 0700,
		S_IFLNK | 0777, 0170000, 0x10000, -1, 0x100000000L | S_IFIFO | 0600);
	NUMBERS('z', 1, 0, 0x103, 0x12345678, -1, 0x100000103L);
	text('t', true, "text");
	text('t', true, "");
	pointers('t');
	lengths('t');
	placed_names('t');
	at_flags('f');
	NUMBERS('r', 4, 0, 1, 2, 4, 3, 5, 6, 7, 8, 16, 0x100, 0x80000000L, -1, 0x100000000L, 0x100000001L);
	NUMBERS('x', 3, 0, 1, 2, 3, 4, 8, 0x100, 0x80000000L, -1, 0x100000001L);
	NUMBERS('u', 2, me, -1, 0, 12345, 0xfffffffeL, 0x100000000L | me);
	NUMBERS('g', 2, mine, -1, 0, 12345, 0xfffffffeL, 0x100000000L | mine);
	NUMBERS('n', 2, 3, -1, 0, 1L << 40, LONG_MAX, LONG_MIN);
	times('T');
	attribute_names('N');
	add('V', true, "value", (unsigned long)value);
	pointers('V');
	NUMBERS('s', 2, 5, 0, 1, 256, 65536, 65537, 0x100000005L, -1);
	attribute_arguments('X');
	sizes('y', 16);
	file_attributes('Y');
	sizes('j', 24);
	add('B', true, "buffer", (unsigned long)buffer);
	add('B', false, "at the end of memory", (unsigned long)at_end("1234", 4));
	pointers('B');
	NUMBERS('M', 1, 0x7ff, 0, 1, 0xfff, 0x80000000L, -1, 0x100000001L);
	NUMBERS('a', 2, 0, 4, 1, 2, 3, 5, 6, 7, 8, 16, 0x80000000L, -1, 0x100000004L);
	add('H', true, "128", (unsigned long)&handle);
	add('H', true, "0", (unsigned long)&small_handle);
	add('H', false, "129", (unsigned long)&large_handle);
	pointers('H');
	static char *arguments[] = { (char *)"prog", NULL }, *wrong[] = { (char *)-4096L, NULL };

	add('A', true, "one", (unsigned long)arguments);
	add('A', false, "a bad one", (unsigned long)wrong);
	pointers('A');
	add('E', false, "none", (unsigned long)&arguments[1]);
	add('E', false, "a bad one", (unsigned long)wrong);
	pointers('E');
	add('I', true, "buffer", (unsigned long)&mount_id);
	pointers('I');
	NUMBERS('i', 1, must(inotify_init1(0), "inotify"), -1, FD_FILE, 999, 0x100000000L | FD_FILE);
	NUMBERS('w', 2, IN_MODIFY, 0, IN_ONLYDIR | IN_MODIFY, IN_DONT_FOLLOW | IN_MODIFY, IN_MASK_CREATE | IN_MODIFY,
		IN_MASK_ADD | IN_MASK_CREATE | IN_MODIFY, IN_EXCL_UNLINK | IN_OPEN, 0x10000000, IN_ONESHOT | IN_MODIFY, 0x100001000L, -1);
}
