/*
 * walk: makes every system call of a range of numbers, with arguments that no
 * call can do anything with, and prints "NUMBER ARGUMENT RESULT" for each.
 *
 * usage: walk x64|int80 ARGUMENT FIRST LAST
 *        walk witness ARGUMENT FIRST LAST
 *
 * ARGUMENT is given six times. x64 and int80 make each call in a child of its
 * own; the result is ok, a negative errno, "signal N" or "exit N". witness
 * makes them all in this process, under a filter of its own that hands what
 * the filters below it allow to the tracer (witness.c), who takes it off.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define HANDED_OVER (-4000L) /* what the tracer answers: no errno is that large */

static long argument;
static volatile struct result { int done; long value; } *result;

/* The address after the instruction is what a filter sees. */
extern const char after_call[];

__attribute__((noinline, noclone)) static long call64(long nr)
{
	register long r10 __asm__("r10") = argument, r8 __asm__("r8") = argument, r9 __asm__("r9") = argument;
	long value;

	__asm__ volatile("syscall\n.globl after_call\nafter_call:"
			 : "=a"(value)
			 : "0"(nr), "D"(argument), "S"(argument), "d"(argument), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return value;
}

__attribute__((noinline, noclone)) static long call80(long nr)
{
	long value;

	/* rbp is the sixth; rbx may not be named in position-independent code. */
	__asm__ volatile("push %%rbx\npush %%rbp\nmov %2, %%rbx\nmov %2, %%rbp\nint $0x80\npop %%rbp\npop %%rbx"
			 : "=a"(value)
			 : "0"(nr), "r"(argument), "c"(argument), "d"(argument), "S"(argument), "D"(argument)
			 : "r8", "r9", "r10", "r11", "memory");
	return value;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void wake(int signal) { (void)signal; }

/*
 * child makes one call. A timer that goes on interrupts the few that wait;
 * a session of its own keeps vhangup from other people's terminals.
 */
static void child(long (*call)(long), long nr)
{
	static char stack[1 << 14];
	struct sigaction action = { .sa_handler = wake, .sa_flags = SA_RESTART | SA_ONSTACK };
	struct itimerval often = { { 0, 50000 }, { 0, 50000 } };
	struct rlimit none = { 0, 0 };
	stack_t other = { .ss_sp = stack, .ss_size = sizeof stack };
	int self = (int)syscall(SYS_getpid);
	long value;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* as every target has it */
	setrlimit(RLIMIT_CORE, &none);
	setsid();
	sigaltstack(&other, NULL);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	value = call(nr);
	if (syscall(SYS_getpid) != self) /* fork and its like */
		syscall(SYS_exit_group, 0);
	result->value = value;
	result->done = 1;
	syscall(SYS_exit_group, 0);
}

static void in_child(long (*call)(long), long nr)
{
	int status;
	pid_t pid;

	result->done = 0;
	if ((pid = fork()) == 0)
		child(call, nr);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("fork");
	printf("%ld %ld ", nr, argument);
	if (result->done && result->value >= -4095 && result->value < 0)
		printf("%ld\n", result->value);
	else if (result->done)
		printf("ok\n");
	else if (WIFSIGNALED(status))
		printf("signal %d\n", WTERMSIG(status));
	else
		printf("exit %d\n", WEXITSTATUS(status));
}

/* hand_over installs a filter for the calls of call64 alone. */
static void hand_over(void)
{
	unsigned long at = (unsigned long)after_call;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)at, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(at >> 32), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };
	char line[2];

	fprintf(stderr, "pid %d\n", getpid());
	if (read(0, line, 1) != 1) /* until the tracer is there */
		die("no tracer");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		die("seccomp");
}

/*
 * The kernel keeps uretprobe and uprobe from every filter
 * (seccomp_uprobe_exception in kernel/seccomp.c), and ends a program that calls
 * them from anywhere but a probe.
 */
static int is_beyond_filters(long nr) { return (int)nr == 335 || (int)nr == 336; }

static void witness(long nr)
{
	long value;

	if (is_beyond_filters(nr))
		return;
	value = call64(nr);
	printf("%ld %ld ", nr, argument);
	if (value == HANDED_OVER)
		printf("reached\n");
	else if (value >= -4095 && value < 0)
		printf("%ld\n", value);
	else
		printf("ok\n");
}

int main(int argc, char **argv)
{
	long (*call)(long) = call64;
	long last;

	if (argc != 5)
		return 2;
	if (strcmp(argv[1], "int80") == 0)
		call = call80;
	argument = strtol(argv[2], NULL, 0);
	last = strtol(argv[4], NULL, 0);
	result = mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (result == MAP_FAILED)
		die("mmap");
	if (strcmp(argv[1], "witness") == 0)
		hand_over();
	for (long nr = strtol(argv[3], NULL, 0); nr <= last; nr++) {
		if (strcmp(argv[1], "witness") == 0)
			witness(nr);
		else {
			fflush(stdout);
			in_child(call, nr);
		}
	}
	fflush(stdout);
	return ferror(stdout) != 0;
}
