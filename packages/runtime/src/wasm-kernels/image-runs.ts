import type { WasmPool } from './wasm-pool.js';

/** Neighbouring images of a batch. */
export interface ImageRun {
  readonly first: number;
  readonly images: number;
}

/** Splits a batch into `parts` runs of images, as equal as possible. */
export function runsOf(batch: number, parts: number): ImageRun[] {
  return Array.from({ length: parts }, (_, p) => {
    const first = Math.floor((p * batch) / parts);
    return { first, images: Math.floor(((p + 1) * batch) / parts) - first };
  });
}

/** Splits a batch so that all threads get some images, and none waits long for the slowest. */
export function runsForThreads(batch: number, pool: WasmPool): ImageRun[] {
  return runsOf(batch, pool.threads === 1 ? 1 : Math.min(batch, 4 * pool.threads, 64));
}
