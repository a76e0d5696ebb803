import * as tf from '@tensorflow/tfjs-core';
import type { BlockInput } from './block-input.js';
import { placeRows, takeRows } from './rows.js';

/**
 * Which images of a batch are inside the network still, and what that means for tensors of a batch.
 *
 * If images leave for real, tensors have a row for each image inside; otherwise a row for each image of the batch, of
 * which those of images that have left say nothing.
 */
export class ImagesInside {
  readonly #images: number;
  readonly #forReal: boolean;
  /** Ascending. */
  #rows: readonly number[];
  /** `[b]`: the exit at which image b left; the number of exits while it is inside. */
  readonly leftAt: number[];

  constructor(images: number, exits: number, forReal: boolean) {
    this.#images = images;
    this.#forReal = forReal;
    this.#rows = Array.from({ length: images }, (_, b) => b);
    this.leftAt = this.#rows.map(() => exits);
  }

  /** How many images are inside. */
  get count(): number {
    return this.#rows.length;
  }

  /** The items of the images inside. */
  of<T>(items: readonly T[]): T[] {
    return this.#rows.map((b) => items[b] as T);
  }

  /** The items of the images for which tensors have rows. */
  inTensors<T>(items: readonly T[]): readonly T[] {
    return this.#forReal ? this.of(items) : items;
  }

  /** A tensor with a row for each image inside. */
  own<T extends tf.Tensor>(tensor: T): T {
    return this.#forReal ? tensor : this.#taken(tensor, this.#rows);
  }

  /** A tensor with a row for each image of the batch: zeros for those that have left. */
  placed<T extends tf.Tensor>(tensor: T): T {
    if (this.count === this.#images) return tensor;
    return placeRows(this.own(tensor), this.#rows, this.#images);
  }

  /** Lets images leave. @param decisions - one for each image inside */
  leave(decisions: readonly boolean[], exit: number): { readonly kept: readonly number[] } {
    const before = this.#rows;
    before.forEach((b, i) => {
      if (decisions[i]) this.leftAt[b] = exit;
    });
    this.#rows = before.filter((_, i) => !decisions[i]);
    return { kept: before.flatMap((_, i) => (decisions[i] ? [] : [i])) };
  }

  /** What the next block reads after some have left. @param kept - as {@link ImagesInside.leave} returned them */
  keptInput({ map, shortcut, mean }: BlockInput, kept: readonly number[]): BlockInput {
    const rest = this.kept(map, kept);
    return {
      map: rest,
      shortcut: shortcut === map ? rest : this.kept(shortcut, kept),
      mean: mean && this.kept(mean, kept),
    };
  }

  kept<T extends tf.Tensor>(tensor: T, kept: readonly number[]): T {
    return this.#forReal ? this.#taken(tensor, kept) : tensor;
  }

  /**
   * The logits that each image left with.
   *
   * @param places - `[e]`: logits `[B, classes]` of exit e; the last of the head
   */
  chosen(places: readonly tf.Tensor2D[]): tf.Tensor2D {
    const pieces = places.flatMap((logits, e) => {
      const rows = this.leftAt.flatMap((exit, b) => (exit === e ? [b] : []));
      if (rows.length === 0) return [];
      return rows.length === this.#images
        ? [logits]
        : [placeRows(takeRows(logits, rows), rows, this.#images)];
    });
    return pieces.reduce((sum, piece) => tf.add(sum, piece));
  }

  #taken<T extends tf.Tensor>(tensor: T, rows: readonly number[]): T {
    return rows.length === tensor.shape[0] ? tensor : takeRows(tensor, rows);
  }
}
