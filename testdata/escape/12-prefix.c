/*
 * Names that begin like an allowed name. The rules allow "data/…"
 * and the single file "exact" beside it; "database/target", "exactly" and
 * their kin begin with the same letters, and hold the secret.
 */
#include "common.h"

int main(int argc, char **argv)
{
	static const char *const names[] = {
		"base/target", "base/../database/target", ".target", "-target", " /target",
	};
	char *exact;

	begin(argc, argv);
	exact = in(data, "../exact");
	int fd = open(exact, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !starts(fd, "allowed"))
		setup_failed("control: %s is not readable", exact);
	close(fd);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *path;

		if (asprintf(&path, "%s%s", data, names[i]) < 0)
			setup_failed("asprintf");
		note(path, leaks(open(path, O_RDONLY | O_CLOEXEC)));
	}
	note("exactly", leaks(open(in(data, "../exactly"), O_RDONLY | O_CLOEXEC)));
	note("exac", leaks(open(in(data, "../exac"), O_RDONLY | O_CLOEXEC)));
	note("dat", leaks(open(in(data, "../dat/target"), O_RDONLY | O_CLOEXEC)));
	finish();
}
