import type { BlockShape } from '@dmnn/architecture';
import type { BlockCount, LayerCount } from './network-count.js';

/** Sum of one number of the layers. */
export function sumOf(layers: readonly LayerCount[], key: 'macs' | 'parameters'): number {
  return layers.reduce((sum, layer) => sum + layer[key], 0);
}

/** Costs of the three parts, and of all. */
export function partMacs(
  layers: readonly LayerCount[],
): Pick<BlockCount, 'fixedMacs' | 'gatedMacs' | 'controllerMacs' | 'macs'> {
  const macsOf = (part: LayerCount['part']): number =>
    sumOf(
      layers.filter((layer) => layer.part === part),
      'macs',
    );
  const [fixedMacs, gatedMacs, controllerMacs] = [macsOf('fixed'), macsOf('gated'), macsOf('controller')];
  return { fixedMacs, gatedMacs, controllerMacs, macs: fixedMacs + gatedMacs + controllerMacs };
}

/** Sums over the layers of one block. */
export function blockCount(shape: BlockShape, layers: readonly LayerCount[]): BlockCount {
  const { path, stageIndex, blockIndex } = shape;
  return {
    path,
    stageIndex,
    ...(blockIndex === undefined ? {} : { blockIndex }),
    subBlocks: shape.subBlocks.map((_, n) => {
      const own = layers.filter(({ subBlockIndex }) => subBlockIndex === n);
      return { path: `${path}.subblock${n}`, macs: sumOf(own, 'macs'), parameters: sumOf(own, 'parameters') };
    }),
    ...partMacs(layers),
    parameters: sumOf(layers, 'parameters'),
    controllerParameters: sumOf(
      layers.filter(({ part }) => part === 'controller'),
      'parameters',
    ),
  };
}
