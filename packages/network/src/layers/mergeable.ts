import type { ConvUnit } from '@dmnn/architecture';
import type { ConvLayer } from './conv-layer.js';

/**
 * Whether units with the same input can run as one convolution of all their filters: the first units of a block's
 * sub-blocks share the block's input.
 */
export function areMergeable(layers: readonly ConvLayer[]): boolean {
  const [first] = layers;
  if (!first || layers.length < 2) return false;
  const motion = ({ kernelSize, stride, padding, activation }: ConvUnit) =>
    [kernelSize, stride, padding, activation].join();
  return layers.every(
    ({ unit, norm }) => norm !== undefined && unit.groups === 1 && motion(unit) === motion(first.unit),
  );
}
