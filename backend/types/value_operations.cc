// Which type has which operations. A new data type is entered here.
#include "backend/engine/value_operations.h"

namespace slotway::backend {

extern const ValueOperations kStringOperations;

const ValueOperations& operations_of(Type) { return kStringOperations; }

}  // namespace slotway::backend
