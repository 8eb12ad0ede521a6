// BITFIELD and BITFIELD_RO: strings as arrays of integers of any width.

#include "backend/types/bitfield.h"

#include <algorithm>
#include <vector>

#include "backend/commands/bindings.h"
#include "backend/commands/bit_offset.h"
#include "backend/commands/edited_string.h"
#include "backend/types/string_value.h"

namespace slotway::backend {

namespace {

enum class Action : uint8_t { kGet, kSet, kIncrement };

struct Operation {
  uint64_t offset;
  int64_t amount;  // what to set, or to add
  FieldType type;
  Action action;
  Overflow overflow;
};

// Reads the operations one after the other.
class Parser {
 public:
  explicit Parser(const Call& call) : call_(call) {}

  // The operations up to the end. Nothing: the error has been answered.
  std::optional<std::vector<Operation>> parse() {
    std::vector<Operation> operations;
    operations.reserve(call_.args.size() / 3);
    while (at_ < call_.args.size()) {
      if (is("overflow", 1)) {
        if (!parse_overflow()) return std::nullopt;
        continue;
      }
      const auto operation = parse_operation();
      if (!operation) return std::nullopt;
      operations.push_back(*operation);
    }
    return operations;
  }

 private:
  // Whether the next word is this one, with so many arguments behind it.
  bool is(std::string_view lower, size_t arguments) const {
    return call_.args.size() - at_ > arguments && call_.is(at_, lower);
  }

  bool parse_overflow() {
    const size_t name = at_ + 1;
    at_ += 2;
    if (call_.is(name, "wrap")) {
      overflow_ = Overflow::kWrap;
    } else if (call_.is(name, "sat")) {
      overflow_ = Overflow::kSaturate;
    } else if (call_.is(name, "fail")) {
      overflow_ = Overflow::kFail;
    } else {
      call_.reply.error("ERR Invalid OVERFLOW type specified");
      return false;
    }
    return true;
  }

  std::optional<Operation> parse_operation() {
    Operation operation{};
    operation.overflow = overflow_;
    if (is("get", 2)) {
      operation.action = Action::kGet;
    } else if (is("set", 3)) {
      operation.action = Action::kSet;
    } else if (is("incrby", 3)) {
      operation.action = Action::kIncrement;
    } else {
      call_.reply.error(kSyntaxError);
      return std::nullopt;
    }
    const auto type = parse_field_type(call_.args[at_ + 1]);
    if (!type) {
      call_.reply.error(
          "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported "
          "but i64 is.");
      return std::nullopt;
    }
    operation.type = *type;
    const auto offset = parse_bit_offset(call_, at_ + 2, type->width);
    if (!offset) return std::nullopt;
    operation.offset = *offset;
    at_ += 3;
    if (operation.action == Action::kGet) return operation;
    const auto amount = call_.integer(at_++);
    if (!amount) return std::nullopt;
    operation.amount = *amount;
    return operation;
  }

  const Call& call_;
  size_t at_ = 2;
  Overflow overflow_ = Overflow::kWrap;
};

bool only_read(const std::vector<Operation>& operations) {
  return std::all_of(operations.begin(), operations.end(),
                     [](const Operation& operation) { return operation.action == Action::kGet; });
}

void read(const Call& call, const std::vector<Operation>& operations) {
  const Entry* const entry = call.database().read(call.key());
  if (entry && !is_string(entry)) return call.reply.error(kWrongType);
  NumberText text;
  const std::string_view bytes = entry ? string_bytes(entry, text) : std::string_view();
  call.reply.array(operations.size());
  for (const Operation& operation : operations) {
    call.reply.integer(read_field(bytes, operation.offset, operation.type));
  }
}

enum class Outcome : uint8_t { kNothing, kSame, kOther };

// Carries out one operation and answers with its result; whether the field was written, and has
// another value then.
Outcome perform(const Call& call, const Operation& operation, char* bytes, size_t size) {
  const auto& [offset, amount, type, action, overflow] = operation;
  const int64_t old = read_field({bytes, size}, offset, type);
  if (action == Action::kGet) {
    call.reply.integer(old);
    return Outcome::kNothing;
  }
  const bool sets = action == Action::kSet;
  const auto fresh =
      sets ? fit_field(type, amount, overflow) : add_to_field(type, old, amount, overflow);
  if (!fresh) {
    call.reply.null();
    return Outcome::kNothing;
  }
  write_field(bytes, offset, type, *fresh);
  call.reply.integer(sets ? old : *fresh);
  return *fresh == old ? Outcome::kSame : Outcome::kOther;
}

void write(const Call& call, const std::vector<Operation>& operations) {
  size_t needed = 0;
  for (const Operation& operation : operations) {
    if (operation.action == Action::kGet) continue;
    needed = std::max<size_t>(needed, bytes_for_field(operation.offset, operation.type));
  }
  const Key key = call.key();
  Cell* const cell = call.database().find_for_write(key);
  if (cell && !is_string(cell->entry())) return call.reply.error(kWrongType);
  const size_t old_size = cell ? string_size(cell->entry()) : 0;
  const size_t size = std::max(old_size, needed);
  char* const bytes = edit_string(call, key, cell, size);
  if (!bytes) return;
  call.reply.array(operations.size());
  Outcome most = Outcome::kNothing;
  for (const Operation& operation : operations) {
    most = std::max(most, perform(call, operation, bytes, size));
  }
  // If it has only become longer, since all that was to be written did not fit, Redis publishes
  // nothing.
  if (most == Outcome::kOther || size > old_size) {
    call.changed(key, KeyEvent::kString, most == Outcome::kNothing ? "" : "setbit");
  }
}

void bitfield(Call& call) {
  const auto operations = Parser(call).parse();
  if (!operations) return;
  only_read(*operations) ? read(call, *operations) : write(call, *operations);
}

void bitfield_ro(Call& call) {
  const auto operations = Parser(call).parse();
  if (!operations) return;
  if (!only_read(*operations))
    return call.reply.error("ERR BITFIELD_RO only supports the GET subcommand");
  read(call, *operations);
}

constexpr Binding kBindings[] = {{"bitfield", &bitfield}, {"bitfield_ro", &bitfield_ro}};

}  // namespace

std::span<const Binding> bitfield_bindings() { return kBindings; }

}  // namespace slotway::backend
