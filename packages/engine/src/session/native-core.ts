import { createRequire } from 'node:module';
import { INSTALL_COMMAND } from '../install/locate-engine.js';
import { engineError } from '../errors/engine-error.js';

/** An open engine of the core. */
export interface NativeEngine {
  readonly __engine: never;
}

/** What the core gives for an image. */
export interface NativeOutputs {
  readonly logits: Float32Array;
  /** `[l]`: bit n is gate n of group l. */
  readonly masks: Uint32Array;
  /** Of every gate, group after group. */
  readonly logOdds: Float32Array;
  /** Of each exit that ran, one after the other; empty if exits were left out. */
  readonly exitLogits: Float32Array;
  /** The exit at which the image stopped; the number of exits if it went to the end. */
  readonly stoppedAt: number;
}

/** What `native/addon.cc` exports. It checks what it is given, and throws plain errors. */
export interface NativeCore {
  /** Reads a plan, copies its tensors, starts the threads. */
  open(
    plan: Int32Array,
    tensors: readonly Float32Array[],
    isBfloat16: boolean,
    workers: number,
    threads: number,
  ): NativeEngine;
  /** Takes a copy of the image; first in, first out. `exits`: see `exitNumbers`; undefined: they are left out. */
  run(
    engine: NativeEngine,
    image: Float32Array,
    isChannelsFirst: boolean,
    masks: Uint32Array | undefined,
    leastLogOdds: Float32Array | undefined,
    exits?: Float64Array,
  ): Promise<NativeOutputs>;
  /** Rejects the images that no worker has begun. */
  drop(engine: NativeEngine): void;
  /** Waits for the images that run: to be called when there are none. */
  close(engine: NativeEngine): void;
  /** For each site of the plan how often each magnitude was seen; null where nothing was. */
  observed(engine: NativeEngine): (Float64Array | null)[];
  /** oneDNN's name for the kernel of each convolution and pool, in the order of the plan. */
  implementations(engine: NativeEngine): string[];
  /** Bytes of the filters that have been laid out for the processor: patterns share what lies alike. */
  weightBytes(engine: NativeEngine): number;
  /** Instruction sets as the bits of `dnnl_cpu_isa_t`. */
  processor(): { readonly instructionSet: number; readonly oneDnn: string };
}

const functions = ['open', 'run', 'drop', 'close', 'implementations', 'processor'] as const;

/** Loads the core. @throws DmnnError `DMNN_ENGINE` if this process cannot */
export function loadCore(path: string): NativeCore {
  try {
    const loaded = createRequire(import.meta.url)(path) as Partial<NativeCore>;
    const missing = functions.find((name) => typeof loaded[name] !== 'function');
    if (missing !== undefined) throw new TypeError(`${path} has no function ${missing}`);
    return loaded as NativeCore;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw engineError(`engine: expected a core that loads, got: ${reason}`, `Run: ${INSTALL_COMMAND}`, {
      cause,
    });
  }
}
