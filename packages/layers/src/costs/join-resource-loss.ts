import type { FlopsTable } from '@dmnn/flops';
import type { CountLayersModelOptions, LayersModelLike } from '@dmnn/flops/layers-model';
import { executionRates, flopsRate, resourceLoss } from '@dmnn/losses';
import * as tf from '@tensorflow/tfjs-core';
import type { GatedSum } from '../gates/gated-sum.js';
import { assertOptions } from '../arguments.js';
import { type BlockCosts, blockCosts } from './gated-blocks.js';
import { layersError } from '../layers-error.js';

/** Options of {@link joinResourceLoss}. */
export interface JoinResourceLossOptions {
  /** The share of the model's cost that it should run at, in (0, 1]. */
  readonly target: number;
  /** Factor of the resource loss in the total, ≥ 0. @defaultValue 1 */
  readonly weight?: number | undefined;
  /** Sizes that the model leaves open, costs of layers of your own: see `countLayersModel`. */
  readonly counting?: CountLayersModelOptions | undefined;
}

/** A resource loss that is part of a model's loss. Its settings may be changed between steps. */
export interface JoinedResourceLoss {
  /** The share of the model's cost that it should run at, in (0, 1]. */
  target: number;
  /** Factor in the total, ≥ 0; 0 takes it out. */
  weight: number;
  /** Costs of one image, counted from the model. */
  readonly table: FlopsTable;
  /** Layers of unknown cost, which are not in the table: pass `counting.counters`. */
  readonly unknown: readonly string[];
}

/** By the layer that adds the first block, since a `tf.sequential` trains an inner model of its own. */
const joined = new WeakMap<GatedSum, JoinedResourceLoss>();

/**
 * Adds a resource loss to what `model.fit` minimises, next to the loss of `model.compile`, in any order: execution rates
 * and FLOPs rate of the gates in each training step, towards a target. Costs are counted from the model itself. The loss
 * in the logs includes it; metrics and `model.evaluate` do not change.
 *
 * It belongs to the model in memory, as what `compile` sets does: join it again after `tf.loadLayersModel`. Joined a
 * second time, it only changes its settings.
 *
 * @returns its settings; {@link gateSchedule} changes `target` over time
 * @throws RangeError if a number is out of its range. DmnnError `DMNN_LAYERS` if the model has no `gatedSum`.
 * @see DMNN §3.3 Eq. 11 to 16
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { gatedSum, gumbelGate, joinResourceLoss } from '@dmnn/layers';
 *
 * await tf.setBackend('cpu');
 * const image = tf.input({ shape: [8, 8, 3] });
 * const path = () => tf.layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same' }).apply(image);
 * const gates = gumbelGate({ subBlocks: 2 }).apply(image);
 * const sum = gatedSum().apply([image, gates, path(), path()] as tf.SymbolicTensor[]);
 * const model = tf.model({ inputs: image, outputs: sum as tf.SymbolicTensor });
 * const { table } = joinResourceLoss(model, { target: 0.5 });
 * console.log(table.subBlockMacs.join(), table.controllerMacs.join(), table.fixedMacs); // => 5184,5184 224 0
 * ```
 */
export function joinResourceLoss(
  model: LayersModelLike,
  options: JoinResourceLossOptions,
): JoinedResourceLoss {
  assertOptions(options, ['target', 'weight', 'counting']);
  const { target, weight = 1, counting } = options;
  if (!(target > 0 && target <= 1)) {
    throw new RangeError(`target: expected a fraction in (0, 1], got ${target}`);
  }
  if (!(weight >= 0 && weight < Infinity)) {
    throw new RangeError(`weight: expected a finite number >= 0, got ${weight}`);
  }
  const costs = blockCosts(model, counting);
  const first = costs.blocks[0]?.sum as GatedSum;
  const before = joined.get(first);
  if (before) return Object.assign(before, { target, weight });
  const { table, unknown } = costs;
  const settings: JoinedResourceLoss = { target, weight, table, unknown };
  joined.set(first, settings);
  first.addLoss(() => lossOf(costs, settings));
  return settings;
}

/** The resource loss of a model that is being trained; undefined if none was joined. */
export function resourceLossAmong(sums: readonly GatedSum[]): JoinedResourceLoss | undefined {
  return sums.map((sum) => joined.get(sum)).find((found) => found !== undefined);
}

function lossOf({ blocks, table }: BlockCosts, { target, weight }: JoinedResourceLoss): tf.Scalar {
  return tf.tidy(() => {
    const gates = blocks.map(({ name, sum: { latestGates } }) => {
      if (latestGates) return latestGates;
      throw layersError(
        `gates of ${name}`,
        'those of a training step',
        'none',
        'Train with model.fit or model.trainOnBatch.',
      );
    });
    const rates = { rates: executionRates(gates), flopsRate: flopsRate(gates, table) };
    return tf.mul<tf.Scalar>(resourceLoss({ ...rates, target }).total, weight);
  });
}
