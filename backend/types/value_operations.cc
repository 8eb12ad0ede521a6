// Which encoding has which operations, and the names of the types. What a new type is made of is
// entered here.
#include "backend/engine/value_operations.h"

namespace slotway::backend {

extern const ValueOperations kStringOperations;
extern const ValueOperations kListOperations;
extern const ValueOperations kPackOperations;
extern const ValueOperations kPackedTableOperations;
extern const ValueOperations kSortedSetOperations;

const ValueOperations& operations_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::kListpack:
    case Encoding::kIntset:
      return kPackOperations;
    case Encoding::kHashtable:
      return kPackedTableOperations;
    case Encoding::kSkiplist:
      return kSortedSetOperations;
    case Encoding::kQuicklist:
      return kListOperations;
    default:
      return kStringOperations;
  }
}

std::string_view type_name(Type type) {
  constexpr std::string_view kNames[kTypeCount] = {"string", "list", "set",
                                                   "zset",   "hash", "stream"};
  return kNames[static_cast<size_t>(type)];
}

}  // namespace slotway::backend
