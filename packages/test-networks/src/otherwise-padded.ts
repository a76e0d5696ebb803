import type { Architecture, ConvUnit, MaxPool, Padding } from '@dmnn/architecture';

/** Settings of {@link otherwisePadded}. */
interface OtherPadding {
  /** TensorFlow's, or as many pixels as before in other places, for each window in turn. */
  readonly padding: 'same' | 'sides';
  /** ε of the batch norms, in turn. */
  readonly epsilons: readonly number[];
}

/** Places of 2 pixels on each axis, of which 3×3 windows read some. */
const places: readonly Padding[] = [
  { top: 0, bottom: 2, left: 1, right: 1 },
  { top: 2, bottom: 0, left: 0, right: 2 },
  1,
];

/** A network with maps of the same sizes whose 3×3 windows are padded otherwise, and whose batch norms have other ε. */
export function otherwisePadded(
  architecture: Architecture,
  { padding, epsilons }: OtherPadding,
): Architecture {
  let [windows, norms] = [0, 0];
  const padded = <Window extends MaxPool>(window: Window): Window => {
    if (window.kernelSize !== 3 || window.padding !== 1) return window;
    return {
      ...window,
      padding: padding === 'same' ? padding : (places[windows++ % places.length] as Padding),
    };
  };
  const unit = (of: ConvUnit): ConvUnit =>
    of.batchNorm ? { ...padded(of), epsilon: epsilons[norms++ % epsilons.length] as number } : padded(of);
  const { stem, stages, head } = architecture;
  return {
    ...architecture,
    stem: {
      units: stem.units.map(unit),
      ...(stem.pool && { pool: { ...padded(stem.pool), ...poolPlace(padding) } }),
    },
    stages: stages.map(({ blocks }) => ({
      blocks: blocks.map((block) => ({
        ...block,
        shortcut:
          block.shortcut.kind === 'projection'
            ? { ...block.shortcut, unit: unit(block.shortcut.unit) }
            : block.shortcut,
        subBlocks: block.subBlocks.map(({ units }) => ({ units: units.map(unit) })),
      })),
    })),
    head: { ...head, units: head.units.map(unit) },
  };
}

/** A pool's window may not lie in the padding alone. */
function poolPlace(padding: OtherPadding['padding']): Partial<MaxPool> {
  return padding === 'same' ? {} : { padding: { top: 0, bottom: 1, left: 1, right: 0 } };
}
