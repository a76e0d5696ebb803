import { DmnnError } from '@dmnn/foundation';
import { imageDecoder } from '../image-decoder.generated.js';

/** The part of the standard WebAssembly interface that is used here; TypeScript has it only in `lib.dom`. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** The functions that `native/` exports. Pointers are numbers. */
export interface DecoderFunctions {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly __stack_pointer: { value: number };
  readonly empty: () => void;
  readonly allocate: (bytes: number) => number;
  readonly openJpeg: (bytes: number, count: number) => number;
  readonly sampleJpeg: (plan: number, mayScale: number) => void;
  readonly samplePixels: (plan: number, pixels: number, width: number, height: number) => void;
}

/** Why the module failed: the numbers of `native/photograph.h`. */
const reasons = ['damaged', 'memory', 'truncated', 'kind'] as const;

/** Thrown through the WebAssembly module, because a decoder cannot return from nested calls. */
export class DecoderFailure extends Error {
  override readonly name = 'DecoderFailure';
  readonly reason: (typeof reasons)[number];

  constructor(reason: (typeof reasons)[number], message: string) {
    super(message);
    this.reason = reason;
  }
}

let functions: DecoderFunctions | undefined;

/** The decoder, started at the first call: one per thread, decoding one image at a time. */
function decoderFunctions(): DecoderFunctions {
  if (functions) return functions;
  const fail = (reason: number, format: number, parameters: number): never => {
    const memory = new DataView(started.memory.buffer);
    throw new DecoderFailure(
      reasons[reason] ?? 'damaged',
      format === 0 ? '' : messageOf(memory, format, parameters),
    );
  };
  const started = startedDecoder(fail);
  functions = started;
  return started;
}

function startedDecoder(
  fail: (reason: number, format: number, parameters: number) => never,
): DecoderFunctions {
  try {
    const module = new WebAssembly.Module(Buffer.from(imageDecoder, 'base64'));
    return new WebAssembly.Instance(module, { env: { fail } }).exports as DecoderFunctions;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DmnnError(
      'DMNN_DECODING',
      `decoding: expected room for WebAssembly's memory, which reserves about 10 GB of addresses, got none (${error.message}). Raise the limit: ulimit -v unlimited.`,
      { cause: error },
    );
  }
}

/**
 * Runs `work` with the decoder's memory empty.
 *
 * @throws DecoderFailure, after which the decoder can be used again.
 */
export function withDecoderModule<Result>(work: (module: DecoderFunctions) => Result): Result {
  const module = decoderFunctions();
  const stack = module.__stack_pointer.value;
  module.empty();
  try {
    return work(module);
  } catch (error) {
    module.__stack_pointer.value = stack; // the exception skipped the ends of the functions
    throw error;
  }
}

/** A message of libjpeg: a printf format with eight integers or one string. */
function messageOf(memory: DataView, format: number, parameters: number): string {
  let next = 0;
  return textAt(memory, format).replace(/%(0?\d*)l?([dusxXc])/g, (_, width: string, kind: string) => {
    if (kind === 's') return textAt(memory, parameters);
    const value = memory.getInt32(parameters + 4 * next++, true);
    if (kind === 'c') return String.fromCharCode(value);
    const text = kind.toLowerCase() === 'x' ? (value >>> 0).toString(16) : String(value);
    return width.startsWith('0') ? text.padStart(Number(width), '0') : text;
  });
}

function textAt(memory: DataView, at: number): string {
  let text = '';
  for (let i = at; i < memory.byteLength && memory.getUint8(i) !== 0; i++) {
    text += String.fromCharCode(memory.getUint8(i));
  }
  return text;
}
