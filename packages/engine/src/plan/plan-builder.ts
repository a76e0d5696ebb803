import type { EnginePlan, ObserveStep, PlanFilter, PlanMap, QuantisedNumbers } from './engine-plan.js';
import type { FoldedUnit } from '@dmnn/weights/internal';
import { engineError } from '../errors/engine-error.js';

/** What a map holds, which decides how 8 bits keep it. */
export interface MapContents {
  /** Where its numbers are observed: the paths of units, whose channels lie side by side, or of a block. */
  readonly sites: readonly string[];
  /** Whether its numbers may be negative. */
  readonly signed: boolean;
}

/** What plans of 8 bits need. */
export type PlanPurpose =
  /** Numbers of the engine's precision throughout. */
  | { readonly kind: 'float' }
  /** The same, arranged as for 8 bits; ranges are observed. */
  | { readonly kind: 'observing' }
  /** Maps are quantised. `ranges`: the largest magnitude of each site. */
  | { readonly kind: 'quantised'; readonly ranges: ReadonlyMap<string, number> };

/** The smallest float32 with all its bits. */
const LEAST_SCALE = 2 ** -126;

/**
 * Collects the maps, vectors and tensors of a plan.
 *
 * Memory is planned while steps are made, in the order in which they will run: a map takes a slot that is free at that
 * point, and gives it back when it is released. Alternatives, of which only one runs, may take the same slots.
 */
export class PlanBuilder {
  readonly #maps: PlanMap[] = [];
  readonly #vectors: number[] = [];
  readonly #tensors: Float32Array[] = [];
  /** Tensors by the array that they hold: patterns share the weights of their sub-blocks. */
  readonly #indices = new Map<Float32Array, number>();
  /** Numbers that each slot holds. */
  readonly #slots: number[] = [];
  readonly #free = new Set<number>();
  readonly #sites: string[] = [];
  readonly #purpose: PlanPurpose;
  /** Whether large linear layers of heads keep their weights in bfloat16. */
  readonly hasBfloat16Heads: boolean;

  constructor(purpose: PlanPurpose, hasBfloat16Heads = false) {
    this.#purpose = purpose;
    this.hasBfloat16Heads = hasBfloat16Heads;
  }

  /** Whether sums are arranged so that 8 bits can keep them. */
  get isForWholeNumbers(): boolean {
    return this.#purpose.kind !== 'float';
  }

  /**
   * A new map, in memory that no other map in use has.
   *
   * @param contents - undefined: it is never quantised
   */
  map(channels: number, sizePx: number, contents?: MapContents): number {
    const size = channels * sizePx * sizePx;
    const slot = this.#slotFor(size);
    this.#free.delete(slot);
    this.#slots[slot] = Math.max(this.#slots[slot] ?? 0, size);
    this.#maps.push({ channels, sizePx, slot, quantised: this.#quantised(contents) });
    return this.#maps.length - 1;
  }

  /** Another map in the memory of one, with other contents at another time. */
  sharing(map: number, contents: MapContents): number {
    this.#maps.push({ ...this.mapAt(map), quantised: this.#quantised(contents) });
    return this.#maps.length - 1;
  }

  /** Steps that observe a map, if the plan is to. */
  observing(map: number, { sites }: MapContents): ObserveStep[] {
    if (this.#purpose.kind !== 'observing') return [];
    const channels = this.mapAt(map).channels / sites.length;
    return sites.map((name, n) => {
      if (!this.#sites.includes(name)) this.#sites.push(name);
      const site = this.#sites.indexOf(name);
      return { kind: 'observe', from: map, firstChannel: n * channels, channels, site };
    });
  }

  /** Says that a map is not read any more: maps that are made from here on may use its memory. */
  release(map: number): void {
    this.#free.add(this.mapAt(map).slot);
  }

  mapAt(map: number): PlanMap {
    return this.#maps[map] as PlanMap;
  }

  vector(length: number): number {
    this.#vectors.push(length);
    return this.#vectors.length - 1;
  }

  tensor(numbers: Float32Array): number {
    const known = this.#indices.get(numbers);
    if (known !== undefined) return known;
    this.#tensors.push(numbers);
    this.#indices.set(numbers, this.#tensors.length - 1);
    return this.#tensors.length - 1;
  }

  /** The filter of units that run as one convolution; a unit alone is its own filter. */
  filter(units: readonly FoldedUnit[], join: PlanFilter['join']): PlanFilter {
    const { kernelSize, inChannels, outChannels, groups } = units[0] as FoldedUnit;
    return {
      weights: units.map(({ weight }) => this.tensor(weight)),
      biases: units.map(({ bias }) => this.tensor(bias)),
      join,
      kernelSize,
      inChannels,
      outChannels,
      groups,
    };
  }

  finish(plan: Omit<EnginePlan, 'maps' | 'vectors' | 'tensors' | 'sites'>): EnginePlan {
    return {
      ...plan,
      maps: this.#maps,
      vectors: this.#vectors,
      tensors: this.#tensors,
      sites: this.#sites,
    };
  }

  /** One scale for all sites of a map. */
  #quantised(contents: MapContents | undefined): QuantisedNumbers | undefined {
    const purpose = this.#purpose;
    if (contents === undefined || purpose.kind !== 'quantised') return undefined;
    const ranges = contents.sites.map((site) => {
      const range = purpose.ranges.get(site);
      if (range !== undefined) return range;
      throw engineError(
        `quantisation: expected the range of ${site}, got none`,
        'Quantise this network again.',
      );
    });
    const { signed } = contents;
    const scale = Math.fround(Math.max(...ranges) / (signed ? 127 : 255));
    // where everything is 0, or as good as that, any scale will do
    return { signed, scale: scale >= LEAST_SCALE ? scale : 1 };
  }

  /** The free slot that wastes least: the smallest that is large enough, or else the largest; or a new one. */
  #slotFor(size: number): number {
    let best: number | undefined;
    for (const slot of this.#free) {
      const [held, bestHeld] = [this.#slots[slot] as number, this.#slots[best ?? slot] as number];
      const fits = held >= size;
      const better = bestHeld >= size ? fits && held < bestHeld : held > bestHeld;
      if (best === undefined || better) best = slot;
    }
    return best ?? this.#slots.length;
  }
}
