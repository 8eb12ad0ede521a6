// LCS: the longest common subsequence of two strings, by the table of all prefixes' lengths.

#include <algorithm>
#include <vector>

#include "backend/commands/bindings.h"
#include "backend/types/string_value.h"

namespace slotway::backend {

namespace {

struct Options {
  bool length = false;
  bool indices = false;
  bool with_length = false;
  int64_t least = 0;
};

std::optional<Options> parse_options(const Call& call) {
  Options options;
  for (size_t i = 3; i < call.args.size(); ++i) {
    if (call.is(i, "idx")) {
      options.indices = true;
    } else if (call.is(i, "len")) {
      options.length = true;
    } else if (call.is(i, "withmatchlen")) {
      options.with_length = true;
    } else if (call.is(i, "minmatchlen") && i + 1 < call.args.size()) {
      const auto least = call.integer(++i);
      if (!least) return std::nullopt;
      options.least = std::max<int64_t>(*least, 0);
    } else {
      call.reply.error(kSyntaxError);
      return std::nullopt;
    }
  }
  if (options.length && options.indices) {
    call.reply.error("ERR If you want both the length and indexes, please just use IDX.");
    return std::nullopt;
  }
  return options;
}

// Lengths of the longest common subsequences of all pairs of prefixes.
class LengthTable {
 public:
  LengthTable(std::string_view a, std::string_view b)
      : columns_(b.size() + 1), cells_((a.size() + 1) * columns_) {
    for (size_t i = 1; i <= a.size(); ++i) {
      for (size_t j = 1; j <= b.size(); ++j) {
        cells_[i * columns_ + j] =
            a[i - 1] == b[j - 1] ? at(i - 1, j - 1) + 1 : std::max(at(i - 1, j), at(i, j - 1));
      }
    }
  }
  uint32_t at(size_t i, size_t j) const { return cells_[i * columns_ + j]; }

  static uint64_t bytes(std::string_view a, std::string_view b) {
    return (a.size() + uint64_t{1}) * (b.size() + 1) * sizeof(uint32_t);
  }

 private:
  size_t columns_;
  std::vector<uint32_t> cells_;
};

// A run of bytes that both strings share: both ends belong to it.
struct Match {
  size_t a_first, a_last;
  size_t b_first, b_last;
  int64_t size() const { return static_cast<int64_t>(a_last - a_first + 1); }
};

struct Walk {
  std::string subsequence;
  std::vector<Match> matches;  // from the end of the strings to their begin
};

// Goes back through the table from its last cell.
Walk walk(std::string_view a, std::string_view b, const LengthTable& table) {
  Walk result;
  std::optional<Match> run;
  size_t i = a.size();
  size_t j = b.size();
  const auto finish_run = [&] {
    if (run) result.matches.push_back(*run);
    run.reset();
  };
  while (i > 0 && j > 0) {
    if (a[i - 1] == b[j - 1]) {
      --i;
      --j;
      result.subsequence.push_back(a[i]);
      if (run && (run->a_first != i + 1 || run->b_first != j + 1)) finish_run();
      if (run) {
        run->a_first = i;
        run->b_first = j;
      } else {
        run = Match{i, i, j, j};
      }
    } else {
      finish_run();
      if (table.at(i - 1, j) > table.at(i, j - 1)) {
        --i;
      } else {
        --j;
      }
    }
  }
  finish_run();
  std::reverse(result.subsequence.begin(), result.subsequence.end());
  return result;
}

void reply_matches(const Call& call, const Options& options, std::vector<Match> matches,
                   uint32_t length) {
  std::erase_if(matches, [&](const Match& match) { return match.size() < options.least; });
  wire::ReplyWriter& reply = call.reply;
  const auto reply_range = [&reply](size_t first, size_t last) {
    reply.array(2);
    reply.integer(static_cast<int64_t>(first));
    reply.integer(static_cast<int64_t>(last));
  };
  reply.map(2);
  reply.bulk("matches");
  reply.array(matches.size());
  for (const Match& match : matches) {
    reply.array(options.with_length ? 3 : 2);
    reply_range(match.a_first, match.a_last);
    reply_range(match.b_first, match.b_last);
    if (options.with_length) reply.integer(match.size());
  }
  reply.bulk("len");
  reply.integer(length);
}

void lcs(Call& call) {
  const Entry* const first = call.database().read(call.key(1));
  const Entry* const second = call.database().read(call.key(2));
  for (const Entry* entry : {first, second}) {
    if (entry && entry->type() != Type::kString) {
      return call.reply.error("ERR The specified keys must contain string values");
    }
  }
  const auto options = parse_options(call);
  if (!options) return;
  NumberText first_text;
  NumberText second_text;
  const std::string_view a = first ? string_bytes(first, first_text) : std::string_view();
  const std::string_view b = second ? string_bytes(second, second_text) : std::string_view();
  if (a.size() >= UINT32_MAX - 1 || b.size() >= UINT32_MAX - 1) {
    return call.reply.error("ERR String too long for LCS");
  }
  if (LengthTable::bytes(a, b) > call.store.settings.max_bulk_size) {
    return call.reply.error(
        "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  }
  const LengthTable table(a, b);
  const uint32_t length = table.at(a.size(), b.size());
  if (options->length) return call.reply.integer(length);
  Walk found = walk(a, b, table);
  if (options->indices) {
    return reply_matches(call, *options, std::move(found.matches), length);
  }
  call.reply.bulk(found.subsequence);
}

constexpr Binding kBindings[] = {{"lcs", &lcs}};

}  // namespace

std::span<const Binding> lcs_bindings() { return kBindings; }

}  // namespace slotway::backend
