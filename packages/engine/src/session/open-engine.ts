import { validateArchitecture } from '@dmnn/architecture';
import { closeAfter } from '@dmnn/foundation';
import type { NetworkData } from '@dmnn/weights';
import { encodePlan } from '../plan/encode-plan.js';
import { makePlan } from '../plan/make-plan.js';
import { CompiledEngine, type Engine } from './engine.js';
import { engineError } from './engine-error.js';
import { locatedCore } from './located-core.js';
import { assertMemory } from './memory-need.js';
import type { NativeCore, NativeEngine } from './native-core.js';
import { networkDescription } from './network-description.js';
import { type Precision, type PrecisionChoice, assertPrecision, chosenPrecision } from './precision.js';

/** Options of {@link openEngine}. */
export interface EngineOptions {
  /**
   * `'f32'`; `'bf16'` where the processor has instructions for bfloat16, otherwise float32; `'auto'`: bfloat16 if it
   * takes less time, which is measured when the engine opens.
   *
   * @defaultValue 'auto'
   */
  readonly precision?: PrecisionChoice | undefined;
  /** Images that run side by side, each on a thread of its own, over the same weights. @defaultValue 1 */
  readonly workers?: number | undefined;
  /** Threads that share the work of one image. @defaultValue 1 */
  readonly threads?: number | undefined;
  /** Side of the square image, in pixels. @defaultValue that of the architecture */
  readonly imageSizePx?: number | undefined;
  /** Where `installEngine` puts builds. @defaultValue `nativeCacheDirectory()` of `@dmnn/native` */
  readonly cacheDirectory?: string | undefined;
}

/** Most workers, and most threads of one. */
const MOST_THREADS = 1024;

/** oneDNN's bits of a processor that computes with bfloat16. */
const BFLOAT16 = 0xe7;

/** Channels to which sub-blocks are padded: in bfloat16 it is faster, in float32 slower. */
const padding: Readonly<Record<Precision, number>> = { f32: 1, bf16: 16 };

/**
 * Compiles a network for this machine: convolutions by oneDNN, without a tensor library, and nothing for a closed
 * sub-block.
 *
 * @param network - its weights are copied
 * @throws DmnnError `DMNN_ENGINE` if the engine is not installed, cannot be loaded or has too little memory, or an option
 *   is not valid; ArchitectureError, WeightsError if the network is not
 */
export async function openEngine(network: NetworkData, options: EngineOptions = {}): Promise<Engine> {
  const settings = checkedOptions(options);
  return openOn(locatedCore(options.cacheDirectory), network, settings);
}

/**
 * {@link openEngine} on a core.
 *
 * @param core - checked options only
 */
export async function openOn(
  core: NativeCore,
  { architecture, weights }: NetworkData,
  { precision, workers, threads, imageSizePx }: CheckedOptions,
): Promise<Engine> {
  const valid = validateArchitecture(architecture);
  const description = networkDescription(valid, imageSizePx ?? valid.imageSizePx);
  const opened = new Map<Precision, NativeEngine>();
  const open = (taken: Precision): NativeEngine => {
    const plan = makePlan({ architecture: valid, weights }, { imageSizePx, padChannelsTo: padding[taken] });
    assertMemory(plan, taken, workers);
    const native = openNative(valid.name, () =>
      core.open(encodePlan(plan), plan.tensors, taken === 'bf16', workers, threads),
    );
    opened.set(taken, native);
    return native;
  };
  return closeAfter(
    async () => {
      const hasBfloat16 = (core.processor().instructionSet & BFLOAT16) === BFLOAT16;
      const chosen = await chosenPrecision(precision, hasBfloat16, (taken) => {
        const native = open(taken);
        const image = new Float32Array(description.inChannels * description.imageSizePx ** 2).fill(0.5);
        return { run: () => core.run(native, image, false, undefined, undefined) };
      });
      const native = opened.get(chosen.precision) ?? open(chosen.precision);
      opened.delete(chosen.precision);
      return new CompiledEngine(core, native, description, chosen);
    },
    () => {
      for (const other of opened.values()) core.close(other);
    },
  );
}

/** @throws DmnnError `DMNN_ENGINE` */
function openNative(name: string, open: () => NativeEngine): NativeEngine {
  try {
    return open();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw engineError(
      `engine: expected to open ${name}, got: ${reason}`,
      'If memory is short, use fewer workers.',
      { cause },
    );
  }
}

/** @throws DmnnError `DMNN_ENGINE` */
export function checkedOptions(options: EngineOptions): CheckedOptions {
  const keys = ['precision', 'workers', 'threads', 'imageSizePx', 'cacheDirectory'];
  const unknown = Object.keys(options).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    throw engineError(`options: expected ${keys.join(', ')}, got '${unknown}'`, 'Leave it out.');
  }
  const { precision = 'auto', workers = 1, threads = 1, imageSizePx } = options;
  assertPrecision(precision);
  for (const [key, value] of Object.entries({ workers, threads })) {
    if (Number.isSafeInteger(value) && value >= 1 && value <= MOST_THREADS) continue;
    throw engineError(
      `${key}: expected a whole number from 1 to ${MOST_THREADS}, got ${String(value)}`,
      'One for each processor gives the most images a second.',
    );
  }
  return { precision, workers, threads, imageSizePx };
}

/** Options that hold. */
interface CheckedOptions {
  readonly precision: PrecisionChoice;
  readonly workers: number;
  readonly threads: number;
  readonly imageSizePx: number | undefined;
}
