// The dense registers of a HyperLogLog: 6 bits each, from the lowest bit of the first byte up.
//
// Values are whole strings that is_hll_dense(). No state; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "backend/types/hyperloglog.h"

namespace slotway::backend {

uint8_t hll_dense_register(std::string_view value, uint32_t index);
// True if that changed the register.
bool raise_hll_dense(char* value, HllElement element);
void set_hll_dense(char* value, const HllRegisters& registers);
// Raises `registers` to those of the value.
void merge_hll_dense(HllRegisters& registers, std::string_view value);

HllHistogram count_hll_dense(std::string_view value);
HllHistogram count_hll_registers(const HllRegisters& registers);

}  // namespace slotway::backend
