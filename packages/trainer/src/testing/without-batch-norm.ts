import type { Architecture, ConvUnit } from '@dmnn/architecture';

/** The same network with biases in place of batch norms, so that images do not know of one another. */
export function withoutBatchNorm(architecture: Architecture): Architecture {
  const unit = (one: ConvUnit): ConvUnit => ({ ...one, batchNorm: false, bias: true });
  const { undivided, ...own } = architecture;
  return {
    ...own,
    ...(undivided && { undivided: withoutBatchNorm(undivided) }),
    stem: { ...own.stem, units: own.stem.units.map(unit) },
    head: { ...own.head, units: own.head.units.map(unit) },
    stages: own.stages.map(({ blocks }) => ({
      blocks: blocks.map((block) => ({
        ...block,
        subBlocks: block.subBlocks.map(({ units }) => ({ units: units.map(unit) })),
        shortcut:
          block.shortcut.kind === 'projection'
            ? { kind: 'projection', unit: unit(block.shortcut.unit) }
            : block.shortcut,
      })),
    })),
  };
}
