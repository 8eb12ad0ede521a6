// CommandSource: draws commands of the command table with arguments of the shapes that a
// redis-server tells, transactions, and what else happens to keys; the same for the same seed.
#pragma once

#include <string>
#include <vector>

#include "tests/differential/argument_shapes.h"
#include "tests/differential/step.h"
#include "tests/differential/words.h"
#include "wire/command_table.h"

namespace slotway::differential {

// A command that is drawn, and its weight.
struct Choice {
  const wire::Command* command;
  const std::vector<ArgumentShape>* arguments;
  uint64_t weight;
};

// The rows about keys and their values that the store has (`supported`: what COMMAND LIST of it
// gives), but for those whose answers two servers cannot share.
std::vector<Choice> choices_of(const ArgumentShapes& shapes,
                               const std::vector<std::string>& supported);

class CommandSource {
 public:
  // Leaves about a quarter of the choices out, others with each seed; one seed in eight makes large
  // values.
  CommandSource(uint64_t seed, const std::vector<Choice>& choices);

  // Appends a command, or several that belong together.
  void next(std::vector<Step>& steps);
  Words& words() { return words_; }

 private:
  tests::Command draw_command(bool in_transaction);
  const Choice& choose();
  void append(const std::vector<ArgumentShape>& shapes, tests::Command& command);
  void append(const ArgumentShape& shape, tests::Command& command);
  void append_value(const ArgumentShape& shape, tests::Command& command);
  uint64_t times(const ArgumentShape& shape);
  void spoil(tests::Command& command);

  void single(std::vector<Step>& steps);
  void transaction(std::vector<Step>& steps);
  void expiry(std::vector<Step>& steps);
  tests::Command setting();

  tests::Draw draw_;
  Words words_;
  std::vector<Choice> choices_;
  uint64_t total_weight_ = 0;
  bool begun_ = false;
  bool is_wide_ = false;
  uint64_t counted_keys_ = 0;  // the number of keys that the command has said; 0: none
};

}  // namespace slotway::differential
