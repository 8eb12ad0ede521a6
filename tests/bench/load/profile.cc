#include "tests/bench/load/profile.h"

namespace slotway::load {

namespace {

using Kind = Command::Kind;

constexpr uint32_t kMinute = 60;
constexpr uint32_t kHour = 60 * kMinute;
constexpr uint32_t kDay = 24 * kHour;

// Those of Twitter are statistics of clusters in its cache traces of 2020 (Yang, Yue, Rashmi, "A
// large scale analysis of hundreds of in-memory cache clusters at Twitter", OSDI 2020): shares,
// sizes, TTL and skew. What the published shares leave open goes to the other one of GET and SET
// where one alone is named, else to all. memcached's gets is GET here, cas is SET XX, add SET NX.
// YCSB: Cooper et al., "Benchmarking cloud serving systems with YCSB" (SoCC 2010), records of 1 kB.
constexpr Profile kProfiles[] = {
    {"get", "GET", {{{Kind::kGet, 1}}}},
    {"set", "SET", {{{Kind::kSet, 1}}}},
    {"mixed",
     "GET, SET, INCR of a counter of the connection, MGET, MSET, DEL",
     {{{Kind::kGet, .50},
       {Kind::kSet, .20},
       {Kind::kIncr, .10},
       {Kind::kMget, .10},
       {Kind::kMset, .05},
       {Kind::kDel, .05}}}},
    {"twitter-read",
     "skewed reads",
     {{{Kind::kGet, .93}, {Kind::kAdd, .04}, {Kind::kReplace, .02}}},
     20,
     273,
     kDay,
     14 * kDay,
     1.21},
    {"twitter-extreme",
     "few keys take nearly all",
     {{{Kind::kGet, .96}, {Kind::kSet, .04}}},
     18,
     37,
     12 * kHour,
     12 * kHour,
     2.10},
    {"twitter-mixed",
     "reads, some writes",
     {{{Kind::kGet, .86}, {Kind::kSet, .13}}},
     36,
     799,
     kHour,
     2 * kHour,
     1.23},
    {"twitter-half-writes",
     "as many writes as reads",
     {{{Kind::kGet, .5}, {Kind::kSet, .5}}},
     44,
     155,
     8 * kHour,
     8 * kHour,
     .86},
    {"twitter-write-heavy",
     "mostly writes, nearly uniform",
     {{{Kind::kSet, .80}, {Kind::kGet, .20}}},
     44,
     1030,
     300,
     300,
     .30},
    {"twitter-counters",
     "INCR of counters of all, beside GET and SET",
     {{{Kind::kGet, .36}, {Kind::kSet, .31}, {Kind::kCount, .30}}},
     35,
     224,
     120,
     120,
     .27},
    {"twitter-large",
     "values of 66 KiB",
     {{{Kind::kGet, .52}, {Kind::kSet, .48}}},
     18,
     67485,
     15 * kMinute,
     20 * kMinute,
     1.28},
    {"ycsb-a", "update heavy", {{{Kind::kGet, .5}, {Kind::kSet, .5}}}, 23, 1000, 0, 0, .99},
    {"ycsb-b", "read mostly", {{{Kind::kGet, .95}, {Kind::kSet, .05}}}, 23, 1000, 0, 0, .99},
};

}  // namespace

std::span<const Profile> profiles() { return kProfiles; }

const Profile* find_profile(std::string_view name) {
  for (const Profile& profile : kProfiles)
    if (profile.name == name) return &profile;
  return nullptr;
}

}  // namespace slotway::load
