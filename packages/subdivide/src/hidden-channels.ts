import type { Block, ConvUnit } from '@dmnn/architecture';
import { subdivideError } from './subdivide-error.js';

/** The hidden channels of an undivided block, which are divided: those between its first and its last convolution. */
export interface HiddenChannels {
  readonly units: readonly ConvUnit[];
  readonly channels: number;
  /** Groups of the convolutions between the first and the last; 1 if there are none. */
  readonly groups: number;
}

/**
 * Finds the hidden channels of an undivided block, or throws DmnnError `DMNN_SUBDIVIDE` if the block does not have
 * this form.
 */
export function hiddenChannels(block: Block): HiddenChannels {
  const units = block.subBlocks[0]?.units ?? [];
  const first = units[0];
  const last = units.at(-1);
  if (!first || !last || units.length < 2) {
    throw subdivideError(
      `block: expected two or more convolutions in sequence, got ${units.length}. ` +
        `There are no hidden channels to divide.`,
    );
  }
  const channels = first.outChannels;
  const inner = units.slice(1, -1);
  const groups = inner[0]?.groups ?? 1;
  if (
    last.inChannels !== channels ||
    inner.some((unit) => unit.inChannels !== channels || unit.outChannels !== channels)
  ) {
    throw subdivideError(
      `block: expected one number of hidden channels, got ${units.map((unit) => unit.outChannels).join(' → ')}. ` +
        `Divide only blocks whose inner convolutions preserve the number of channels.`,
    );
  }
  if (first.groups !== 1 || last.groups !== 1 || inner.some((unit) => unit.groups !== groups)) {
    throw subdivideError(
      `block: expected groups only between the first and the last convolution, got ` +
        `${units.map((unit) => unit.groups).join(', ')}. A grouped first or last convolution ties hidden channels to other channels.`,
    );
  }
  return { units, channels, groups };
}
