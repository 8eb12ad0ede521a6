#include "backend/rdb/value_writer.h"

#include "backend/types/hash_value.h"
#include "backend/types/list_nodes.h"
#include "backend/types/set_value.h"
#include "backend/types/sorted_set.h"
#include "backend/types/string_value.h"

namespace slotway::backend {

namespace {

void write_string(const Entry* entry, RdbWriter& writer) {
  NumberText text;
  writer.type(RdbType::kString);
  writer.string(string_bytes(entry, text));
}

void write_pack(std::string_view pack, RdbWriter& writer) {
  writer.length(kPackedNode);
  writer.string(pack);
}

void write_list(const Entry* entry, RdbWriter& writer) {
  writer.type(RdbType::kListListpacks);
  if (entry->encoding() == Encoding::kListpack) {
    writer.length(1);
    return write_pack(packed_bytes(entry), writer);
  }
  const auto& list = *static_cast<const ListNodes*>(entry->reference().object);
  writer.length(list.node_count());
  for (const ListNode* node = list.head(); node; node = node->next) {
    if (node->is_plain()) {
      writer.length(kPlainNode);
      writer.string(node->plain());
    } else {
      write_pack({node->pack(), node->pack_size()}, writer);
    }
  }
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

// The greatest score goes first, for the sake of readers that have skip lists.
void write_sorted_set(const Entry* entry, RdbWriter& writer) {
  if (entry->encoding() == Encoding::kListpack) {
    writer.type(RdbType::kSortedSetListpack);
    return writer.string(packed_bytes(entry));
  }
  const SortedSet set(entry);
  writer.type(RdbType::kSortedSet);
  writer.length(set.size());
  set.for_each(set.size() - 1, set.size(), /*reverse=*/true,
               [&](std::string_view member, double score) {
                 writer.string(member);
                 writer.real(score);
               });
}

}  // namespace

void write_value(const Entry* entry, RdbWriter& writer) {
  switch (entry->type()) {
    case Type::kList:
      return write_list(entry, writer);
    case Type::kSortedSet:
      return write_sorted_set(entry, writer);
    case Type::kSet:
      return write_set(entry, writer);
    case Type::kHash:
      return write_hash(entry, writer);
    default:
      return write_string(entry, writer);
  }
}

}  // namespace slotway::backend
