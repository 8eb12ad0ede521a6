// Defragmenter: one pass over all that the databases hold, which moves what stands in sparse pages
// of the allocator, so that those pages become empty and go back to the system.
//
// The allocator fills one page after another, so what moves goes where others have left holes: the
// memory in use does not grow meanwhile. In steps of a few entries, or of a part of a large value,
// and of not many bytes, between which commands run: no address of an entry or a value may be kept
// from one turn of the loop to the next. One thread, the engine's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend/engine/engine.h"
#include "backend/engine/relocation.h"

namespace slotway::backend {

class Defragmenter {
 public:
  // `is_sparse` tells of an allocation whether its page is. The engine must outlive this.
  Defragmenter(Engine& engine, Relocation::Rule is_sparse)
      : engine_(engine), relocation_(is_sparse) {}

  // From the beginning.
  void start();
  void stop();
  bool is_running() const { return is_running_; }
  // Goes on until enough(), which is asked after every step, or until the end of the pass.
  template <typename Enough>
  void work(Enough&& enough) {
    while (is_running_ && !enough()) step();
  }

  // All passes together: allocations, and keys by whether anything of them has moved.
  const Relocation& relocation() const { return relocation_; }
  uint64_t keys_moved() const { return keys_moved_; }
  uint64_t keys_stayed() const { return keys_stayed_; }

 private:
  // A value that takes several steps. It is looked up again at each: it may have gone.
  struct Large {
    uint32_t database;
    std::string key;
    uint64_t position;
    bool moved;
  };

  void step();
  void step_large();
  void visit(Entry* entry, bool moved);
  // To go on with it in steps of its own. False if it stays.
  bool remember(const Entry* entry, bool moved);
  void count_key(bool moved) { ++(moved ? keys_moved_ : keys_stayed_); }
  // A part of the entry's value, which is a reference; `moved` becomes true if anything has.
  uint64_t relocate_value(Entry* entry, uint64_t position, bool& moved);

  Engine& engine_;
  Relocation relocation_;
  bool is_running_ = false;
  uint32_t database_ = 0;
  uint64_t position_ = 0;     // in it
  std::vector<Large> large_;  // of the leaf that was last
  uint64_t keys_moved_ = 0;
  uint64_t keys_stayed_ = 0;
};

}  // namespace slotway::backend
