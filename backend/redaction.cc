#include "backend/redaction.h"

#include "wire/secret_arguments.h"

namespace slotway::backend {

std::vector<std::string_view> redacted(const wire::Command& command, wire::Args args) {
  return wire::without_secrets(*command.spec, args, &wire::is_secret_setting);
}

}  // namespace slotway::backend
