#include "wire/input_end.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace slotway::wire {

namespace {

bool has_input(int fd) {
  char byte;
  return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace

bool end_input(int fd) {
  if (has_input(fd)) return false;
  int domain = 0;
  socklen_t size = sizeof domain;
  getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
  if (domain != AF_UNIX) return true;
  shutdown(fd, SHUT_RD);
  return !has_input(fd);
}

void end_output(int fd) { shutdown(fd, SHUT_WR); }

void join_end_to_output(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

}  // namespace slotway::wire
