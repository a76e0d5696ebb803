/** Indices in the memory that controls the threads, in 32-bit words. */
export const control = {
  /** Generation << 16 | number of jobs << 8 | next job: claimed by compare-and-exchange. */
  state: 0,
  /** Jobs of this generation that are done. */
  done: 1,
  /** Index of the function. */
  operation: 2,
  /** Which argument is scratch memory, or −1; each thread adds its own share. */
  scratchArgument: 3,
  /** Bytes of scratch memory for each thread. */
  scratchBytes: 4,
  /** Set by a thread whose job failed. */
  failed: 5,
  words: 8,
  /** Numbers per job, at most. */
  argumentsPerJob: 24,
  /** Jobs per generation, at most. */
  maxJobs: 64,
} as const;

/** The next job of the current generation; −1 if all are claimed. */
export function claimJob(words: Int32Array): number {
  for (;;) {
    const state = Atomics.load(words, control.state);
    const next = state & 255;
    if (next >= ((state >> 8) & 255)) return -1;
    if (Atomics.compareExchange(words, control.state, state, state + 1) === state) return next;
  }
}

/**
 * The program of a thread, as text, because in tests Node cannot run a package's TypeScript sources: it claims jobs like
 * {@link claimJob}, and sleeps until the state changes when there are none.
 */
export function wasmWorkerSource(): string {
  return `
const { module, memory, shared, names, index } = require('node:worker_threads').workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
const words = new Int32Array(shared, 0, ${control.words});
const numbers = new Float64Array(shared, ${control.words * 4});
for (;;) {
  const state = Atomics.load(words, ${control.state});
  const next = state & 255;
  if (next >= ((state >> 8) & 255)) {
    Atomics.wait(words, ${control.state}, state);
    continue;
  }
  if (Atomics.compareExchange(words, ${control.state}, state, state + 1) !== state) continue;
  const start = next * ${control.argumentsPerJob};
  const args = numbers.slice(start, start + ${control.argumentsPerJob});
  const at = words[${control.scratchArgument}];
  if (at >= 0) args[at] += index * (words[${control.scratchBytes}] >>> 0);
  try {
    exports[names[words[${control.operation}]]](...args);
  } catch {
    Atomics.store(words, ${control.failed}, 1);
  }
  Atomics.add(words, ${control.done}, 1);
  Atomics.notify(words, ${control.done});
}
`;
}
