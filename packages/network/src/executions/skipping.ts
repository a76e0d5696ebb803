import * as tf from '@tensorflow/tfjs-core';
import { activate } from '../kernels/activate.js';
import { type BlockInput, type Demand, inputOf, plainInput, wanted } from './block-input.js';
import { type BlockLayer, shortcutOf } from '../layers/block-layer.js';
import { inTurnOnto, runInTurn } from '../layers/conv-layer.js';
import { executionError } from './execution-error.js';
import { gatedSum } from '../kernels/gated-sum.js';
import { hasNormSum } from '../kernels/custom-operation.js';
import { normSum } from '../kernels/norm-sum.js';
import { runOnRows } from './run-on-rows.js';
import type { Pass } from '../layers/pass.js';
import { isWorthSkipping } from './worth-skipping.js';

/**
 * Runs each sub-block of a gated block for the images that opened it.
 *
 * A sub-block that every image closed does not run; one that every image opened runs on the whole map, and its last
 * convolution adds its result onto the sum. Otherwise it runs only for the rows of its images, unless gathering and
 * scattering them would cost more than it saves.
 *
 * @throws DmnnError `DMNN_EXECUTION` if a gate is neither 0 nor 1
 * @see DMNN §3.2 Eq. 4
 */
export function runSkipping(
  block: BlockLayer,
  { map: x }: BlockInput,
  gates: tf.Tensor2D,
  pass: Pass,
  demand: Demand,
): BlockInput {
  const open = openRows(block.path, gates);
  return tf.tidy(() => {
    const images = x.shape[0];
    const ran = open.flatMap((rows, n) => (rows.length > 0 ? [n] : []));
    const isWhole = (n: number) => open[n]?.length === images;
    let sum = shortcutOf(block).run(x, pass);
    // those whose last convolution does the sum come first, so that the others are added in one operation
    const added: number[] = [];
    let finished = false;
    for (const [i, n] of ran.filter(isWhole).entries()) {
      const onto = inTurnOnto(block.subBlocks[n] ?? [], pass);
      if (!onto) {
        added.push(n);
        continue;
      }
      finished = i === ran.length - 1;
      const next = onto(x, sum, finished ? block.activation : 'none');
      if (sum !== x) sum.dispose();
      sum = next;
    }
    added.push(...ran.filter((n) => !isWhole(n)));
    if (finished) return plainInput(sum);

    const paths = added.map((n) => {
      const units = block.subBlocks[n] ?? [];
      const rows = open[n] ?? [];
      return isWhole(n) || !isWorthSkipping(units, x, rows.length)
        ? runInTurn(units, x, pass)
        : runOnRows(units, x, rows, pass);
    });
    if (paths.length > 0 && hasNormSum()) {
      return inputOf(
        normSum({
          paths: paths.map((path, i) => ({ x: path, gate: added[i] as number })),
          epsilon: 0, // nothing is normalised
          gates,
          shortcut: sum,
          activation: block.activation,
          ...wanted(demand),
        }),
      );
    }
    const total = paths.length > 0 ? gatedSum(sum, tf.gather(gates, added, 1), paths) : sum;
    const y = activate(total, block.activation);
    // all closed, and neither shortcut nor activation made a tensor: the caller must get one of its own
    return plainInput(y === x ? tf.clone(y) : y);
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
        throw executionError(
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
