// What servers say of their replication, and how far a replica is thereby known to be.
//
// A primary counts the bytes of its writes, a replica those that it has applied (INFO replication).
// A replica that has as many as its primary had when asked has every write that was answered before
// the primary was asked. Pure values; one worker thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace slotway::proxy {

struct Replication {
  enum class Role : uint8_t {
    kUnknown,  // or a replica that has lost its primary
    kPrimary,
    kReplica,
  };
  Role role = Role::kUnknown;
  std::string history;    // which writes are counted: "master_replid"
  uint64_t offset = 0;    // bytes of that
  uint64_t asked_ns = 0;  // monotonic; when the question was sent

  // `info`: the reply to INFO replication.
  static Replication parse(std::string_view info, uint64_t asked_ns);
};

class CatchUp {
 public:
  // The last that both have said, as often as one likes.
  void look(const Replication& primary, const Replication& replica);

  // The replica has all that its primary had answered at that time of the monotonic clock; 0: it is
  // not known to have anything.
  uint64_t until_ns() const { return until_ns_; }

 private:
  // What it is to reach next: under a stream of writes it never has the newest.
  Replication goal_;
  uint64_t until_ns_ = 0;
};

}  // namespace slotway::proxy
