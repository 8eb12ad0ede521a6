// Whether what clients have seen of one register could have come from a single copy of it, asked
// for one operation at a time: linearizability (Herlihy and Wing 1990), tested over a whole
// history.
//
// The general test is a search through all orders (Wing and Gong, Testing and Verifying Concurrent
// Objects, 1993; with memory and just-in-time by Lowe, Testing for Linearizability, 2017), whose
// cost grows with the operations that overlap: with the bound of a cache added to each read, these
// are thousands. Where no value is written twice there is no choice to search through (Gibbons and
// Korach, Testing Shared Memories, 1997): in any order a write and the reads that saw it stand
// together. So this looks for a circle among the values, in time n log n; linearizability_test.cc
// holds it to the search. Unlike the papers it knows the order in which a session has sent what it
// did not wait for.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace slotway::tests {

struct Operation {
  static constexpr int64_t kOpen = std::numeric_limits<int64_t>::max();
  static constexpr uint64_t kInitial = 0;  // the value that nobody has written

  bool is_write;
  // Of a client that sends one after the other, and that sees itself in that order.
  uint32_t session;
  uint64_t value;
  int64_t call;  // any clock that all share
  // kOpen: of a write of which nobody knows whether it was carried out, or when.
  int64_t end;
};

// Why there is no such order, in words; empty if there is one. In `history` the operations of each
// session stand in its order; no value is written twice.
std::string find_violation(const std::vector<Operation>& history);

}  // namespace slotway::tests
