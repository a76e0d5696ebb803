import * as tf from '@tensorflow/tfjs-core';
import { activate } from './activate.js';
import { type BlockInput, plainInput } from './block-input.js';
import { type BlockLayer, shortcutOf } from './block-layer.js';
import { type ConvLayer, inTurnOnto, runInTurn } from './conv-layer.js';
import { ExecutionError } from './execution-error.js';
import { placeRows, takeRows } from './rows.js';
import type { Statistics } from './statistics.js';

/**
 * Runs each sub-block of a gated block for the images that opened it.
 *
 * Nothing of a sub-block that all closed is touched; one that all opened runs on the whole map as it is. Otherwise the
 * rows of its images are taken out, run, and put back in place with rows of zeros between them.
 *
 * @throws ExecutionError if a gate is neither 0 nor 1
 * @see DMNN §3.2 Eq. 4
 */
export function runSkipping(
  block: BlockLayer,
  { map: x }: BlockInput,
  gates: tf.Tensor2D,
  statistics: Statistics,
): BlockInput {
  const open = openRows(block.path, gates);
  return tf.tidy(() => {
    const images = x.shape[0];
    const last = open.reduce((latest, rows, n) => (rows.length > 0 ? n : latest), -1);
    let sum = shortcutOf(block).run(x, statistics);
    let finished = false;
    for (const [n, units] of block.subBlocks.entries()) {
      const rows = open[n] as readonly number[];
      if (rows.length === 0) continue;
      const activation = n === last ? block.activation : 'none';
      const onto = rows.length === images ? inTurnOnto(units, statistics) : undefined;
      const next = onto ? onto(x, sum, activation) : added(sum, units, x, rows, statistics);
      finished = onto !== undefined && n === last;
      if (sum !== x) sum.dispose();
      sum = next;
    }
    const y = finished ? sum : activate(sum, block.activation);
    // all closed, and neither shortcut nor activation made a tensor: the caller must get one of its own
    return plainInput(y === x ? tf.clone(y) : y);
  });
}

/** The sum and a sub-block's result, in the rows of the images that opened it. */
function added(
  sum: tf.Tensor4D,
  units: readonly ConvLayer[],
  x: tf.Tensor4D,
  rows: readonly number[],
  statistics: Statistics,
): tf.Tensor4D {
  const images = x.shape[0];
  return tf.tidy(() => {
    const path =
      rows.length === images
        ? runInTurn(units, x, statistics)
        : placeRows(runInTurn(units, takeRows(x, rows), statistics), rows, images);
    return tf.add<tf.Tensor4D>(sum, path);
  });
}

/** `[n]` → the rows of the batch that open sub-block n. The one read of the gates. */
function openRows(path: string, gates: tf.Tensor2D): number[][] {
  const [images, subBlocks] = gates.shape;
  const values = gates.dataSync<'float32'>();
  const open: number[][] = Array.from({ length: subBlocks }, () => []);
  for (let b = 0; b < images; b++) {
    for (let n = 0; n < subBlocks; n++) {
      const gate = values[b * subBlocks + n] as number;
      if (gate === 1) open[n]?.push(b);
      else if (gate !== 0) {
        throw new ExecutionError(
          `${path}: gate of image ${b}, sub-block ${n}`,
          '0 or 1',
          String(gate),
          Number.isNaN(gate)
            ? 'Look for NaN in images and variables.'
            : `Run soft gates with execution: 'masked'.`,
        );
      }
    }
  }
  return open;
}
