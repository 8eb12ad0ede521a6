#include "wire/inherited_sockets.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <map>

#include "tests/support/socket.h"
#include "tests/support/temp_dir.h"

namespace slotway::wire {

namespace {

using tests::Socket;

using Variables = std::map<std::string, std::string>;

constexpr int kFirst = 200;  // descriptors that nothing else in the test has
constexpr pid_t kProcess = 1234;

// The variables, and the descriptors from kFirst on.
class Given {
 public:
  explicit Given(Variables variables) : variables_(std::move(variables)) {}
  ~Given() {
    for (int fd = kFirst; fd < next_; ++fd) ::close(fd);
  }
  void add(int fd) { REQUIRE(::dup2(fd, next_++) >= 0); }

  Result<InheritedSockets> take() {
    return InheritedSockets::take(
        {[this](const char* name) {
           const auto found = variables_.find(name);
           return found == variables_.end() ? nullptr : found->second.c_str();
         },
         [this](const char* name) { variables_.erase(name); }, kProcess, kFirst});
  }
  bool any_variable() const { return !variables_.empty(); }

 private:
  Variables variables_;
  int next_ = kFirst;
};

std::string text(const Socket& listener) {
  return "127.0.0.1:" + std::to_string(listener.local_port());
}

std::string error_of(Variables variables, int fd) {
  Given given(std::move(variables));
  if (fd >= 0) given.add(fd);
  const Result<InheritedSockets> taken = given.take();
  CHECK(!given.any_variable());
  return taken.ok() ? "" : taken.error().message;
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

}  // namespace

TEST_CASE("inherited sockets are claimed by the address that they are bound to") {
  const tests::TempDir directory;
  const Socket tcp = Socket::listen();

  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  const std::string path = directory.file("socket");
  path.copy(un.sun_path, sizeof un.sun_path - 1);
  const Socket named(::socket(AF_UNIX, SOCK_STREAM, 0));
  REQUIRE(::bind(named.fd(), reinterpret_cast<sockaddr*>(&un), sizeof un) == 0);
  REQUIRE(::listen(named.fd(), 1) == 0);

  Given given({{"LISTEN_PID", std::to_string(kProcess)},
               {"LISTEN_FDS", "2"},
               {"LISTEN_FDNAMES", "first:second"}});
  given.add(tcp.fd());
  given.add(named.fd());
  {
    Result<InheritedSockets> taken = given.take();
    REQUIRE(taken.ok());
    CHECK(!given.any_variable());
    REQUIRE(taken->unclaimed().size() == 2);
    CHECK(taken->unclaimed()[0].name == "first");
    CHECK(taken->unclaimed()[0].address == text(tcp));
    CHECK(!taken->claim("127.0.0.1:1"));
    CHECK(!taken->claim("0.0.0.0:" + std::to_string(tcp.local_port())));
    CHECK(taken->claim("unix:" + path) == kFirst + 1);
    CHECK(!taken->claim("unix:" + path));
    REQUIRE(taken->unclaimed().size() == 1);
    CHECK((::fcntl(kFirst + 1, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((::fcntl(kFirst + 1, F_GETFL) & O_NONBLOCK) != 0);
  }
  CHECK(!is_open(kFirst));     // nobody's
  CHECK(is_open(kFirst + 1));  // of whoever claimed it
}

TEST_CASE("an inherited IPv6 socket has its address in brackets") {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_any;
  const Socket socket(::socket(AF_INET6, SOCK_STREAM, 0));
  if (socket.fd() < 0 ||
      ::bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    MESSAGE("no IPv6 on this machine");
    return;
  }
  REQUIRE(::listen(socket.fd(), 1) == 0);
  Given given({{"LISTEN_PID", std::to_string(kProcess)}, {"LISTEN_FDS", "1"}});
  given.add(socket.fd());
  Result<InheritedSockets> taken = given.take();
  REQUIRE(taken.ok());
  CHECK(taken->unclaimed()[0].name == "");
  CHECK(taken->claim("[::]:" + std::to_string(socket.local_port())) == kFirst);
}

TEST_CASE("what is meant for another process is left alone") {
  const Socket tcp = Socket::listen();
  for (const char* process : {"1235", "0", "-1234", "+1234", " 1234", "1234x", ""}) {
    CAPTURE(process);
    Given given({{"LISTEN_PID", process}, {"LISTEN_FDS", "1"}});
    given.add(tcp.fd());
    const Result<InheritedSockets> taken = given.take();
    REQUIRE(taken.ok());
    CHECK(taken->unclaimed().empty());
    CHECK(!given.any_variable());
  }
  for (const Variables& some : {Variables{}, Variables{std::pair("LISTEN_FDS", "1")},
                                Variables{std::pair("LISTEN_PID", "1234")}}) {
    Given given(some);
    CHECK(given.take()->unclaimed().empty());
  }
}

TEST_CASE("what is malformed or no listening socket is named") {
  const Socket tcp = Socket::listen();
  for (const char* count : {"0", "-1", "x", "", "1 ", "+1", "2147483647", "99999999999"}) {
    CAPTURE(count);
    CHECK(error_of({{"LISTEN_PID", "1234"}, {"LISTEN_FDS", count}}, tcp.fd()) ==
          "LISTEN_FDS is '" + std::string(count) + "'; expected a number of descriptors");
  }
  for (const char* names : {"a:b", "a:", ":"}) {
    CHECK(error_of({{"LISTEN_PID", "1234"}, {"LISTEN_FDS", "1"}, {"LISTEN_FDNAMES", names}},
                   tcp.fd()) ==
          "LISTEN_FDNAMES is '" + std::string(names) + "'; expected 1 names with ':' between");
  }
  const Socket connected = Socket::connect(tcp.local_port());
  const Socket datagram(::socket(AF_INET, SOCK_DGRAM, 0));
  const Socket unbound(::socket(AF_INET, SOCK_STREAM, 0));
  const Socket file(::open("/dev/null", O_RDONLY));
  for (const int fd : {connected.fd(), datagram.fd(), unbound.fd(), file.fd(), -1}) {
    CHECK(error_of({{"LISTEN_PID", "1234"}, {"LISTEN_FDS", "1"}, {"LISTEN_FDNAMES", "a.socket"}},
                   fd) == "the inherited descriptor 200 (a.socket) is no listening stream socket");
  }
  // One good and one that is not there: the good one is given back.
  CHECK(error_of({{"LISTEN_PID", "1234"}, {"LISTEN_FDS", "2"}}, tcp.fd()) ==
        "the inherited descriptor 201 is no listening stream socket");
}

}  // namespace slotway::wire
