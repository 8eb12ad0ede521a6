// The admin server's address: as CivetWeb wants it, and how a listening thread of CivetWeb is
// woken. Plain functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slotway::metrics {

// "host:port" as CivetWeb wants it, or nothing. It would take lists, TLS and redirect suffixes too:
// none of them may come out of an address by accident.
std::optional<std::string> listening_port(std::string_view address);

// Connects to the server, on each address that its name has, and goes away again.
void knock(std::string_view address, uint16_t port);

// Whether it means this machine: "localhost", "127.0.0.1" and all of 127.0.0.0/8, "[::1]"; with a
// port behind it or without.
bool is_loopback(std::string_view host_and_port);

}  // namespace slotway::metrics
