// LPOS: where in a list an element stands.

#include <vector>

#include "backend/commands/bindings.h"
#include "backend/commands/list_arguments.h"
#include "backend/commands/typed_key.h"

namespace slotway::backend {

namespace {

struct PositionOptions {
  ListEnd from = ListEnd::kHead;
  uint64_t rank = 1;              // of the first match that counts
  std::optional<uint64_t> count;  // of matches to give; 0: all. Without: one, and no array
  uint64_t max_length = 0;        // of elements to look at; 0: all
};

std::optional<PositionOptions> parse_options(const Call& call) {
  PositionOptions options;
  for (size_t i = 3; i < call.args.size(); i += 2) {
    const bool has_value = i + 1 < call.args.size();
    if (has_value && call.is(i, "rank")) {
      const auto rank = call.integer(i + 1);
      if (!rank) return std::nullopt;
      if (*rank == 0) {
        call.reply.error(
            "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or "
            "use negative to start from the end of the list");
        return std::nullopt;
      }
      options.from = *rank < 0 ? ListEnd::kTail : ListEnd::kHead;
      options.rank = static_cast<uint64_t>(*rank);
      if (*rank < 0) options.rank = 0 - options.rank;
    } else if (has_value && call.is(i, "count")) {
      const auto count = count_argument(call, i + 1, 0, "ERR COUNT can't be negative");
      if (!count) return std::nullopt;
      options.count = static_cast<uint64_t>(*count);
    } else if (has_value && call.is(i, "maxlen")) {
      const auto length = count_argument(call, i + 1, 0, "ERR MAXLEN can't be negative");
      if (!length) return std::nullopt;
      options.max_length = static_cast<uint64_t>(*length);
    } else {
      call.reply.error(kSyntaxError);
      return std::nullopt;
    }
  }
  return options;
}

// The indices of the matches, at most `most` of them.
std::vector<uint64_t> find_matches(const ListReader& list, std::string_view text,
                                   const PositionOptions& options, uint64_t most) {
  std::vector<uint64_t> matches;
  const listpack::Value value(text);
  const bool forward = options.from == ListEnd::kHead;
  const uint64_t size = list.size();
  uint64_t left = options.rank;
  auto position = *list.seek(forward ? 0 : -1);
  for (uint64_t seen = 0; options.max_length == 0 || seen < options.max_length; ++seen) {
    if (seen > 0 && !(forward ? list.advance(position) : list.retreat(position))) break;
    if (!list.equals(position, text, value)) continue;
    if (left > 1) {
      --left;
      continue;
    }
    matches.push_back(forward ? seen : size - seen - 1);
    if (matches.size() == most) break;
  }
  return matches;
}

void lpos(Call& call) {
  const auto options = parse_options(call);
  if (!options) return;
  const auto entry = read_as(call, call.key(), Type::kList);
  if (!entry) return;
  std::vector<uint64_t> matches;
  if (*entry) {
    const uint64_t count = options->count.value_or(1);
    matches =
        find_matches(ListReader(*entry), call.args[2], *options, count == 0 ? UINT64_MAX : count);
  }
  if (options->count) {
    call.reply.array(matches.size());
  } else if (matches.empty()) {
    call.reply.null();
  }
  for (const uint64_t index : matches) call.reply.integer(static_cast<int64_t>(index));
}

constexpr Binding kBindings[] = {{"lpos", &lpos}};

}  // namespace

std::span<const Binding> list_position_bindings() { return kBindings; }

}  // namespace slotway::backend
