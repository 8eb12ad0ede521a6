#include "backend/rdb/value_writer.h"

#include "backend/types/hash_value.h"
#include "backend/types/set_value.h"
#include "backend/types/string_value.h"

namespace slotway::backend {

namespace {

void write_string(const Entry* entry, RdbWriter& writer) {
  NumberText text;
  writer.type(RdbType::kString);
  writer.string(string_bytes(entry, text));
}

// A small set of strings has no compact form in this version of the format.
void write_set(const Entry* entry, RdbWriter& writer) {
  if (entry->encoding() == Encoding::kIntset) {
    writer.type(RdbType::kSetIntset);
    return writer.string(packed_bytes(entry));
  }
  const SetView set(entry);
  writer.type(RdbType::kSet);
  writer.length(set.size());
  set.for_each([&](std::string_view member) { writer.string(member); });
}

void write_hash(const Entry* entry, RdbWriter& writer) {
  if (entry->encoding() == Encoding::kListpack) {
    writer.type(RdbType::kHashListpack);
    return writer.string(packed_bytes(entry));
  }
  const HashView hash(entry);
  writer.type(RdbType::kHash);
  writer.length(hash.size());
  hash.for_each([&](HashView::Field field) {
    writer.string(field.name);
    writer.string(field.value);
  });
}

}  // namespace

void write_value(const Entry* entry, RdbWriter& writer) {
  switch (entry->type()) {
    case Type::kSet:
      return write_set(entry, writer);
    case Type::kHash:
      return write_hash(entry, writer);
    default:
      return write_string(entry, writer);
  }
}

}  // namespace slotway::backend
