#include "config/section.h"

#include <algorithm>

#include "config/scalar.h"
#include "config/suggestion.h"

namespace slotway::config {

namespace {

std::string kind_text(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNothing:
      return "nothing";
    case Node::Kind::kScalar:
      return quoted(node.text);
    case Node::Kind::kList:
      return node.items.empty() ? "an empty list" : "a list";
    case Node::Kind::kMapping:
      return node.entries.empty() ? "an empty mapping" : "a mapping";
  }
  return {};
}

std::string unknown_key(std::string_view key, std::string_view section,
                        std::initializer_list<std::string_view> known) {
  std::string message = "unknown key " + quoted(key) + " in " + printable(section) + ", ";
  const std::string_view nearest = nearest_word(key, known);
  if (!nearest.empty()) return message + "did you mean '" + std::string(nearest) + "'?";
  message += "expected one of";
  std::string_view separator = " ";
  for (const std::string_view word : known) {
    message.append(separator).append(word);
    separator = ", ";
  }
  return message;
}

}  // namespace

void note_unexpected(FirstFault& fault, const Field& field, std::string_view message) {
  fault.note(field.value->at, printable(field.key) + ": " + std::string(message) + ", got " +
                                  kind_text(*field.value));
}

Section::Section(FirstFault& fault, const Field& field,
                 std::initializer_list<std::string_view> known)
    : fault_(fault), field_(field) {
  // A key with nothing below it is a section whose lines are all commented out.
  if (field.value->kind == Node::Kind::kNothing) return;
  if (field.value->kind != Node::Kind::kMapping) {
    note_unexpected(fault, field, "expected a mapping");
  }
  for (const Entry& entry : field.value->entries) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
      fault.note(entry.at, unknown_key(entry.key, field.key, known));
    }
  }
}

std::optional<Field> Section::find(std::string_view key) const {
  for (const Entry& entry : field_.value->entries) {
    if (entry.key == key) return Field{entry.key, entry.at, &entry.value};
  }
  return std::nullopt;
}

std::optional<Field> Section::require(std::string_view key, std::string_view expected) const {
  std::optional<Field> field = find(key);
  if (!field) {
    fault_.note(field_.at, "'" + std::string(key) + "' is missing in " + printable(field_.key) +
                               ", expected " + std::string(expected));
  }
  return field;
}

std::vector<Field> named_fields(FirstFault& fault, const Field& field) {
  std::vector<Field> fields;
  if (field.value->kind != Node::Kind::kMapping || field.value->entries.empty()) {
    note_unexpected(fault, field, "expected a mapping with at least one name");
  }
  for (const Entry& entry : field.value->entries) {
    const auto name = parse_name(entry.key);
    if (!name.ok()) {
      fault.note(entry.at,
                 printable(field.key) + ": " + name.error().message + ", got " + quoted(entry.key));
    }
    fields.push_back({entry.key, entry.at, &entry.value});
  }
  return fields;
}

std::vector<Field> one_or_more(FirstFault& fault, const Field& field) {
  if (field.value->kind != Node::Kind::kList) return {field};
  if (field.value->items.empty()) note_unexpected(fault, field, "expected at least one");
  std::vector<Field> fields;
  for (const Node& item : field.value->items) fields.push_back({field.key, field.at, &item});
  return fields;
}

}  // namespace slotway::config
