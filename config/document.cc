#include "config/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include "config/load.h"

namespace slotway::config {

namespace {

Position position_of(const YAML::Mark& mark) {
  return {static_cast<uint32_t>(std::max(mark.line, 0)) + 1,
          static_cast<uint32_t>(std::max(mark.column, 0)) + 1};
}

// yaml-cpp takes U+0004 for the end of the file, does not count a lone CR as a line, and would turn
// to UTF-16 by itself: none of these may reach it.
bool check_bytes(std::string_view text, FirstFault& fault) {
  if (text.size() > kMaxFileSize) {
    fault.note({},
               "expected a file of at most 1 MiB, got " + std::to_string(text.size()) + " bytes");
    return false;
  }
  Position at;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool line_end = byte == '\n' || (byte == '\r' && text.substr(i + 1, 1) == "\n");
    if (!line_end && ((byte < 0x20 && byte != '\t') || byte == 0x7f || byte >= 0xfe)) {
      fault.note(at, "expected text in UTF-8, got byte " + quoted(text.substr(i, 1)));
      return false;
    }
    ++at.column;
    if (byte == '\n') at = {at.line + 1, 1};
  }
  return true;
}

// The parser's commonest complaints, in terms of what it expected.
std::string_view expectation(std::string_view complaint) {
  using Pair = std::pair<std::string_view, std::string_view>;
  static const Pair kExpectations[] = {
      {YAML::ErrorMsg::MAP_VALUE,
       "no ':' here (is one missing above, or are there quotes to add?)"},
      {YAML::ErrorMsg::END_OF_MAP, "the next key, indented like the keys above it"},
      {YAML::ErrorMsg::END_OF_MAP_FLOW, "',' or '}'"},
      {YAML::ErrorMsg::END_OF_SEQ, "the next '- ', indented like those above it"},
      {YAML::ErrorMsg::END_OF_SEQ_FLOW, "',' or ']'"},
  };
  for (const auto& [theirs, ours] : kExpectations) {
    if (theirs == complaint) return ours;
  }
  return "valid YAML";
}

bool is_indented_by_tab(std::string_view text, uint32_t line) {
  for (; line > 1; --line) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  const size_t first = text.find_first_not_of(' ');
  return first != std::string_view::npos && text[first] == '\t';
}

class Builder : public YAML::EventHandler {
 public:
  // Thrown through yaml-cpp, which offers no other way to stop it; the fault has been noted.
  struct Stop {};

  explicit Builder(FirstFault& fault) : fault_(fault) {}

  Node take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) refuse(mark, "expected the end of the file: one document only");
    started_ = true;
  }
  void OnDocumentEnd() override {}

  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    refuse(mark, "expected no anchor, got " + quoted("&" + name) + ": write each value out");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "expected no alias: write each value out");
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    if (key_is_due()) refuse(mark, "expected a key");
    // yaml-cpp often puts a missing value where the next thing begins.
    Position at = position_of(mark);
    if (!open_.empty()) {
      const Node& parent = *open_.back().node;
      at = parent.kind == Node::Kind::kMapping ? parent.entries.back().at : parent.at;
    }
    place(Node::Kind::kNothing, at);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    check_tag(mark, tag);
    if (key_is_due()) return add_key(mark, value);
    place(Node::Kind::kScalar, position_of(mark)).text = value;
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    begin(Node::Kind::kList, mark, tag);
  }
  void OnSequenceEnd() override { open_.pop_back(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    begin(Node::Kind::kMapping, mark, tag);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct Level {
    Node* node;  // stays where it is: its parent's vector does not grow while it is open
    bool key_due = true;
    std::unordered_map<std::string, uint32_t> lines;  // of the keys so far
  };

  [[noreturn]] void refuse(const YAML::Mark& mark, std::string message) {
    fault_.note(position_of(mark), std::move(message));
    throw Stop{};
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    refuse(mark, "expected no tag, got " + quoted(tag));
  }

  bool key_is_due() const {
    return !open_.empty() && open_.back().node->kind == Node::Kind::kMapping &&
           open_.back().key_due;
  }

  void add_key(const YAML::Mark& mark, const std::string& key) {
    Level& level = open_.back();
    const Position at = position_of(mark);
    const auto [first, is_new] = level.lines.try_emplace(key, at.line);
    if (!is_new) {
      refuse(mark, "expected each key once, got " + quoted(key) + " again (first in line " +
                       std::to_string(first->second) + ")");
    }
    level.node->entries.push_back({key, at, {}});
    level.key_due = false;
  }

  Node& place(Node::Kind kind, Position at) {
    Node* node = &root_;
    if (!open_.empty()) {
      Level& level = open_.back();
      if (level.node->kind == Node::Kind::kList) {
        node = &level.node->items.emplace_back();
      } else {
        node = &level.node->entries.back().value;
        level.key_due = true;
      }
    }
    node->kind = kind;
    node->at = at;
    return *node;
  }

  void begin(Node::Kind kind, const YAML::Mark& mark, const std::string& tag) {
    check_tag(mark, tag);
    if (key_is_due()) refuse(mark, "expected a key, got a list or a mapping");
    if (open_.size() == kMaxDepth) {
      refuse(mark, "expected at most " + std::to_string(kMaxDepth) + " levels of nesting");
    }
    open_.push_back({&place(kind, position_of(mark)), true, {}});
  }

  FirstFault& fault_;
  Node root_;
  std::vector<Level> open_;
  bool started_ = false;
};

}  // namespace

Node parse_document(std::string_view text, FirstFault& fault) {
  if (!check_bytes(text, fault)) return {};
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder(fault);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take_root();
  } catch (const Builder::Stop&) {
  } catch (const YAML::Exception& error) {
    const Position at = position_of(error.mark);
    const std::string_view expected =
        is_indented_by_tab(text, at.line) ? "spaces in front, not a tab" : expectation(error.msg);
    fault.note(at, "expected " + std::string(expected) + ": " + printable(error.msg));
  } catch (const std::exception& error) {
    fault.note({}, "expected valid YAML: " + printable(error.what()));
  }
  return {};
}

}  // namespace slotway::config
