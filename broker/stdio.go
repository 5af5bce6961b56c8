package broker

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// checkStdio refuses to hand a socket on that can send to any address. Where rules
// leave the network to the kernel (see cutOff), the filter lets sendmsg(2) pass
// because its address hides in memory, and keeps targets from making such sockets;
// raw and netlink sockets need no address at all. An inherited one would be a way
// out. Connected streams send to their peer whatever the address says.
func checkStdio() error {
	for fd, name := range []string{"standard input", "standard output", "standard error"} {
		kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
		if err != nil {
			continue // no socket, or not open
		}
		if kind == unix.SOCK_STREAM || kind == unix.SOCK_SEQPACKET {
			continue
		}
		return fmt.Errorf("%s is a socket that can send to any address; connect it with a pipe instead", name)
	}
	return nil
}
