import type { ImageLayout, Inference } from '@dmnn/architecture';
import { imageProblem } from '@dmnn/architecture/internal';
import { closeAfter } from '@dmnn/foundation';
import { engineError } from '../errors/engine-error.js';
import { assertLogits } from './assert-logits.js';
import { type ExitChoice, exitNumbers, stageInference } from '../exits/exit-settings.js';
import { gatesOf, inBlocks, masksOf, openingLogOdds } from './gate-masks.js';
import type { NativeCore, NativeEngine, NativeOutputs } from './native-core.js';
import { type NetworkDescription, macsOf } from './network-description.js';
import type { ChosenPrecision, Precision } from './precision.js';

/** Options of {@link Engine.run}. */
export interface EngineRunOptions {
  /** @defaultValue 'hwc' */
  readonly layout?: ImageLayout | undefined;
  /**
   * Probability from which a gate opens, in [0, 1], as `thresholded` of `@dmnn/gating` decides; that of a budget.
   *
   * @defaultValue the likeliest gates
   */
  readonly threshold?: number | undefined;
  /** `[l][n]`: the gates to take instead of the controllers' own. */
  readonly pattern?: readonly (readonly boolean[])[] | undefined;
  /**
   * For a network with exits: settings that say when an image stops at one, so that what follows does not run; or `'all'`:
   * nothing stops, and the logits of all stages are given.
   *
   * @defaultValue exits do not run: the answer and the cost are those of the network without them
   */
  readonly exits?: ExitChoice | undefined;
}

/**
 * What {@link Engine.run} gives for an image. `logits` are of the exit at which it stopped, or of the head; gates of blocks
 * that it did not reach are closed.
 */
export interface EngineInference extends Inference {
  /**
   * `[l][n]`: on − off of the two logits of each gate, as the controllers of this image saw it, also where a pattern
   * decided; 0 in blocks that it did not reach. Its logistic function is the probability that the gate opens.
   */
  readonly gateLogOdds: readonly (readonly number[])[];
  /** Logits of each stage that ran, in their order; absent if no exits were asked for. */
  readonly stageLogits?: readonly Float32Array[];
  /** `[class]`: what answers; absent without settings for exits. */
  readonly probabilities?: Float64Array;
}

/** A network compiled for this machine. {@link openEngine} opens it; whoever did closes it. */
export interface Engine {
  /** What the network takes and gives, and what it costs. */
  readonly description: NetworkDescription;
  /** The precision in which it computes. */
  readonly precision: Precision;
  /** Why it is this one. */
  readonly precisionReason: string;
  /** What computes: `oneDNN 3.2.0`. */
  readonly version: string;
  /**
   * Runs one image. Calls may overlap: each waits for a free worker, in order.
   *
   * @param image - normalised as for training, `[H, W, C]` unless `layout` is `'chw'`; copied before the call returns
   * @throws DmnnError `DMNN_ENGINE` if the image has the wrong length or a number that is not finite, an option is not
   *   valid, a logit is NaN, or the engine is closed before a worker takes the image
   */
  run(image: Float32Array, options?: EngineRunOptions): Promise<EngineInference>;
  /** Frees the engine, when the images that workers have begun are done. Those that wait are rejected. */
  close(): Promise<void>;
}

/** A network in one precision. */
export class CompiledEngine implements Engine {
  readonly description: NetworkDescription;
  readonly precision: Precision;
  readonly precisionReason: string;
  readonly version: string;
  readonly #core: NativeCore;
  readonly #native: NativeEngine;
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** @param native - closed by `close` */
  constructor(
    core: NativeCore,
    native: NativeEngine,
    description: NetworkDescription,
    { precision, reason }: ChosenPrecision,
  ) {
    this.#core = core;
    this.#native = native;
    this.description = description;
    this.precision = precision;
    this.precisionReason = reason;
    this.version = `oneDNN ${core.processor().oneDnn}`;
  }

  async run(image: Float32Array, options: EngineRunOptions = {}): Promise<EngineInference> {
    if (this.#closing) throw closedError();
    const { subBlocks, name, classes, exits: known } = this.description;
    const { layout = 'hwc', threshold, pattern, exits } = checked(options);
    const problem = imageProblem(image, layout, this.description);
    if (problem) throw engineError(problem.what, problem.remedy);
    const masks = pattern && masksOf(pattern, subBlocks);
    const least =
      threshold === undefined
        ? undefined
        : new Float32Array(subBlocks.length).fill(openingLogOdds(threshold));
    const rule = exits === undefined ? undefined : exitNumbers(exits, known.length, classes);
    const outputs = await this.#outputs(image, layout, { masks, least, rule });
    const { logits, stoppedAt } = outputs;
    const gateLogOdds = inBlocks(outputs.logOdds, subBlocks);
    if (exits === undefined) {
      assertLogits(name, logits, (value) => !Number.isNaN(value));
      const gates = gatesOf(outputs.masks, subBlocks);
      return { logits, gates, macs: macsOf(this.description, gates, undefined), gateLogOdds };
    }
    const stageLogits: Float32Array[] = Array.from({ length: outputs.exitLogits.length / classes }, (_, e) =>
      outputs.exitLogits.slice(e * classes, (e + 1) * classes),
    );
    if (stoppedAt === known.length) stageLogits.push(logits);
    for (const own of stageLogits) assertLogits(name, own, Number.isFinite);
    const reached = known[stoppedAt]?.gatedBlocks ?? subBlocks.length;
    // a pattern has gates for blocks that did not run
    const gates = gatesOf(outputs.masks, subBlocks).map((block, l) =>
      l < reached ? block : block.map(() => false),
    );
    const macs = macsOf(this.description, gates, stoppedAt);
    return { logits, gates, macs, gateLogOdds, ...stageInference(exits, stageLogits) };
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #outputs(
    image: Float32Array,
    layout: ImageLayout,
    { masks, least, rule }: CoreDecision,
  ): Promise<NativeOutputs> {
    try {
      const running = this.#core.run(this.#native, image, layout === 'chw', masks, least, rule);
      this.#running.add(running);
      return await closeAfter(
        () => running,
        () => this.#running.delete(running),
      );
    } catch (cause) {
      if (this.#closing) throw closedError();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw engineError(`engine: could not run the image: ${reason}`, 'See the cause.', { cause });
    }
  }

  async #close(): Promise<void> {
    this.#core.drop(this.#native);
    await Promise.allSettled(this.#running);
    this.#core.close(this.#native);
  }
}

/** What decides about gates and exits, as the core takes it. */
interface CoreDecision {
  readonly masks: Uint32Array | undefined;
  readonly least: Float32Array | undefined;
  readonly rule: Float64Array | undefined;
}

function checked(options: EngineRunOptions): EngineRunOptions {
  const keys = ['layout', 'threshold', 'pattern', 'exits'];
  const unknown = Object.keys(options).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    throw engineError(`options: expected ${keys.join(', ')}, got '${unknown}'`, 'Leave it out.');
  }
  if (options.threshold === undefined || options.pattern === undefined) return options;
  throw engineError(
    'threshold, pattern: expected one of them, got both',
    'A pattern leaves the controllers nothing to decide.',
  );
}

function closedError(): Error {
  return engineError('engine: expected an open engine, got a closed one', 'Open another.');
}
