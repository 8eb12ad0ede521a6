#include "tests/differential/argument_shapes.h"

#include <algorithm>

namespace slotway::differential {

namespace {

using tests::RespValue;

std::string text_of(const RespValue& map, const char* name) {
  const RespValue* const value = map.find(name);
  return value ? value->text : "";
}

std::vector<ArgumentShape> shapes_of(const RespValue& map) {
  std::vector<ArgumentShape> shapes;
  const RespValue* const arguments = map.find("arguments");
  if (!arguments) return shapes;
  for (const RespValue& argument : arguments->items) {
    ArgumentShape shape = {.name = text_of(argument, "name"),
                           .type = text_of(argument, "type"),
                           .token = text_of(argument, "token")};
    if (const RespValue* const flags = argument.find("flags")) {
      const std::vector<std::string> names = flags->texts();
      const auto has = [&](const char* name) {
        return std::find(names.begin(), names.end(), name) != names.end();
      };
      shape.optional = has("optional");
      shape.multiple = has("multiple");
      shape.multiple_token = has("multiple_token");
    }
    shape.parts = shapes_of(argument);
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

void add_shapes(const RespValue& commands, ArgumentShapes& shapes) {
  for (size_t i = 0; i + 1 < commands.items.size(); i += 2) {
    const RespValue& command = commands.items[i + 1];
    shapes[commands.items[i].text] = shapes_of(command);
    if (const RespValue* const inside = command.find("subcommands")) add_shapes(*inside, shapes);
  }
}

}  // namespace

ArgumentShapes ask_argument_shapes(tests::RespClient& redis) {
  ArgumentShapes shapes;
  add_shapes(redis.call({"COMMAND", "DOCS"}), shapes);
  return shapes;
}

}  // namespace slotway::differential
