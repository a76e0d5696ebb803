import { NAPI_VERSION } from '@dmnn/native';

/** The release of `@tensorflow/tfjs-node` and `@tensorflow/tfjs-node-gpu` that is built. It is their last. */
export const TFJS_NODE_VERSION = '4.22.0';

/** The folder of one build inside the cache, such as `napi-v8-linux-x64` or `napi-v8-linux-x64-gpu`. */
export function nativeBuildName(gpu: boolean): string {
  return `napi-v${NAPI_VERSION}-${process.platform}-${process.arch}${gpu ? '-gpu' : ''}`;
}
