/*
 * io_uring opens files without a system call that a filter sees.
 * liburing is not needed: one ring, one OPENAT request, by hand.
 */
#include "common.h"
#include <linux/io_uring.h>

struct ring {
	int fd;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
	struct io_uring_params params;
};

static int ring_open(struct ring *ring, unsigned int flags)
{
	struct io_uring_params *p = &ring->params;

	memset(ring, 0, sizeof *ring);
	p->flags = flags;
	ring->fd = (int)syscall(SYS_io_uring_setup, 4, p);
	if (ring->fd < 0)
		return -1;
	ring->sq = mmap(NULL, p->sq_off.array + p->sq_entries * sizeof(uint32_t),
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQ_RING);
	ring->cq = mmap(NULL, p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe),
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_CQ_RING);
	ring->sqes = mmap(NULL, p->sq_entries * sizeof(struct io_uring_sqe),
			  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQES);
	if (ring->sq == MAP_FAILED || ring->cq == MAP_FAILED || ring->sqes == MAP_FAILED)
		setup_failed("mapping the ring");
	return 0;
}

/* ring_do submits one request and returns its result; with a kernel thread
 * that polls (SQPOLL), entering only wakes it. */
static int ring_do(struct ring *ring, const struct io_uring_sqe *request)
{
	unsigned int flags = IORING_ENTER_GETEVENTS;
	uint32_t *tail = (uint32_t *)(void *)(ring->sq + ring->params.sq_off.tail);
	uint32_t mask = *(uint32_t *)(void *)(ring->sq + ring->params.sq_off.ring_mask);
	uint32_t *array = (uint32_t *)(void *)(ring->sq + ring->params.sq_off.array);
	uint32_t *head = (uint32_t *)(void *)(ring->cq + ring->params.cq_off.head);
	uint32_t cq_mask = *(uint32_t *)(void *)(ring->cq + ring->params.cq_off.ring_mask);
	struct io_uring_cqe *cqes = (struct io_uring_cqe *)(void *)(ring->cq + ring->params.cq_off.cqes);
	uint32_t at = *tail & mask;

	ring->sqes[at] = *request;
	array[at] = at;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (ring->params.flags & IORING_SETUP_SQPOLL)
		flags |= IORING_ENTER_SQ_WAKEUP;
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, flags, NULL, 0) < 0)
		setup_failed("io_uring_enter");
	int res = cqes[*head & cq_mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return res;
}

static int attempt_openat(unsigned int setup_flags)
{
	struct ring ring;
	struct io_uring_sqe request = {
		.opcode = IORING_OP_OPENAT,
		.fd = AT_FDCWD,
		.addr = (uintptr_t)secret,
		.open_flags = O_RDONLY,
	};

	if (ring_open(&ring, setup_flags) < 0)
		return 0;
	int res = ring_do(&ring, &request), won = leaks(res);
	if (res < 0)
		errno = -res;
	close(ring.fd);
	return won;
}

static int attempt_unlink(void)
{
	struct ring ring;
	char *victim = in(hide, "victim");
	struct io_uring_sqe request = {
		.opcode = IORING_OP_UNLINKAT,
		.fd = AT_FDCWD,
		.addr = (uintptr_t)victim,
	};

	if (ring_open(&ring, 0) < 0)
		return 0;
	int res = ring_do(&ring, &request);
	if (res < 0)
		errno = -res;
	close(ring.fd);
	return !exists(victim);
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	errno = 0;
	note("openat", attempt_openat(0));
	errno = 0;
	note("openat by SQPOLL", attempt_openat(IORING_SETUP_SQPOLL));
	errno = 0;
	note("unlinkat", attempt_unlink());
	/* A ring can also be inherited or received: the two other calls must be
	 * refused for what they are, not for the bad descriptor. */
	syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0);
	dprintf(1, "io_uring_enter: errno=%s\n", strerrorname_np(errno));
	syscall(SYS_io_uring_register, -1, 0, NULL, 0);
	dprintf(1, "io_uring_register: errno=%s\n", strerrorname_np(errno));
	finish();
}
