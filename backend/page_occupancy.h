// How full the allocator's page around an allocation is: what defragmentation goes by.
//
// mimalloc hands out blocks of one class of size from a page each, of 64 KiB, or 512 KiB for blocks
// from 16 KiB on, and fills one page of a class after another. A page goes back to the system when
// its last block has been freed. What it says of its pages by its own functions takes a walk
// through all of them, so its records are read here, in O(1): their layout is that of version
// 2.0.9, and is compared once with what those functions say.
#pragma once

namespace slotway::backend {

// Whether the records can be read: the program runs on that version, and they agree.
bool page_occupancy_is_known();
// Whether much of the allocation's page is free, and is not the next to be filled: then moving the
// allocation helps. It begins at `memory` and is of the calling thread. Requires
// page_occupancy_is_known().
bool is_in_sparse_page(const void* memory);

}  // namespace slotway::backend
