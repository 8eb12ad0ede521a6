// Relocation: gives allocations another place in memory, those that a rule says stand badly.
//
// What moves is copied byte by byte: nothing may point into it but what its owner puts right. The
// owners of the pointers do the rest, each for its own structure: `relocate` and the like. Memory
// that cannot be had is no error, whatever it is for: then the allocation stays, and nothing
// throws.
//
// Work is done in steps, between which others have the thread. As copying costs by the byte,
// whoever moves several allocations asks after each whether the step is full. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace slotway::backend {

class Relocation {
 public:
  // Whether an allocation is to move. In defragmentation: whether its page is sparse.
  using Rule = bool (*)(const void* memory);

  // From so many bytes on a step is full: some 20 microseconds. The allocator has no pages of
  // blocks above 128 KiB, so that nothing larger ever stands badly.
  static constexpr size_t kBytesInAStep = 64 << 10;

  explicit Relocation(Rule rule) : rule_(rule) {}

  // A copy of an allocation of `size` bytes, or null if that stays. The caller puts the copy in its
  // place and gives the old one back.
  template <typename T>
  T* copy(const T* memory, size_t size) {
    return static_cast<T*>(copied(memory, size, &std::malloc));
  }
  // Both at once, for an allocation that only `pointer` points to. Whether it has moved.
  template <typename T>
  bool move(T*& pointer, size_t size) {
    T* const fresh = copy(pointer, size);
    if (!fresh) return false;
    std::free(pointer);
    pointer = fresh;
    return true;
  }
  // The same for what came from `new`.
  template <typename T>
  bool move_object(T*& pointer) {
    const auto allocate = [](size_t size) { return ::operator new(size, std::nothrow); };
    void* const fresh = copied(pointer, sizeof(T), allocate);
    if (!fresh) return false;
    ::operator delete(static_cast<void*>(pointer));
    pointer = static_cast<T*>(fresh);
    return true;
  }

  void begin_step() { step_bytes_ = 0; }
  bool step_is_full() const { return step_bytes_ >= kBytesInAStep; }
  // What has been moved in this step.
  size_t step_bytes() const { return step_bytes_; }

  // Allocations that have moved, and that were looked at and have not.
  uint64_t moved() const { return moved_; }
  uint64_t stayed() const { return stayed_; }

 private:
  template <typename Allocate>
  void* copied(const void* memory, size_t size, Allocate&& allocate) {
    void* const fresh = rule_(memory) ? allocate(size) : nullptr;
    if (!fresh) {
      ++stayed_;
      return nullptr;
    }
    ++moved_;
    step_bytes_ += size;
    return std::memcpy(fresh, memory, size);
  }

  Rule rule_;
  size_t step_bytes_ = 0;
  uint64_t moved_ = 0;
  uint64_t stayed_ = 0;
};

}  // namespace slotway::backend
