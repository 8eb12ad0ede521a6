// Which allocator the process runs on, and what it can be asked. Any thread.
#pragma once

#include <string>

namespace slotway::backend {

// "mimalloc", "libc".
const char* allocator_name();
// What it says about itself, in lines.
std::string allocator_report();
// Has it give back to the system what it holds unused.
void give_back_memory();

}  // namespace slotway::backend
