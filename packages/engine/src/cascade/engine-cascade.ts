import type { ImageLayout, Inference } from '@dmnn/architecture';
import { type CascadeSettings, type CostedStage, answerImage, cascadeInference } from '@dmnn/confidence';
import { closeAfter } from '@dmnn/foundation';
import { engineError } from '../errors/engine-error.js';
import { assertLogits } from '../session/assert-logits.js';
import type { Engine, EngineInference } from '../session/engine.js';
import { type NetworkDescription, macsOf } from '../session/network-description.js';
import type { Precision } from '../session/precision.js';
import { type EngineCascadePart, normalisedFor } from './cascade-parts.js';
import { Turns } from './turns.js';

/**
 * An image for a cascade: normalised as the first network takes it, where all take images of one size; or what gives it as
 * the network of an index takes it, called when that network is to run.
 */
export type CascadeImage = Float32Array | ((part: number) => Float32Array | Promise<Float32Array>);

/** Options of {@link EngineCascade.run}. */
export interface EngineCascadeRunOptions {
  /** @defaultValue 'hwc' */
  readonly layout?: ImageLayout | undefined;
}

/** A stage that an image went through. */
export type EngineCascadeStage = CostedStage;

/**
 * What {@link EngineCascade.run} gives for an image, as a file of `exportCascade` of `@dmnn/onnx` does: `logits` are natural
 * logarithms of the probabilities that answer, `gates` those of all networks, one after the other, closed where the image
 * did not get.
 */
export interface EngineCascadeInference extends Inference {
  /** The stage that answered, from 0. */
  readonly stage: number;
  readonly confidence: number;
  /** `[class]`: what answers. */
  readonly probabilities: Float64Array;
  /** All stages that it went through; the last one answered. */
  readonly stages: readonly EngineCascadeStage[];
}

/** What a cascade takes and gives. */
export interface CascadeDescription {
  /** Of the networks, with `, then ` between them. */
  readonly name: string;
  readonly classes: number;
  /** Of the networks, in their order. */
  readonly parts: readonly NetworkDescription[];
  readonly settings: CascadeSettings;
  /** Multiply–accumulates of the last network, undivided. */
  readonly undividedMacs: number;
}

/** A cascade compiled for this machine. {@link openEngineCascade} opens it; whoever did closes it. */
export interface EngineCascade {
  readonly description: CascadeDescription;
  /** `[part]`: the precision in which each network computes. */
  readonly precisions: readonly Precision[];
  /** `[part]`: why it is this one. */
  readonly precisionReasons: readonly string[];
  /** What computes: `oneDNN 3.2.0`. */
  readonly version: string;
  /**
   * Runs one image: through the next network only if the stages before were not sure enough. Calls may overlap: `workers`
   * images run at a time, others wait in order.
   *
   * @param image - `[H, W, C]` unless `layout` is `'chw'`
   * @throws DmnnError `DMNN_ENGINE` if an image does not fit its network, an option is not valid, a logit is not finite, or
   *   the cascade is closed before its turn; what the function throws that gives the image
   */
  run(image: CascadeImage, options?: EngineCascadeRunOptions): Promise<EngineCascadeInference>;
  /** Frees the networks, when the images that run are done. Those that wait are rejected. */
  close(): Promise<void>;
}

/** Networks that are open, as a cascade. */
export class CompiledCascade implements EngineCascade {
  readonly description: CascadeDescription;
  readonly #engines: readonly Engine[];
  readonly #parts: readonly EngineCascadePart[];
  readonly #turns: Turns;
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** @param engines - of the parts, in their order; closed by `close` */
  constructor(
    engines: readonly Engine[],
    parts: readonly EngineCascadePart[],
    settings: CascadeSettings,
    workers: number,
  ) {
    this.#engines = engines;
    this.#parts = parts;
    this.#turns = new Turns(workers);
    const descriptions = engines.map(({ description }) => description);
    const last = descriptions.at(-1) as NetworkDescription;
    this.description = {
      name: descriptions.map(({ name }) => name).join(', then '),
      classes: last.classes,
      parts: descriptions,
      settings,
      undividedMacs: last.undividedMacs,
    };
  }

  get precisions(): readonly Precision[] {
    return this.#engines.map(({ precision }) => precision);
  }

  get precisionReasons(): readonly string[] {
    return this.#engines.map(({ precisionReason }) => precisionReason);
  }

  get version(): string {
    return this.#engines[0]?.version ?? '';
  }

  async run(image: CascadeImage, options: EngineCascadeRunOptions = {}): Promise<EngineCascadeInference> {
    if (this.#closing) throw closedError();
    const layout = layoutOf(options);
    const imageOf = this.#imageOf(image, layout);
    const turn = this.#turns.run(async () => {
      if (this.#closing) throw closedError();
      const running = this.#answer(imageOf, layout);
      this.#running.add(running);
      return closeAfter(
        () => running,
        () => this.#running.delete(running),
      );
    });
    return turn;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #answer(
    imageOf: (part: number) => Float32Array | Promise<Float32Array>,
    layout: ImageLayout,
  ): Promise<EngineCascadeInference> {
    const { parts, settings } = this.description;
    const answer = await answerImage<EngineInference>(
      this.#engines.map((engine, part) => ({
        exits: engine.description.exits.length,
        run: async (exits) => {
          const output = await engine.run(await imageOf(part), { layout, exits });
          assertLogits(engine.description.name, output.logits, Number.isFinite);
          return output;
        },
      })),
      settings,
    );
    return cascadeInference(
      answer,
      ({ gates, stageLogits }, part) => {
        const description = parts[part] as NetworkDescription;
        if (!stageLogits || description.exits.length === 0) return [macsOf(description, gates, undefined)];
        return stageLogits.map((_, place) => macsOf(description, gates, place));
      },
      parts.map(({ subBlocks }) => subBlocks),
    );
  }

  /** @throws DmnnError `DMNN_ENGINE` */
  #imageOf(image: unknown, layout: ImageLayout): (part: number) => Float32Array | Promise<Float32Array> {
    if (typeof image === 'function') return image as (part: number) => Float32Array;
    const [first, ...others] = this.description.parts as readonly [
      NetworkDescription,
      ...NetworkDescription[],
    ];
    const other = others.find(({ imageSizePx }) => imageSizePx !== first.imageSizePx);
    if (other) {
      throw engineError(
        `image: expected a function, since ${first.name} takes images of ${first.imageSizePx} px and ${other.name} of ${other.imageSizePx}, got one image`,
        'Return the image for each network: run((part) => images[part]).',
      );
    }
    if (!(image instanceof Float32Array)) return () => image as Float32Array; // refused by the first network
    const own = image.slice(); // it may be changed while others run, or wait
    const pixels = first.imageSizePx ** 2;
    const channelOf = (i: number) => (layout === 'hwc' ? i % first.inChannels : Math.floor(i / pixels));
    return (part) => {
      const [from, to] = [this.#parts[0], this.#parts[part]] as [EngineCascadePart, EngineCascadePart];
      return normalisedFor(own, from, to, channelOf);
    };
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#running);
    for (const engine of this.#engines) await engine.close();
  }
}

function layoutOf(options: EngineCascadeRunOptions): ImageLayout {
  const unknown = Object.keys(options).find((key) => key !== 'layout');
  if (unknown !== undefined) throw engineError(`options: expected layout, got '${unknown}'`, 'Leave it out.');
  return options.layout ?? 'hwc';
}

function closedError(): Error {
  return engineError('cascade: expected an open cascade, got a closed one', 'Open another.');
}
