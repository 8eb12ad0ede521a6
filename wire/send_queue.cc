#include "wire/send_queue.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

namespace slotway::wire {

size_t unsent_bytes(int fd) {
  int bytes = 0;
  return ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<size_t>(bytes) : 0;
}

}  // namespace slotway::wire
