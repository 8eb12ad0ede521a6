// Positions, units and distances among arguments and in replies.
#pragma once

#include <optional>

#include "backend/call.h"
#include "backend/types/geohash.h"

namespace slotway::backend {

// These answer an error and return nothing if the arguments are not what they have to be.
//
// The position that arguments `index` (longitude) and the next one are.
std::optional<Position> position_argument(const Call& call, size_t index);
// Metres of the unit that argument `index` names.
std::optional<double> unit_argument(const Call& call, size_t index);

// With four digits behind the point.
void write_distance(const Call& call, double distance);
// An array of the two coordinates.
void write_position(const Call& call, const Position& position);

}  // namespace slotway::backend
