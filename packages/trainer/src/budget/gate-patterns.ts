import { type GateContext, type GatePolicy, scripted, thresholded, uniformAt } from '@dmnn/gating';
import * as tf from '@tensorflow/tfjs-core';

/** Which sub-blocks run for the images of one batch. */
export interface BatchPattern {
  /** `[b][l][n]` */
  readonly open: readonly (readonly (readonly boolean[])[])[];
  /** `[l][n]`: share of the images that open it. */
  readonly rates: readonly (readonly number[])[];
}

/**
 * A pattern in which each sub-block has a rate of its own, all of them about a common one, so that few, half and nearly
 * all are open in one pattern or another.
 *
 * @param subBlocks - `[l]`: N
 * @param images - B
 * @param seed - an integer of 0 or more
 * @param index - which pattern; an integer of 0 or more
 */
export function randomPattern(
  subBlocks: readonly number[],
  images: number,
  seed: number,
  index: number,
): BatchPattern {
  const common = uniformAt(seed, index);
  const wanted = subBlocks.map((count, l) =>
    Array.from({ length: count }, (_, n) => common + uniformAt(seed, index, l, n) - 0.5),
  );
  return pattern(
    Array.from({ length: images }, (_, b) =>
      wanted.map((block, l) => block.map((rate, n) => uniformAt(seed, index, b, l, n) < rate)),
    ),
  );
}

/** Every sub-block of every image open, or none. */
export function uniformPattern(subBlocks: readonly number[], images: number, open: boolean): BatchPattern {
  const image = subBlocks.map((count) => new Array<boolean>(count).fill(open));
  return pattern(new Array<typeof image>(images).fill(image));
}

/**
 * Opens what a pattern says after the work that the policy of real inference does, so that a time includes it.
 *
 * Sample keys must be 0 … B − 1.
 */
export function timedPolicy({ open }: BatchPattern): GatePolicy {
  const real = thresholded({ threshold: 0.5 });
  const wanted = scripted((blockIndex, b) => open[b]?.[blockIndex] ?? []);
  return (logits: tf.Tensor3D, at: GateContext) => {
    tf.dispose(real(logits, at));
    return wanted(logits, at);
  };
}

function pattern(open: BatchPattern['open']): BatchPattern {
  const [first = []] = open;
  const rates = first.map((block, l) =>
    block.map((_, n) => open.filter((image) => image[l]?.[n]).length / open.length),
  );
  return { open, rates };
}
