#include "backend/rdb/decoder.h"

#include <cmath>
#include <unordered_set>

#include "backend/engine/hash.h"
#include "backend/rdb/old_encodings.h"
#include "backend/rdb/reader.h"
#include "backend/types/intset.h"
#include "backend/types/listpack.h"
#include "wire/number.h"

namespace slotway::backend {

namespace {

// ---- compact forms

bool add_listpack(std::string_view bytes, RdbValue& value) {
  if (!listpack::is_valid(bytes)) return false;
  const char* const pack = bytes.data();
  for (size_t at = listpack::first(pack); at < listpack::end(pack); at = listpack::next(pack, at)) {
    listpack::ElementText text;
    const std::string_view element = listpack::get(pack, at, text);
    const bool is_text = listpack::get_integer(pack, at) == std::nullopt;
    value.elements.push_back(is_text ? element : value.made.emplace_back(element));
  }
  return true;
}

bool add_intset(std::string_view bytes, RdbValue& value) {
  if (!intset::is_valid(bytes)) return false;
  for (size_t i = 0; i < intset::count(bytes.data()); ++i) {
    value.elements.push_back(value.made.emplace_back(std::to_string(intset::at(bytes.data(), i))));
  }
  return true;
}

// Members and scores in turn become members, and scores beside them.
bool split_scores(RdbValue& value) {
  std::vector<std::string_view>& elements = value.elements;
  if (elements.size() % 2 != 0) return false;
  for (size_t i = 0; i < elements.size(); i += 2) {
    const std::string text(elements[i + 1]);
    char* end = nullptr;
    value.scores.push_back(std::strtod(text.c_str(), &end));
    if (text.empty() || end != text.c_str() + text.size()) return false;
    elements[i / 2] = elements[i];
  }
  elements.resize(elements.size() / 2);
  return true;
}

// ---- the forms of large values

void add_strings(RdbReader& reader, size_t for_each, RdbValue& value) {
  for (uint64_t left = reader.count(); left > 0 && !reader.failed(); --left) {
    for (size_t i = 0; i < for_each; ++i) value.elements.push_back(reader.string());
  }
}

void add_scored(RdbReader& reader, bool as_text, RdbValue& value) {
  for (uint64_t left = reader.count(); left > 0 && !reader.failed(); --left) {
    value.elements.push_back(reader.string());
    value.scores.push_back(as_text ? reader.real_as_text() : reader.real());
  }
}

void add_nodes(RdbReader& reader, bool are_ziplists, RdbValue& value) {
  for (uint64_t left = reader.count(); left > 0 && !reader.failed(); --left) {
    const uint64_t kind = are_ziplists ? kPackedNode : reader.length();
    const std::string_view bytes = reader.string();
    if (reader.failed() || bytes.empty()) return reader.fail();
    if (kind == kPlainNode) {
      value.elements.push_back(bytes);
    } else if (kind != kPackedNode ||
               !(are_ziplists ? decode_ziplist(bytes, value) : add_listpack(bytes, value))) {
      return reader.fail();
    }
  }
}

// ---- all of them

Type type_of(RdbType type) {
  switch (type) {
    case RdbType::kString:
      return Type::kString;
    case RdbType::kList:
    case RdbType::kListZiplist:
    case RdbType::kListZiplists:
    case RdbType::kListListpacks:
      return Type::kList;
    case RdbType::kSet:
    case RdbType::kSetIntset:
      return Type::kSet;
    case RdbType::kHash:
    case RdbType::kHashZipmap:
    case RdbType::kHashZiplist:
    case RdbType::kHashListpack:
      return Type::kHash;
    default:
      return Type::kSortedSet;
  }
}

// False for a type that is none, or whose bytes are wrong in themselves.
bool add_elements(RdbType type, RdbReader& reader, RdbValue& value) {
  switch (type) {
    case RdbType::kString:
      value.elements.push_back(reader.string());
      return true;
    case RdbType::kList:
    case RdbType::kSet:
      add_strings(reader, 1, value);
      return true;
    case RdbType::kHash:
      add_strings(reader, 2, value);
      return true;
    case RdbType::kSortedSetText:
    case RdbType::kSortedSet:
      add_scored(reader, type == RdbType::kSortedSetText, value);
      return true;
    case RdbType::kListZiplists:
    case RdbType::kListListpacks:
      add_nodes(reader, type == RdbType::kListZiplists, value);
      return true;
    case RdbType::kListZiplist:
    case RdbType::kHashZiplist:
      return decode_ziplist(reader.string(), value);
    case RdbType::kSortedSetZiplist:
      return decode_ziplist(reader.string(), value) && split_scores(value);
    case RdbType::kHashZipmap:
      return decode_zipmap(reader.string(), value);
    case RdbType::kSetIntset:
      return add_intset(reader.string(), value);
    case RdbType::kHashListpack:
      return add_listpack(reader.string(), value);
    case RdbType::kSortedSetListpack:
      return add_listpack(reader.string(), value) && split_scores(value);
  }
  return false;
}

struct Hash {
  size_t operator()(std::string_view text) const { return hash_bytes(text); }
};

bool are_different(const std::vector<std::string_view>& elements, size_t step) {
  std::unordered_set<std::string_view, Hash> seen(elements.size() / step);
  for (size_t i = 0; i < elements.size(); i += step) {
    if (!seen.insert(elements[i]).second) return false;
  }
  return true;
}

bool is_sound(const RdbValue& value) {
  switch (value.type) {
    case Type::kSet:
      return are_different(value.elements, 1);
    case Type::kHash:
      return value.elements.size() % 2 == 0 && are_different(value.elements, 2);
    case Type::kSortedSet:
      for (const double score : value.scores) {
        if (std::isnan(score)) return false;
      }
      return are_different(value.elements, 1);
    default:
      return true;
  }
}

}  // namespace

bool decode_value(std::string_view bytes, RdbValue& value) {
  RdbReader reader(bytes, value.made);
  const auto type = static_cast<RdbType>(reader.byte());
  if (!add_elements(type, reader, value) || reader.failed() || !reader.at_end()) return false;
  value.type = type_of(type);
  return !value.elements.empty() && is_sound(value);
}

}  // namespace slotway::backend
