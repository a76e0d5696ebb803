import type { EnginePlan, PlanFilter, PlanMap } from './engine-plan.js';
import type { FoldedUnit } from '@dmnn/weights/internal';

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

  /** A new map, in memory that no other map in use has. */
  map(channels: number, sizePx: number): number {
    const size = channels * sizePx * sizePx;
    const slot = this.#slotFor(size);
    this.#free.delete(slot);
    this.#slots[slot] = Math.max(this.#slots[slot] ?? 0, size);
    this.#maps.push({ channels, sizePx, slot });
    return this.#maps.length - 1;
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

  finish(plan: Omit<EnginePlan, 'maps' | 'vectors' | 'tensors'>): EnginePlan {
    return { ...plan, maps: this.#maps, vectors: this.#vectors, tensors: this.#tensors };
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
