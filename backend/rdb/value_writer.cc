#include "backend/rdb/value_writer.h"

#include "backend/types/string_value.h"

namespace slotway::backend {

void write_value(const Entry* entry, RdbWriter& writer) {
  NumberText text;
  writer.type(RdbType::kString);
  writer.string(string_bytes(entry, text));
}

}  // namespace slotway::backend
