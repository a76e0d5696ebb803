import * as tf from '@tensorflow/tfjs-core';
import { activate } from '../kernels/activate.js';
import { type BlockInput, type Demand, inputOf, plainInput, wanted } from './block-input.js';
import { type BlockLayer, shortcutOf } from '../layers/block-layer.js';
import { runInTurn } from '../layers/conv-layer.js';
import { executionError } from './execution-error.js';
import { gatedSum } from '../kernels/gated-sum.js';
import { hasNormSum, hasPackedConvolution } from '../kernels/custom-operation.js';
import { normSum } from '../kernels/norm-sum.js';
import { type RunningPath, lastsInOneSum, runPackedPaths } from './packed-paths.js';
import { placeRows, runOnRows } from './rows.js';
import type { Pass } from '../layers/pass.js';
import { isWorthSkipping } from './worth-skipping.js';

/**
 * Runs each sub-block of a gated block for the images that opened it.
 *
 * A sub-block that every image closed does not run; one that every image opened runs on the whole map. Otherwise it runs only
 * for the rows of its images, unless gathering and scattering them would cost more than it saves. Where the backend has the
 * kernel, the last convolutions of all sub-blocks and the sum of their results are one operation.
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
    // this order decides how sums are rounded: a run is evaluated to the bits that it always was
    const inOrder = [...ran.filter(isWhole), ...ran.filter((n) => !isWhole(n))];
    const running = inOrder.map((n): RunningPath => {
      const [units, rows] = [block.subBlocks[n] ?? [], open[n] ?? []];
      return {
        units,
        rows: isWhole(n) ? undefined : rows,
        alone: !isWhole(n) && isWorthSkipping(units, x, rows.length),
      };
    });
    const sum = shortcutOf(block).run(x, pass);
    const { activation } = block;
    const lasts =
      hasPackedConvolution() &&
      lastsInOneSum(
        running.map(({ units }) => units),
        pass,
      );
    if (lasts) {
      const y = runPackedPaths(running, lasts, x, pass, { activation, shortcut: sum }, demand);
      if (sum !== x) sum.dispose();
      return y;
    }

    const paths = running.map(({ units, rows, alone }) =>
      rows && alone ? placeRows(runOnRows(units, x, rows, pass), rows, images) : runInTurn(units, x, pass),
    );
    if (paths.length > 0 && hasNormSum()) {
      return inputOf(
        normSum({
          paths: paths.map((path, i) => ({ x: path, gate: inOrder[i] as number })),
          epsilon: 0, // nothing is normalised
          gates,
          shortcut: sum,
          activation,
          ...wanted(demand),
        }),
      );
    }
    const total = paths.length > 0 ? gatedSum(sum, tf.gather(gates, inOrder, 1), paths) : sum;
    const y = activate(total, activation);
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
