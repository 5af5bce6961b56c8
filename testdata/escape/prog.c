/*
 * What the exec cases run. Compiled once plain, as the program that the rules
 * allow, and once with -DEVIL, as the one they do not: that one says so as
 * its very first act, so that being killed later does not hide it.
 */
#include <unistd.h>

int main(void)
{
#ifdef EVIL
	static const char text[] = "EVIL RAN\n";

	if (write(1, text, sizeof text - 1) < 0)
		return 43;
	return 42;
#else
	return 0;
#endif
}
