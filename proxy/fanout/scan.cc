#include "proxy/fanout/scan.h"

#include <charconv>
#include <vector>

#include "proxy/fanout/broadcast.h"
#include "proxy/fanout/reply_cursor.h"
#include "proxy/worker.h"

namespace slotway::proxy {

namespace {

constexpr uint64_t kShardCursors = 1ull << 48;

std::optional<uint64_t> parse_cursor(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Part 0 is "[cursor, [keys]]" of `shard`; when that has come to its end, the next of `shards` is
// due.
bool merge_scan(FanOut& fan_out, uint16_t shard, uint16_t shards, wire::OutputBuffer& out,
                std::string& error) {
  Part& part = fan_out.parts().front();
  ReplyCursor reply(part.reply.contiguous(fan_out.worker().loop().pool()));
  const auto fields = reply.enter_array();
  const auto text = fields == 2 ? reply.string() : std::nullopt;
  const auto cursor = text ? parse_cursor(*text) : std::nullopt;
  if (!cursor || *cursor >= kShardCursors) {
    error = part.source->label() + " sent a cursor that is out of range";
    return false;
  }
  ScanCursor next{shard, *cursor};
  if (next.cursor == 0) {
    next.shard = static_cast<uint16_t>((shard + 1) % shards);
  }
  wire::ReplyWriter writer(out);
  writer.array(2);
  writer.bulk(std::to_string(next.encode()));
  writer.raw(reply.element());
  return true;
}

}  // namespace

std::optional<ScanCursor> ScanCursor::decode(std::string_view text, size_t shards) {
  const auto value = parse_cursor(text);
  if (!value) return std::nullopt;
  const uint64_t shard = *value >> 48;
  if (shard >= shards) return std::nullopt;
  return ScanCursor{static_cast<uint16_t>(shard), *value & (kShardCursors - 1)};
}

Routed scan(Session& session, const wire::Command& command, wire::Args args) {
  Pool& pool = session.pool();
  const auto shard_count = static_cast<uint16_t>(pool.shards().size());
  const auto cursor = ScanCursor::decode(args[1], shard_count);
  if (!cursor) {
    session.reply_error(&command, "ERR invalid cursor");
    return Routed::kDone;
  }
  const Destination destination = find_destination(session, pool.shard(cursor->shard));
  const auto merge = [shard = cursor->shard, shard_count](FanOut& fan_out, wire::OutputBuffer& out,
                                                          std::string& error) {
    return merge_scan(fan_out, shard, shard_count, out, error);
  };
  std::vector<std::string_view> own(args.begin(), args.end());
  const std::string shard_cursor = std::to_string(cursor->cursor);
  own[1] = shard_cursor;
  return to_one_shard(session, command, own, destination, merge);
}

}  // namespace slotway::proxy
