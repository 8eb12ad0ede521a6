// From one list to another: what LMOVE and its blocking form share.
#pragma once

#include "backend/call.h"
#include "backend/types/list_node.h"

namespace slotway::backend {

struct ListMove {
  ListEnd from;  // of the source
  ListEnd to;    // of the destination
};

// Takes an element off the source, which is argument 1 and has been found, puts it onto the
// destination, argument 2, and answers with it; or with the error.
void move_element(const Call& call, ListMove move);

// Argument `index` and the next one, each LEFT or RIGHT. Without a value, the error has been
// answered.
std::optional<ListMove> move_arguments(const Call& call, size_t index);

}  // namespace slotway::backend
