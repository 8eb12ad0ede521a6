// Section: a cursor over one mapping of the file, which notes faults at the place they belong to.
//
// Views into the Document's tree and the fault of the running parse, both of which outlive it.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/document.h"
#include "config/fault.h"

namespace slotway::config {

// A value with the key it belongs to; the root of the file has the key "the file" at 1:1.
struct Field {
  std::string_view key;
  Position at;  // of the key
  const Node* value;
};

// Notes "KEY: MESSAGE, got ..." at the value.
void note_unexpected(FirstFault& fault, const Field& field, std::string_view message);

// Puts what `parse` makes of the scalar into `out`; otherwise notes a fault and leaves `out` alone.
// `parse` is called with the text; its Error's message says what was expected.
template <typename T, typename Parse>
bool read_scalar(FirstFault& fault, const Field& field, const Parse& parse, T& out) {
  const bool is_scalar = field.value->kind == Node::Kind::kScalar;
  auto result = parse(is_scalar ? std::string_view(field.value->text) : std::string_view());
  if (is_scalar && result.ok()) {
    out = static_cast<T>(std::move(result).value());
    return true;
  }
  note_unexpected(fault, field, result.ok() ? "expected a single value" : result.error().message);
  return false;
}

class Section {
 public:
  // Notes a fault for a value that is no mapping, and for each key that is not known.
  Section(FirstFault& fault, const Field& field, std::initializer_list<std::string_view> known);

  std::optional<Field> find(std::string_view key) const;
  // What is missing is noted at the section's own key, with what was expected.
  std::optional<Field> require(std::string_view key, std::string_view expected) const;

  // read_scalar(), if the key is there.
  template <typename T, typename Parse>
  void read(std::string_view key, const Parse& parse, T& out) const {
    if (const auto field = find(key)) read_scalar(fault_, *field, parse, out);
  }

 private:
  FirstFault& fault_;
  Field field_;
};

// The fields of a mapping with names of the operator's choice, such as `pools`. Notes a fault if
// it is no mapping, is empty, or holds a name that is no name.
std::vector<Field> named_fields(FirstFault& fault, const Field& field);

// The elements of a list, or the single value itself. Notes a fault if there is none.
std::vector<Field> one_or_more(FirstFault& fault, const Field& field);

}  // namespace slotway::config
