// What the commands on lists share: their arguments, and taking elements off an end.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "backend/call.h"
#include "backend/types/list_value.h"

namespace slotway::backend {

NodeLimit node_limit(const Call& call);

// Argument `index`: LEFT or RIGHT. Without a value, the error has been answered.
std::optional<ListEnd> end_argument(const Call& call, size_t index);
// Argument `index` as a number from `least` on; `error` is answered for anything else.
std::optional<int64_t> count_argument(const Call& call, size_t index, int64_t least,
                                      std::string_view error);

// Elements [first, first + count) of a list.
struct ListRange {
  uint64_t first;
  uint64_t count;
};
// The elements from `start` to `stop`, both of which may be negative to count from the end, or lie
// outside.
ListRange range_of(int64_t start, int64_t stop, uint64_t size);

// numkeys key [key ...] LEFT|RIGHT [COUNT count]
struct MultiPop {
  size_t first_key;  // index of an argument
  size_t keys;
  ListEnd end;
  int64_t count;
};
// `index` is that of numkeys. Without a value, the error has been answered.
std::optional<MultiPop> parse_multi_pop(const Call& call, size_t index);

// Redis's words for the events.
std::string_view push_event(ListEnd end);
std::string_view pop_event(ListEnd end);
// Removes the key if the list has become empty, and tells of the change.
void elements_removed(const Call& call, const Key& key, Cell& cell, std::string_view event);

// Answers with the element at that end as a bulk, and takes it off.
void pop_one(const Call& call, const Key& key, Cell& cell, ListEnd end);
// The same with an array of `count` elements, or of all if there are less; from that end on.
void pop_many(const Call& call, const Key& key, Cell& cell, ListEnd end, int64_t count);
// Takes elements off the first of the keys that has a list, and answers with the key and them; or
// with the error. False, and nothing has been answered, if none of the keys is there.
bool pop_first(const Call& call, const MultiPop& pop);
// Answers with the elements of a range, which are there.
void reply_range(const Call& call, const ListReader& list, ListRange range);

}  // namespace slotway::backend
