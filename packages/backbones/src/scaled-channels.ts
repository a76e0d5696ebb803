import { checkedChoice } from './choice.js';

/** Rounding of a scaled number of channels. */
export type ChannelRounding = 'nearest' | 'divisor-8' | 'floor';

/**
 * The number of channels of a layer at another width.
 *
 * - `nearest`: the nearest integer;
 * - `divisor-8`: the nearest multiple of 8, at least 8, and never less than nine tenths of the scaled number
 * (MobileNetV2's code);
 * - `floor`: `int(channels * width)`, which gives the paper's 6.29 M parameters at width 1.4.
 *
 * @param channels - channels at width 1
 * @param width - a factor, > 0
 * @returns at least 1
 * @throws RangeError if the width is not a positive number, or so small that no channel is left
 * @example
 * ```ts
 * import { scaledChannels } from '@dmnn/backbones';
 *
 * console.log(scaledChannels(24, 1.4, 'divisor-8'), scaledChannels(24, 1.4, 'floor')); // => 32 33
 * ```
 */
export function scaledChannels(channels: number, width: number, rounding: ChannelRounding): number {
  if (!(width > 0 && Number.isFinite(width))) {
    throw new RangeError(`width: expected a factor > 0, got ${String(width)}. 1 is the published network.`);
  }
  checkedChoice('rounding', rounding, ['nearest', 'divisor-8', 'floor']);
  const scaled = round(channels * width, rounding);
  if (Number.isSafeInteger(scaled) && scaled >= 1) return scaled;
  throw new RangeError(
    `width: expected a factor that scales ${channels} channels to an integer ≥ 1, got ${width}, ` +
      `which gives ${scaled}.`,
  );
}

function round(scaled: number, rounding: ChannelRounding): number {
  switch (rounding) {
    case 'nearest':
      return Math.round(scaled);
    case 'floor':
      return Math.floor(scaled);
    case 'divisor-8': {
      const multiple = Math.max(8, Math.floor((scaled + 4) / 8) * 8);
      return multiple < 0.9 * scaled ? multiple + 8 : multiple;
    }
  }
}
