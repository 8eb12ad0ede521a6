// Prints a libFuzzer dictionary of the command table: names, the keywords of key specifications,
// and numbers that a count of keys may be.
#include <cstdio>
#include <set>
#include <string>

#include "wire/command_table.h"

int main() {
  std::set<std::string> words = {"-1", "0", "1", "2", "3", "2147483648", "9223372036854775807"};
  for (const auto& command : slotway::wire::all_commands()) {
    words.insert(command.full_name);
    for (const auto& keys : command.spec->keys) words.emplace(keys.keyword);
  }
  words.erase("");
  for (const std::string& word : words) {
    std::printf("\"%s\"\n", word.c_str());
    std::printf("\"\\x0a%s\\x0a\"\n", word.c_str());
  }
}
