#include "greet.h"
#include <stdio.h>

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: hello NAME\n");
		return 2;
	}
	greet(argv[1]);
	return 0;
}
