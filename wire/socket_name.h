// The names of a socket's two ends, as CLIENT LIST and the log print them.
#pragma once

#include <sys/socket.h>

#include <string>

namespace slotway::wire {

using NameQuery = int (*)(int fd, sockaddr* address, socklen_t* size);

// "127.0.0.1:6379", "[::1]:6379", "unix:/path", "unix:@name", "unix" of an unnamed end; "?" if the
// descriptor is no connected socket. `query` is getpeername or getsockname.
std::string socket_name(int fd, NameQuery query);

}  // namespace slotway::wire
