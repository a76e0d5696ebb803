// Runs numbered tasks on all cores: what the kernels share.
#ifndef DMNN_PARALLEL_H_
#define DMNN_PARALLEL_H_

#include <stdint.h>

#include <functional>

namespace dmnn {

// Runs task(0) … task(count - 1), on the calling thread and on as many others as there are cores (or as
// TF_NUM_INTRAOP_THREADS says), and returns when all are done. Which thread runs which task is left open, so that a
// task must write only what is its own.
void parallel_for(int64_t count, const std::function<void(int64_t)>& task);

}  // namespace dmnn

// Compiles a function for several instruction sets, of which the best is chosen when the library is loaded.
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__)
#if __GNUC__ >= 12
#define DMNN_VECTORISED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DMNN_VECTORISED __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#else
#define DMNN_VECTORISED
#endif

#endif  // DMNN_PARALLEL_H_
