import { type ChannelRounding, scaledChannels } from './scaled-channels.js';

/** Decimals of a width that are tried: more than any network of the zoo has. */
const MOST_DECIMALS = 4;

/** Channels of a layer, and what they are at width 1. */
export type ScaledLayer = readonly [channels: number, base: number];

/**
 * Widths that scale the channels of layers in this way, the quotient first if it has at most three decimals, then those with
 * the fewest. The rest of the network decides which of them was meant.
 */
export function widthProposals(
  layers: readonly ScaledLayer[],
  rounding: ChannelRounding = 'nearest',
): number[] {
  const widths = new Set<number>();
  // the layer with the most channels says most
  const [channels, base] = layers.reduce((most, each) => (each[1] > most[1] ? each : most));
  const exact = channels / base;
  if (Number.isInteger(exact * 1000)) widths.add(exact);
  for (let decimals = 0; decimals <= MOST_DECIMALS; decimals++) {
    const step = 10 ** decimals;
    // rounding of channels, in either direction or to a multiple of 8, moves the quotient to both sides
    const slack = Math.min(20, Math.ceil((8 / base) * step));
    const nearest = Math.round(exact * step);
    for (let i = 0; i <= slack; i++) {
      for (const scaled of [nearest + i, nearest - i])
        if (scaled > 0) widths.add(Number((scaled / step).toFixed(decimals)));
    }
  }
  const scales = (width: number) =>
    layers.every(([own, from]) => from * width >= 1 && scaledChannels(from, width, rounding) === own);
  return [...widths].filter(scales);
}

/** A width as a name has it: undefined for 1. */
export function widthPart(width: number): string | undefined {
  return width === 1 ? undefined : String(width);
}
