/*
 * net-closed: every way to somebody outside of the program, who is given by his
 * addresses: net-closed TCP-PORT UDP-PORT STREAM-PATH PACKETS-PATH ABSTRACT-NAME.
 * Each attempt sends its own name, so that he can tell which have come through.
 */
#include "net.h"
#include <linux/netlink.h>
#include <net/if.h>
#include <sys/ioctl.h>

static const char *attempt;

/* tried prints how the attempt went; what a stream sends goes out here. */
static void tried(int fd, long got, int say)
{
	int e = errno;

	if (got >= 0 && say && send(fd, attempt, strlen(attempt), MSG_NOSIGNAL) < 0) {
		got = -1;
		e = errno;
	}
	errno = e;
	printf("%s: %s\n", attempt, got < 0 ? strerrorname_np(errno) : "ok");
	close(fd);
}

#define TRY(name, domain, type, protocol, say, call) do { \
	union address a; \
	socklen_t n; \
	int fd = socket(domain, (type) | SOCK_CLOEXEC, protocol); \
	attempt = name; \
	tried(fd, fd < 0 ? -1 : (long)(call), say); \
	(void)a, (void)n; } while (0)

static long by_sendmsg(int fd, union address *a, socklen_t n, int flags)
{
	struct iovec v = { (void *)attempt, strlen(attempt) };
	struct msghdr m = { .msg_name = a, .msg_namelen = n, .msg_iov = &v, .msg_iovlen = 1 };

	return sendmsg(fd, &m, flags | MSG_NOSIGNAL);
}

static long by_sendmmsg(int fd, union address *a, socklen_t n)
{
	struct iovec v = { (void *)attempt, strlen(attempt) };
	struct mmsghdr m = { .msg_hdr = { .msg_name = a, .msg_namelen = n, .msg_iov = &v, .msg_iovlen = 1 } };

	return sendmmsg(fd, &m, 1, MSG_NOSIGNAL);
}

static long by_sendto(int fd, union address *a, socklen_t n, int flags)
{
	return sendto(fd, attempt, strlen(attempt), flags | MSG_NOSIGNAL, &a->any, n);
}

/* pair: what has no address at all is not the network. */
static void pair(const char *name, int type)
{
	int fd[2] = { -1, -1 };
	char got[64] = "";
	long n = socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fd);

	attempt = name;
	if (n == 0)
		n = by_sendmsg(fd[0], NULL, 0, 0);
	if (n > 0)
		n = recv(fd[1], got, sizeof got - 1, 0);
	if (n > 0)
		n = send(fd[0], "more", 4, 0);
	printf("%s: %s %s\n", name, n < 0 ? strerrorname_np(errno) : "ok", got);
}

