import type { NetworkData } from '@dmnn/weights';
import { encodePlan } from '../plan/encode-plan.js';
import type { EnginePlan } from '../plan/engine-plan.js';
import { makePlan } from '../plan/make-plan.js';
import { withFloatSteps } from '../plan/with-float-steps.js';
import type { Quantisation } from '../quantisation/quantisation.js';
import { engineError } from '../errors/engine-error.js';
import { assertMemory } from './memory-need.js';
import type { NativeCore, NativeEngine } from './native-core.js';
import type { Precision } from './precision.js';

/** How an engine is opened. */
export interface OpenSettings {
  readonly workers: number;
  readonly threads: number;
  readonly imageSizePx: number | undefined;
}

/** Channels to which sub-blocks are padded: with bfloat16 it is faster, in float32 slower. */
const BFLOAT16_PADDING = 16;

/** A network in the precisions in which it has been opened. */
export class OpenedPrecisions {
  readonly network: NetworkData;
  readonly settings: OpenSettings;
  readonly #core: NativeCore;
  readonly #opened = new Map<Precision, NativeEngine>();
  #quantisation: Quantisation | undefined;

  constructor(core: NativeCore, network: NetworkData, settings: OpenSettings) {
    this.#core = core;
    this.network = network;
    this.settings = settings;
  }

  /** Says how int8 is to be opened. */
  quantiseBy(quantisation: Quantisation): void {
    this.#quantisation = quantisation;
  }

  /** The network in a precision, opened at its first use. @throws DmnnError `DMNN_ENGINE` */
  in(precision: Precision): NativeEngine {
    const known = this.#opened.get(precision);
    if (known) return known;
    const native = this.#open(precision);
    this.#opened.set(precision, native);
    return native;
  }

  /** The same, to be closed by whoever takes it. */
  taken(precision: Precision): NativeEngine {
    const native = this.in(precision);
    this.#opened.delete(precision);
    return native;
  }

  /** Closes those that have not been taken. */
  close(): void {
    for (const native of this.#opened.values()) this.#core.close(native);
    this.#opened.clear();
  }

  #open(precision: Precision): NativeEngine {
    const { imageSizePx } = this.settings;
    if (precision !== 'int8') {
      const bfloat16 = precision === 'bf16';
      const padding = { padChannelsTo: bfloat16 ? BFLOAT16_PADDING : 1 };
      const plan = makePlan(this.network, { imageSizePx, ...padding, bfloat16Heads: bfloat16 });
      return this.#openPlan(plan, precision);
    }
    const quantisation = this.#quantisation;
    const plan = makePlan(this.network, { imageSizePx, quantisation, bfloat16Heads: true });
    const native = this.#openPlan(plan, precision);
    // what oneDNN has no kernel for in 8 bits takes hundreds of times as long
    const slow = this.#core.implementations(native).flatMap((name, n) => (/^ref\b/.test(name) ? [n] : []));
    if (slow.length === 0) return native;
    this.#core.close(native);
    return this.#openPlan(withFloatSteps(plan, new Set(slow)), precision);
  }

  #openPlan(plan: EnginePlan, precision: Precision): NativeEngine {
    const { workers, threads } = this.settings;
    assertMemory(plan, precision, workers);
    try {
      return this.#core.open(encodePlan(plan), plan.tensors, precision === 'bf16', workers, threads);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw engineError(
        `engine: expected to open ${plan.name}, got: ${reason}`,
        'If memory is short, use fewer workers.',
        { cause },
      );
    }
  }
}
