import { assertList, assertRecord, kindOf } from '@dmnn/foundation';
import type * as tf from '@tensorflow/tfjs-core';

/** The rates of a batch on the tape, the arguments of every loss on resources. */
export interface RateTensors {
  /** `[L]`: execution rate of each gated block, Eq. 11. */
  readonly rates: tf.Tensor1D;
  /** Executed fraction of the full network's MACs, Eq. 13 divided by F_full. */
  readonly flopsRate: tf.Scalar;
}

/** The rates of a batch as plain numbers. */
export interface RateNumbers {
  /** `[L]`: execution rate of each gated block, a fraction. */
  readonly rates: readonly number[];
  /** Executed fraction of the full network's MACs. */
  readonly flopsRate: number;
}

/** @throws TypeError naming the argument if it does not hold plain numbers: `rates` for each block, and `flopsRate` */
export function assertRateNumbers(name: string, value: RateNumbers): void {
  assertRecord(name, value, 'an object with the numbers rates and flopsRate');
  assertList(`${name}.rates`, value.rates, 'a number for each gated block');
  const numbers: readonly unknown[] = [...value.rates, value.flopsRate];
  const at = numbers.findIndex((each) => typeof each !== 'number');
  if (at < 0) return;
  throw new TypeError(`${name}: expected numbers in rates and flopsRate, got ${kindOf(numbers[at])}`);
}
