import { type FlopsTable, batchMacs, fullMacs } from '@dmnn/flops';
import type { CountLayersModelOptions } from '@dmnn/flops/layers-model';
import { closeAfter } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { blockCosts } from './gated-blocks.js';

/** What a model with gates runs for some images. */
export interface WhatRan {
  /** `[l][b][n]`: the gate of sub-block n of block l for image b, 0 or 1. */
  readonly gates: readonly (readonly (readonly number[])[])[];
  /** `[l][n]`: the share of the images for which sub-block n of block l runs. */
  readonly rates: readonly (readonly number[])[];
  /** Multiply–accumulates of each image. */
  readonly perImageMacs: readonly number[];
  /** Their mean. */
  readonly meanMacs: number;
  /** The mean as a share of the model's with all gates open. */
  readonly flopsRate: number;
}

/** The gated blocks of a model. */
export interface DynamicBlocks {
  /** Names of the blocks' `gatedSum` layers, in execution order. */
  readonly names: readonly string[];
  /** Costs of one image; multiply–accumulates unless other conventions were asked for. */
  readonly table: FlopsTable;
  /** Layers of unknown cost, which are not in the table: pass `counters`. */
  readonly unknown: readonly string[];
  /**
   * Runs the model, without training, and says what ran. `inputs` are those of `model.predict`; `batchSize` images at a
   * time (32).
   */
  readonly ran: (
    inputs: tf.Tensor | tf.Tensor[],
    options?: { readonly batchSize?: number },
  ) => Promise<WhatRan>;
}

/**
 * The gated blocks of a model: what they cost, and what runs for given images.
 *
 * @param options - sizes that the model leaves open, costs of layers of your own: see `countLayersModel`
 * @throws DmnnError `DMNN_LAYERS` if the model has no `gatedSum`, or calls one twice. Errors of `countLayersModel`.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { dynamicBlocks, gatedSum, gumbelGate } from '@dmnn/layers';
 *
 * await tf.setBackend('cpu');
 * const image = tf.input({ shape: [8, 8, 3] });
 * const path = () => tf.layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same' }).apply(image);
 * const gates = gumbelGate({ subBlocks: 2 }).apply(image);
 * const sum = gatedSum({ name: 'block' }).apply([image, gates, path(), path()] as tf.SymbolicTensor[]);
 * const model = tf.model({ inputs: image, outputs: sum as tf.SymbolicTensor });
 *
 * const blocks = dynamicBlocks(model);
 * const { rates, meanMacs, flopsRate } = await blocks.ran(tf.ones([2, 8, 8, 3]));
 * console.log(blocks.names.join(), rates.join(), meanMacs, flopsRate); // => block 1,1 10592 1
 * ```
 */
export function dynamicBlocks(model: LayersModel, options?: CountLayersModelOptions): DynamicBlocks {
  const { blocks, table, unknown } = blockCosts(model, options);
  const sums = blocks.map(({ sum }) => sum);
  const ran: DynamicBlocks['ran'] = (inputs, { batchSize = 32 } = {}) =>
    closeAfter(
      async () => {
        for (const sum of sums) sum.observed = [];
        tf.dispose(model.predict(inputs, { batchSize }));
        const gates = await Promise.all(
          sums.map(async ({ observed = [] }) =>
            (await Promise.all(observed.map((batch) => batch.array()))).flat(),
          ),
        );
        return whatRan(gates, table);
      },
      () => {
        for (const sum of sums) {
          tf.dispose(sum.observed ?? []);
          sum.observed = undefined;
        }
      },
    );
  return { names: blocks.map(({ name }) => name), table, unknown, ran };
}

function whatRan(gates: readonly (readonly (readonly number[])[])[], table: FlopsTable): WhatRan {
  const { perImage, meanMacs } = batchMacs(table, gates);
  const rates = gates.map((block) =>
    (block[0] ?? []).map((_, n) => block.reduce((sum, image) => sum + (image[n] ?? 0), 0) / block.length),
  );
  return { gates, rates, perImageMacs: perImage, meanMacs, flopsRate: meanMacs / fullMacs(table) };
}
