#include "arena.h"

#include <algorithm>
#include <cstring>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace dmnn {
namespace {

constexpr size_t kLine = 64;
constexpr size_t kPage = size_t{2} << 20;
constexpr size_t kBlock = 4 * kPage;  // what is not used of it takes no memory

size_t RoundedUp(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

}  // namespace

void* Arena::Take(size_t bytes) {
  const size_t taken = RoundedUp(std::max<size_t>(bytes, 1), kLine);
  if (taken > left_) {
    const size_t size = RoundedUp(std::max(taken, kBlock), kPage);
    void* block = nullptr;
    blocks_.reserve(blocks_.size() + 1);
    if (posix_memalign(&block, kPage, size) != 0) throw std::bad_alloc();
    blocks_.emplace_back(block);
#ifdef __linux__
    madvise(block, size, MADV_HUGEPAGE);  // where it is not heeded, pages are small
#endif
    next_ = static_cast<char*>(block);
    left_ = size;
  }
  void* piece = next_;
  std::memset(piece, 0, taken);
  next_ += taken;
  left_ -= taken;
  return piece;
}

}  // namespace dmnn
