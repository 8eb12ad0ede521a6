// Document: a YAML file as a tree in which everything knows its place in the file.
//
// Built once per load from yaml-cpp's events, then only read; owned by the one who parses. It
// refuses, with the position, what a configuration does not need and what has surprised users of
// YAML: keys given twice, anchors and aliases, tags, several documents, control characters, nesting
// deeper than kMaxDepth (so that recursing over the tree is safe).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/fault.h"

namespace slotway::config {

inline constexpr size_t kMaxDepth = 16;

struct Entry;

struct Node {
  enum class Kind : uint8_t { kNothing, kScalar, kList, kMapping };

  Kind kind = Kind::kNothing;
  Position at;                 // of kNothing: the key's, or the list's that it stands in
  std::string text;            // kScalar: never interpreted, "0777" stays "0777"
  std::vector<Node> items;     // kList
  std::vector<Entry> entries;  // kMapping, in the order of the file; keys are unique
};

struct Entry {
  std::string key;
  Position at;  // of the key
  Node value;
};

// The root of the tree. If it is no YAML, or refused, `fault` is noted and the root is kNothing.
Node parse_document(std::string_view text, FirstFault& fault);

}  // namespace slotway::config
