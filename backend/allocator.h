// Which allocator the process runs on, and what it can be asked. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace slotway::backend {

// "mimalloc", "libc".
const char* allocator_name();
// What it says about itself, in lines.
std::string allocator_report();
// Bytes of what the calling thread has allocated and not freed, in the allocator's classes of size.
// Goes through all of its pages: some milliseconds for each ten gigabytes. Nothing if the allocator
// cannot tell.
std::optional<uint64_t> allocated_bytes();
// Has it give back to the system what it holds unused.
void give_back_memory();
// Whether each page goes back to the system as soon as it is unused. If not, which is how it
// begins, mimalloc waits for more and gives up to 32 MiB back at once: that saves page faults, and
// takes up to four milliseconds.
void give_back_at_once(bool at_once);

}  // namespace slotway::backend
