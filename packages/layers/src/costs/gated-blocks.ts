import type { FlopsTable } from '@dmnn/flops';
import {
  type CountedCall,
  type CountedCalls,
  type CountLayersModelOptions,
  type LayersModelLike,
  type TensorSource,
  countLayerCalls,
} from '@dmnn/flops/layers-model';
import { GatedSum } from '../gates/gated-sum.js';
import { layersError } from '../layers-error.js';

/** A block of a model whose paths have gates. */
interface GatedBlock {
  /** Name of its `gatedSum`, preceded by those of the enclosing models. */
  readonly name: string;
  /** The layer that adds its paths. */
  readonly sum: GatedSum;
}

/** The gated blocks of a model in execution order, and what they cost. */
export interface BlockCosts {
  readonly blocks: readonly GatedBlock[];
  /** Costs of one image, as `flopsTable` of `@dmnn/flops` has them for an architecture. */
  readonly table: FlopsTable;
  /** Layers of unknown cost, which are not in the table: `Lambda2 (crop)`. */
  readonly unknown: readonly string[];
}

/**
 * Finds the gated blocks of a model and counts them. A layer that runs only for one path is that sub-block's cost; one
 * that runs only for gates is their controller's; all others are fixed.
 *
 * @throws DmnnError `DMNN_LAYERS` if the model has no `gatedSum`, or calls one twice. Errors of `countLayersModel`.
 */
export function blockCosts(model: LayersModelLike, options?: CountLayersModelOptions): BlockCosts {
  const counted = countLayerCalls(model, {
    ...options,
    counters: { ...ownCounters, ...options?.counters },
  });
  const { calls } = counted;
  const sums = calls.flatMap(({ layer }, at) => (layer instanceof GatedSum ? [{ at, layer }] : []));
  if (sums.length === 0) {
    throw layersError('model', 'at least one gatedSum layer', 'none', 'Build the blocks with gatedSum().');
  }
  const twice = sums.find(({ layer }, i) => sums.findIndex((other) => other.layer === layer) < i);
  if (twice) {
    throw layersError(
      'model',
      'one call of each gatedSum',
      `two of ${twice.layer.name}`,
      'Create a gatedSum() for each block.',
    );
  }
  const costs = new Costs(counted);
  const full = costs.live();
  const gatesAlone = sums.map(({ at }) => costs.without(full, [at, 1]));
  const seen = new Set<number>();
  const table = {
    fixedMacs: 0,
    controllerMacs: gatesAlone.map((only) => costs.sum(only, seen)),
    subBlockMacs: sums.map(({ at }) =>
      (calls[at]?.sources.slice(2) ?? []).map((_, n) => costs.sum(costs.without(full, [at, n + 2]), seen)),
    ),
  };
  table.fixedMacs = costs.sum(full, seen);
  return {
    blocks: sums.map(({ at, layer }) => ({ name: (calls[at] as CountedCall).path, sum: layer })),
    table,
    unknown: calls
      .filter(({ macs }) => macs === undefined)
      .map(({ className, path }) => `${className} (${path})`),
  };
}

const volume = (shape: readonly number[] = []): number => shape.reduce((product, size) => product * size, 1);

/** What this package's layers cost: matrix products of gates; a product and a sum for each path. */
export const ownCounters: CountLayersModelOptions['counters'] = {
  GumbelGate: ({ weightShapes, inputShapes }) => ({
    macs: volume(weightShapes[0]) + volume(weightShapes[1]),
    activationOperations: volume(inputShapes[0]),
  }),
  GatedSum: ({ inputShapes }) => ({
    activationOperations: 2 * (inputShapes.length - 2) * volume(inputShapes[0]),
  }),
  BoundedReLU: ({ inputShapes }) => ({ activationOperations: 2 * volume(inputShapes[0]) }),
  Normalization: ({ inputShapes }) => ({ activationOperations: 2 * volume(inputShapes[0]) }),
  PooledMean: ({ inputShapes }) => ({ activationOperations: volume(inputShapes[0]) }),
  Subtract: ({ inputShapes }) => ({ activationOperations: volume(inputShapes[0]) }),
};

class Costs {
  readonly #calls: readonly CountedCall[];
  readonly #outputs: readonly TensorSource[];

  constructor({ calls, outputs }: CountedCalls) {
    this.#calls = calls;
    this.#outputs = outputs;
  }

  /** The calls that lead to an output, without one input of one call: `[call, input]`. */
  live(without?: readonly [number, number]): Set<number> {
    const found = new Set<number>();
    const open = this.#outputs.flatMap(callIn);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (found.has(at)) continue;
      found.add(at);
      const sources = this.#calls[at]?.sources ?? [];
      sources.forEach((source, input) => {
        if (without?.[0] !== at || without[1] !== input) open.push(...callIn(source));
      });
    }
    return found;
  }

  /** The calls that run only for that input of that call. */
  without(full: ReadonlySet<number>, input: readonly [number, number]): number[] {
    const live = this.live(input);
    return [...full].filter((at) => !live.has(at));
  }

  /** MACs of calls that are not counted yet. */
  sum(calls: Iterable<number>, seen: Set<number>): number {
    let macs = 0;
    for (const at of calls) {
      if (seen.has(at)) continue;
      seen.add(at);
      macs += this.#calls[at]?.macs ?? 0;
    }
    return macs;
  }
}

function callIn(source: TensorSource): number[] {
  return source.kind === 'call' ? [source.call] : [];
}
