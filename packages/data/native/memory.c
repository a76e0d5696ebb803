// All memory comes from one arena that is emptied before each photograph, so nothing needs to be freed, and nothing
// leaks when an error leaves a decoder half-way.
#include "photograph.h"

#include <jpeglib.h>
#define JPEG_INTERNALS
#include <jmemsys.h>

extern unsigned char __heap_base;
static uintptr_t arena_end;

// 32: libjpeg-turbo's own alignment where it uses vector instructions
void *allocate(size_t bytes) {
  uintptr_t start = (arena_end + 31) & ~(uintptr_t)31;
  if (bytes > UINT32_MAX - 65536 - start) return NULL;
  uintptr_t end = start + bytes;
  size_t pages = __builtin_wasm_memory_size(0);
  size_t wanted = (end + 65535) >> 16;
  if (wanted > pages && __builtin_wasm_memory_grow(0, wanted - pages) == (size_t)-1) return NULL;
  arena_end = end;
  return (void *)start;
}

EXPORT("empty") void empty_arena(void) { arena_end = (uintptr_t)&__heap_base; }

EXPORT("allocate") void *allocate_or_fail(size_t bytes) {
  void *block = allocate(bytes);
  if (!block) fail(FAILED_MEMORY, NULL, NULL);
  return block;
}

__attribute__((no_builtin)) void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
  // not memory.copy: that one costs a call out of the module, and what is copied here is short
  unsigned char *target = to;
  const unsigned char *source = from;
  for (; bytes >= 16; bytes -= 16, target += 16, source += 16)
    wasm_v128_store(target, wasm_v128_load(source));
  while (bytes--) *target++ = *source++;
  return to;
}

__attribute__((no_builtin)) void *memset(void *to, int value, size_t bytes) {
  unsigned char *target = to;
  v128_t all = wasm_i8x16_splat((signed char)value);
  for (; bytes >= 16; bytes -= 16, target += 16) wasm_v128_store(target, all);
  while (bytes--) *target++ = (unsigned char)value;
  return to;
}

void *jpeg_get_small(j_common_ptr jpeg, size_t bytes) { return allocate(bytes); }
void jpeg_free_small(j_common_ptr jpeg, void *block, size_t bytes) {}
void *jpeg_get_large(j_common_ptr jpeg, size_t bytes) { return allocate(bytes); }
void jpeg_free_large(j_common_ptr jpeg, void *block, size_t bytes) {}
size_t jpeg_mem_available(j_common_ptr jpeg, size_t least, size_t most, size_t used) { return most; }
void jpeg_open_backing_store(j_common_ptr jpeg, backing_store_ptr store, long bytes) {
  fail(FAILED_MEMORY, NULL, NULL);
}
long jpeg_mem_init(j_common_ptr jpeg) { return 0; }
void jpeg_mem_term(j_common_ptr jpeg) {}
