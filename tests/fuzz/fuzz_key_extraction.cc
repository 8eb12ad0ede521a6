// extract_keys: for any arguments of any command, the positions lie inside of the arguments.
// Input: lines; the first names a row of the command table ("get", "config|get"), or chooses one by
// its first byte; the others are the arguments behind it.
#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "tests/fuzz/fuzz_input.h"
#include "wire/key_extraction.h"

namespace slotway::wire {

namespace {

using fuzz::require;

const Command& choose_command(std::string_view name) {
  const auto commands = all_commands();
  const auto named = std::find_if(commands.begin(), commands.end(),
                                  [&](const Command& row) { return row.full_name == name; });
  if (named != commands.end()) return *named;
  return commands[name.empty() ? 0 : static_cast<unsigned char>(name[0]) % commands.size()];
}

// Each argument in a heap block of exactly its size, so that a sanitizer sees a read past it.
class ExactArgs {
 public:
  void add(std::string_view arg) {
    blocks_.emplace_back(new char[arg.size()]);
    std::copy(arg.begin(), arg.end(), blocks_.back().get());
    views_.emplace_back(blocks_.back().get(), arg.size());
  }
  size_t size() const { return views_.size(); }
  void truncate(size_t size) { views_.resize(size); }
  const std::vector<std::string_view>& views() const { return views_; }

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<std::string_view> views_;
};

void check(std::string_view text) {
  const size_t line = text.find('\n');
  const Command& command = choose_command(text.substr(0, line));
  ExactArgs args;
  if (command.container) args.add(command.container->spec->name);
  args.add(command.spec->name);
  while (text.find('\n') != std::string_view::npos) {
    text.remove_prefix(text.find('\n') + 1);
    args.add(text.substr(0, text.find('\n')));
  }
  // The arity is checked before keys are looked for.
  const int arity = command.spec->arity;
  while (args.size() < static_cast<size_t>(std::abs(arity))) args.add("1");
  if (arity > 0) args.truncate(static_cast<size_t>(arity));
  require(arity_accepts(*command.spec, args.size()), "the arity suits");

  // No room behind the last view either.
  const std::vector<std::string_view> exact(args.views().begin(), args.views().end());
  std::vector<KeyPosition> keys = {{12345, 0}};
  const KeyExtraction result = extract_keys(*command.spec, exact, keys);
  if (result == KeyExtraction::kNoKeys) require(keys.empty(), "no keys, no positions");
  if (result != KeyExtraction::kOk) return;
  require(keys.size() <= exact.size(), "at most as many keys as arguments");
  for (const KeyPosition& key : keys) {
    require(key.index >= 1 && key.index < exact.size(), "a key is one of the arguments");
  }
  std::vector<KeyPosition> again;
  require(extract_keys(*command.spec, exact, again) == result && again.size() == keys.size(),
          "the answer depends on the arguments only");
}

}  // namespace

}  // namespace slotway::wire

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  slotway::wire::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