int main(int argc, char **argv)
{
	struct group_req join = { .gr_interface = 1 };
	struct ip_mreq group = { .imr_interface.s_addr = htonl(INADDR_LOOPBACK) };
	struct ipv6_mreq group6 = { .ipv6mr_interface = 1 };
	struct ifreq lo = { .ifr_name = "lo" };
	int tcp, udp;

	if (argc != 6)
		return 2;
	tcp = atoi(argv[1]);
	udp = atoi(argv[2]);
	inet_pton(AF_INET, "224.0.0.251", &group.imr_multiaddr);
	inet_pton(AF_INET6, "ff02::fb", &group6.ipv6mr_multiaddr);
	((struct sockaddr_in *)&join.gr_group)->sin_family = AF_INET;
	((struct sockaddr_in *)&join.gr_group)->sin_addr = group.imr_multiaddr;

	TRY("tcp connect", AF_INET, SOCK_STREAM, 0, 1, connect(fd, &a.any, inet4(&a, "127.0.0.1", tcp)));
	TRY("tcp nobody", AF_INET, SOCK_STREAM, 0, 1, connect(fd, &a.any, inet4(&a, "0.0.0.0", tcp)));
	TRY("tcp mapped", AF_INET6, SOCK_STREAM, 0, 1, connect(fd, &a.any, inet6(&a, "::ffff:127.0.0.1", tcp)));
	TRY("tcp mptcp", AF_INET, SOCK_STREAM, 262, 1, connect(fd, &a.any, inet4(&a, "127.0.0.1", tcp)));
	TRY("tcp fast open", AF_INET, SOCK_STREAM, 0, 0, by_sendto(fd, &a, inet4(&a, "127.0.0.1", tcp), MSG_FASTOPEN));
	TRY("tcp fast open message", AF_INET, SOCK_STREAM, 0, 0, by_sendmsg(fd, &a, inet4(&a, "127.0.0.1", tcp), MSG_FASTOPEN));
	TRY("udp connect", AF_INET, SOCK_DGRAM, 0, 1, connect(fd, &a.any, inet4(&a, "127.0.0.1", udp)));
	TRY("udp sendto", AF_INET, SOCK_DGRAM, 0, 0, by_sendto(fd, &a, inet4(&a, "127.0.0.1", udp), 0));
	TRY("udp sendmsg", AF_INET, SOCK_DGRAM, 0, 0, by_sendmsg(fd, &a, inet4(&a, "127.0.0.1", udp), 0));
	TRY("udp sendmmsg", AF_INET6, SOCK_DGRAM, 0, 0, by_sendmmsg(fd, &a, inet6(&a, "::ffff:127.0.0.1", udp)));
	TRY("udp without a family", AF_INET, SOCK_DGRAM, 0, 0, (n = inet4(&a, "127.0.0.1", udp), a.any.sa_family = AF_UNSPEC, by_sendto(fd, &a, n, 0)));
	TRY("path connect", AF_UNIX, SOCK_STREAM, 0, 1, connect(fd, &a.any, local(&a, argv[3])));
	TRY("path datagram", AF_UNIX, SOCK_DGRAM, 0, 1, connect(fd, &a.any, local(&a, argv[4])));
	TRY("path sendto", AF_UNIX, SOCK_DGRAM, 0, 0, by_sendto(fd, &a, local(&a, argv[4]), 0));
	TRY("path sendmsg", AF_UNIX, SOCK_DGRAM, 0, 0, by_sendmsg(fd, &a, local(&a, argv[4]), 0));
	TRY("path sendmmsg", AF_UNIX, SOCK_DGRAM, 0, 0, by_sendmmsg(fd, &a, local(&a, argv[4])));
	TRY("abstract connect", AF_UNIX, SOCK_STREAM, 0, 1, connect(fd, &a.any, local(&a, argv[5])));

	TRY("bind tcp", AF_INET, SOCK_STREAM, 0, 0, bind(fd, &a.any, inet4(&a, "127.0.0.1", 0)));
	TRY("bind udp", AF_INET6, SOCK_DGRAM, 0, 0, bind(fd, &a.any, inet6(&a, "::1", 0)));
	TRY("bind path", AF_UNIX, SOCK_STREAM, 0, 0, bind(fd, &a.any, local(&a, "bound.sock")));
	TRY("bind abstract", AF_UNIX, SOCK_DGRAM, 0, 0, bind(fd, &a.any, local(&a, "@net-closed-bound")));
	TRY("bind nothing", AF_UNIX, SOCK_STREAM, 0, 0, (a.any.sa_family = AF_UNIX, bind(fd, &a.any, 2)));
	TRY("listen", AF_INET, SOCK_STREAM, 0, 0, listen(fd, 1));

	TRY("join", AF_INET, SOCK_DGRAM, 0, 0, setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group));
	TRY("join group", AF_INET, SOCK_DGRAM, 0, 0, setsockopt(fd, IPPROTO_IP, MCAST_JOIN_GROUP, &join, sizeof join));
	TRY("join IPv6", AF_INET6, SOCK_DGRAM, 0, 0, setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group6, sizeof group6));
	TRY("interface", AF_INET, SOCK_DGRAM, 0, 0, ioctl(fd, SIOCGIFADDR, &lo));

	TRY("raw", AF_INET, SOCK_RAW, IPPROTO_UDP, 0, 0);
	TRY("packet", AF_PACKET, SOCK_DGRAM, 0, 0, 0);
	TRY("netlink", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, 0, 0);
	TRY("vsock", AF_VSOCK, SOCK_STREAM, 0, 0, 0);
	TRY("sctp", AF_INET, SOCK_STREAM, IPPROTO_SCTP, 0, 0);

	TRY("nobody there", AF_UNIX, SOCK_STREAM, 0, 0, connect(fd, &a.any, local(&a, "/run/nobody/socket")));
	TRY("options", AF_INET, SOCK_STREAM, 0, 0, setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){ 1 }, sizeof(int)));
	TRY("take back", AF_INET, SOCK_DGRAM, 0, 0, (n = inet4(&a, "0.0.0.0", 0), a.any.sa_family = AF_UNSPEC, connect(fd, &a.any, n)));
	pair("stream pair", SOCK_STREAM);
	pair("packet pair", SOCK_SEQPACKET);
	pair("datagram pair", SOCK_DGRAM);
	return 0;
}
