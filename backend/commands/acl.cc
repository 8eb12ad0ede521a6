// ACL, as far as it goes with one user, who may do everything.

#include <random>
#include <string>

#include "backend/commands/bindings.h"
#include "wire/command_error.h"
#include "wire/command_reply.h"
#include "wire/sha256.h"

namespace slotway::backend {

namespace {

constexpr std::string_view kUser = "default";

std::string hexadecimal(std::string_view bytes) {
  std::string digits;
  for (const char c : bytes) {
    digits += "0123456789abcdef"[static_cast<uint8_t>(c) >> 4];
    digits += "0123456789abcdef"[c & 0xf];
  }
  return digits;
}

std::string password_digest(const Call& call) {
  const wire::Sha256 digest = wire::sha256(call.store.settings.password);
  return hexadecimal({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

void whoami(Call& call) { call.reply.bulk(kUser); }

void users(Call& call) {
  call.reply.array(1);
  call.reply.bulk(kUser);
}

void list(Call& call) {
  const bool open = call.store.settings.password.empty();
  call.reply.array(1);
  call.reply.bulk("user default on " + (open ? "nopass" : "#" + password_digest(call)) +
                  " ~* &* +@all");
}

void getuser(Call& call) {
  if (call.args[2] != kUser) return call.reply.null();
  const bool open = call.store.settings.password.empty();
  wire::ReplyWriter& reply = call.reply;
  reply.map(6);
  reply.bulk("flags");
  reply.set(open ? 2 : 1);
  reply.bulk("on");
  if (open) reply.bulk("nopass");
  reply.bulk("passwords");
  reply.array(open ? 0 : 1);
  if (!open) reply.bulk(password_digest(call));
  reply.bulk("commands");
  reply.bulk("+@all");
  reply.bulk("keys");
  reply.bulk("~*");
  reply.bulk("channels");
  reply.bulk("&*");
  reply.bulk("selectors");
  reply.array(0);
}

void cat(Call& call) {
  const auto categories = wire::acl_category_names();
  if (call.args.size() > 3) {
    return call.reply.error(wire::subcommand_syntax_error(call.command, call.args));
  }
  if (call.args.size() == 2) {
    call.reply.array(categories.size());
    for (const wire::FlagName& category : categories) call.reply.bulk(category.name);
    return;
  }
  for (const wire::FlagName& category : categories) {
    if (!call.is(2, category.name)) continue;
    std::vector<std::string_view> names;
    for (const wire::Command& command : wire::all_commands()) {
      const bool is_one = wire::acl_categories(*command.spec) & category.flag;
      if (is_one && is_supported(command)) names.push_back(command.full_name);
    }
    call.reply.array(names.size());
    for (const std::string_view name : names) call.reply.bulk(name);
    return;
  }
  call.reply.error("ERR Unknown category '" + wire::excerpt(call.args[2]) + "'");
}

void genpass(Call& call) {
  constexpr int64_t kMostBits = 4096;
  int64_t bits = 256;
  if (call.args.size() > 3) {
    return call.reply.error(wire::subcommand_syntax_error(call.command, call.args));
  }
  if (call.args.size() == 3) {
    const auto number = call.integer(2);
    if (!number) return;
    if (*number <= 0 || *number > kMostBits) {
      return call.reply.error(
          "ERR ACL GENPASS argument must be the number of bits for the output password, a positive "
          "number up to 4096");
    }
    bits = *number;
  }
  std::random_device device;
  std::string password;
  for (int64_t i = 0; i < (bits + 3) / 4; ++i) password += "0123456789abcdef"[device() % 16];
  call.reply.bulk(password);
}

// Nobody is ever denied anything, but for wrong passwords, which INFO counts.
void log(Call& call) {
  if (call.args.size() == 3 && call.is(2, "reset")) return call.reply.ok();
  if (call.args.size() == 3 && !call.integer(2)) return;
  if (call.args.size() > 3) {
    return call.reply.error(wire::subcommand_syntax_error(call.command, call.args));
  }
  call.reply.array(0);
}

void help(Call& call) {
  wire::write_help_reply(*call.command.container, &is_supported, call.reply);
}

constexpr Binding kBindings[] = {
    {"acl|whoami", &whoami},   {"acl|users", &users}, {"acl|list", &list},
    {"acl|getuser", &getuser}, {"acl|cat", &cat},     {"acl|genpass", &genpass},
    {"acl|log", &log},         {"acl|help", &help},
};

}  // namespace

std::span<const Binding> acl_bindings() { return kBindings; }

}  // namespace slotway::backend
