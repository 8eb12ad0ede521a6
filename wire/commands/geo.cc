// Rows of the commands on geospatial indices.
#include "wire/commands/rows.h"

namespace slotway::wire {

namespace {

using enum Handling;

constexpr KeySpec kGeoradiusKeys[] = {
    key_at(1, kKeyRO | kKeyAccess),
    key_behind("STORE", 6, kKeyOW | kKeyUpdate),
    key_behind("STOREDIST", 6, kKeyOW | kKeyUpdate),
};
constexpr KeySpec kGeoradiusbymemberKeys[] = {
    key_at(1, kKeyRO | kKeyAccess),
    key_behind("STORE", 5, kKeyOW | kKeyUpdate),
    key_behind("STOREDIST", 5, kKeyOW | kKeyUpdate),
};

// clang-format off
constexpr CommandSpec kRows[] = {
    {.name = "geoadd", .arity = -5, .flags = kWrite | kDenyOom, .acl = kAclGeo,
     .keys = kUpdateKey, .handling = kForward, .group = Group::kGeo,
     .since = "3.2.0", .complexity = "O(log(N)) a place, N members",
     .summary = "Adds places, given by longitude and latitude, to a geospatial index."},
    {.name = "geodist", .arity = -4, .flags = kReadonly, .acl = kAclGeo, .keys = kReadKey,
     .handling = kForward, .group = Group::kGeo,
     .since = "3.2.0", .complexity = "O(log(N))",
     .summary = "Gives the distance between two members."},
    {.name = "geohash", .arity = -2, .flags = kReadonly, .acl = kAclGeo, .keys = kReadKey,
     .handling = kForward, .group = Group::kGeo,
     .since = "3.2.0", .complexity = "O(log(N)) a member asked for, N members",
     .summary = "Gives the geohash strings of members."},
    {.name = "geopos", .arity = -2, .flags = kReadonly, .acl = kAclGeo, .keys = kReadKey,
     .handling = kForward, .null_arrays = true, .group = Group::kGeo,
     .since = "3.2.0", .complexity = "O(N), N members asked for",
     .summary = "Gives the longitude and latitude of members."},
    {.name = "georadius", .arity = -6, .flags = kWrite | kDenyOom | kMovableKeys, .acl = kAclGeo,
     .keys = kGeoradiusKeys, .handling = kForward, .group = Group::kGeo,
     .since = "3.2.0", .complexity = "O(N+log(M)), N members in the bounding box, M in the index",
     .deprecated_since = "6.2.0",
     .replaced_by = "GEOSEARCH or GEOSEARCHSTORE with FROMLONLAT and BYRADIUS",
     .summary = "Finds the members within a radius around a point, and may store them."},
    {.name = "georadius_ro", .arity = -6, .flags = kReadonly, .acl = kAclGeo, .keys = kReadKey,
     .handling = kForward, .group = Group::kGeo,
     .since = "3.2.10",
     .complexity = "O(N+log(M)), N members in the bounding box, M in the index",
     .deprecated_since = "6.2.0", .replaced_by = "GEOSEARCH with FROMLONLAT and BYRADIUS",
     .summary = "Finds the members within a radius around a point."},
    {.name = "georadiusbymember", .arity = -5, .flags = kWrite | kDenyOom | kMovableKeys,
     .acl = kAclGeo, .keys = kGeoradiusbymemberKeys, .handling = kForward, .group = Group::kGeo,
     .since = "3.2.0", .complexity = "O(N+log(M)), N members in the bounding box, M in the index",
     .deprecated_since = "6.2.0",
     .replaced_by = "GEOSEARCH or GEOSEARCHSTORE with FROMMEMBER and BYRADIUS",
     .summary = "Finds the members within a radius around a member, and may store them."},
    {.name = "georadiusbymember_ro", .arity = -5, .flags = kReadonly, .acl = kAclGeo,
     .keys = kReadKey, .handling = kForward, .group = Group::kGeo,
     .since = "3.2.10",
     .complexity = "O(N+log(M)), N members in the bounding box, M in the index",
     .deprecated_since = "6.2.0", .replaced_by = "GEOSEARCH with FROMMEMBER and BYRADIUS",
     .summary = "Finds the members within a radius around a member."},
    {.name = "geosearch", .arity = -7, .flags = kReadonly, .acl = kAclGeo, .keys = kReadKey,
     .handling = kForward, .group = Group::kGeo,
     .since = "6.2.0", .complexity = "O(N+log(M)), N members in the bounding box, M in the shape",
     .summary = "Finds the members inside a circle or a box."},
    {.name = "geosearchstore", .arity = -8, .flags = kWrite | kDenyOom, .acl = kAclGeo,
     .keys = kStoreFromKey, .handling = kForward, .group = Group::kGeo,
     .since = "6.2.0", .complexity = "O(N+log(M)), N members in the bounding box, M in the shape",
     .summary = "Stores the members found inside a circle or a box."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> geo_rows() { return kRows; }

}  // namespace slotway::wire
