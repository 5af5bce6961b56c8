/* Numbers and structures newer than the headers of a Debian 12. */
#ifndef ESCAPE_CALLS_H
#define ESCAPE_CALLS_H

#include <linux/openat2.h>
#include <stdint.h>

enum {
	NR_open_tree = 428,
	NR_openat2 = 437,
	NR_memfd_secret = 447,
	NR_fchmodat2 = 452,
	NR_setxattrat = 463,
	NR_getxattrat = 464,
	NR_listxattrat = 465,
	NR_removexattrat = 466,
	NR_open_tree_attr = 467,
	NR_file_getattr = 468,
	NR_file_setattr = 469,
};

/* linux/xattr.h, 6.13 */
struct xattr_args_v0 {
	uint64_t value __attribute__((aligned(8)));
	uint32_t size;
	uint32_t flags;
};

/* linux/fs.h, 6.17 */
struct file_attr_v0 {
	uint64_t xflags;
	uint32_t extsize;
	uint32_t nextents;
	uint32_t projid;
	uint32_t cowextsize;
};

#endif
