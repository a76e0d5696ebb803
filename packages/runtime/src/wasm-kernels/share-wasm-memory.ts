import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const MEMORY_SECTION = 5;
const SHARED_FLAG = 2;

/** Reads an unsigned LEB128 number: its value and the index of the next byte. */
function readNumber(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] as number;
    value |= (byte & 127) << shift;
    if (byte < 128) return [value, at];
  }
}

/** Sets the flag "shared" of a WebAssembly module's memory, in place. It must have a maximum. */
export function makeMemoryShared(bytes: Uint8Array): void {
  let at = 8; // after the magic number and the version
  while (at < bytes.length) {
    const id = bytes[at];
    const [length, start] = readNumber(bytes, at + 1);
    if (id === MEMORY_SECTION) {
      const [, flags] = readNumber(bytes, start); // after the number of memories
      bytes[flags] = (bytes[flags] as number) | SHARED_FLAG;
      return;
    }
    at = start + length;
  }
}

/** The function of tfjs-backend-wasm that sets the addresses of its binaries. */
type SetWasmPaths = (paths: Record<string, string>, usePlatformFetch: boolean) => void;

/**
 * Makes tfjs-backend-wasm use memory that threads can share, so our kernels can run on several threads. Its own threads work
 * in browsers only. Call it before the backend starts.
 */
export function shareWasmMemory(setWasmPaths: SetWasmPaths): void {
  const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  const bytes = readFileSync(join(dirname(main), 'tfjs-backend-wasm-simd.wasm'));
  makeMemoryShared(bytes);
  const address = `data:application/wasm;base64,${bytes.toString('base64')}`;
  const names = ['tfjs-backend-wasm', 'tfjs-backend-wasm-simd', 'tfjs-backend-wasm-threaded-simd'];
  setWasmPaths(Object.fromEntries(names.map((name) => [`${name}.wasm`, address])), true);
}
