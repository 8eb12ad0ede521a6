#include "proxy/scripts/script_calls.h"

#include "proxy/request_encoding.h"

namespace slotway::proxy {

bool ScriptCalls::is_loaded(const wire::Sha1& digest, uint64_t clears) {
  if (loaded_since_ != clears) {
    loaded_.clear();
    loaded_since_ = clears;
  }
  return loaded_.contains(digest);
}

void ScriptCalls::note_loaded(const wire::Sha1& digest) {
  if (loaded_.size() >= kMaxLoaded) loaded_.clear();
  loaded_.insert(digest);
}

void ScriptCalls::keep(uint64_t number, const wire::Sha1& digest, const wire::Request& request,
                       const wire::BlockRef& block) {
  const size_t before = bytes_.size();
  if (before + request.raw.size() > kMaxKept) return;
  if (request.is_inline) {
    encode_request(bytes_, request.args);
  } else {
    bytes_.append(block, request.raw);
  }
  calls_.push_back({number, bytes_.size() - before, digest});
}

void ScriptCalls::drop_before(uint64_t number) {
  while (!calls_.empty() && calls_.front().number < number) {
    bytes_.consume(calls_.front().size);
    calls_.pop_front();
  }
}

const wire::Sha1* ScriptCalls::find(uint64_t number) {
  drop_before(number);
  return calls_.empty() || calls_.front().number != number ? nullptr : &calls_.front().digest;
}

void ScriptCalls::repeat(wire::OutputBuffer& out) {
  size_t left = calls_.front().size;
  for (const wire::BlockRange& range : bytes_.ranges()) {
    const std::string_view piece = range.view().substr(0, left);
    out.append(range.block, piece);
    left -= piece.size();
    if (left == 0) break;
  }
  drop_before(calls_.front().number + 1);
}

}  // namespace slotway::proxy
