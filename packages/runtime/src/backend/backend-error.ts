import { DmnnError } from '@dmnn/foundation';

/** No usable backend, missing gradients, or several copies of tfjs-core. The message has the remedy. */
export function backendError(message: string, options?: { readonly cause?: unknown }): DmnnError {
  return new DmnnError('DMNN_BACKEND', message, options);
}

/** No room in WebAssembly's memory. @param what - such as `a tensor of shape [3]` */
export function noWasmRoom(what: string): Error {
  return backendError(
    `wasm memory: no room for ${what}; WebAssembly has 4 GiB. Use a smaller batch (batchSize), or the native backend (dmnn backend install).`,
  );
}
