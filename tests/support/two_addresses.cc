// A library to preload: the name "two-addresses.test" has the addresses 127.0.0.2 and 127.0.0.1, in
// this order. All other names are the system's.

#include <dlfcn.h>
#include <netdb.h>

#include <cstring>

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto system = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getaddrinfo"));
  if (!node || std::strcmp(node, "two-addresses.test") != 0) {
    return system(node, service, hints, found);
  }
  addrinfo* second = nullptr;
  int code = system("127.0.0.2", service, hints, found);
  if (code == 0) code = system("127.0.0.1", service, hints, &second);
  if (code == 0) (*found)->ai_next = second;
  return code;
}
