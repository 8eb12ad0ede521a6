// resp2_form: a reply of RESP3 as RESP2 has it.
#pragma once

#include <string>
#include <string_view>

namespace slotway::proxy {

// `reply` is a whole reply that the framer has checked, without attributes. Each element becomes
// what a server of Redis 7 answers to a client of RESP2 that asks for the same: a map the array of
// its keys and values, a double its digits, a null the null bulk, or with `null_arrays` the null
// array; members with their scores, pairs in RESP3, one flat array.
std::string resp2_form(std::string_view reply, bool null_arrays = false);

}  // namespace slotway::proxy
