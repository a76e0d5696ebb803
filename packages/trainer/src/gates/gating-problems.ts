import { type Architecture, gatedBlocks, placedBlocks } from '@dmnn/architecture';
import { alwaysMacs, countNetwork, flopsTable, fullMacs } from '@dmnn/flops';
import { type GatingRecipe, gatingTarget } from '@dmnn/runs';
import { ofEachSubBlock } from '@dmnn/weights/internal';

/** Lists the settings of a gating recipe that do not fit a network, as messages. */
export function gatingProblems(architecture: Architecture, gating: GatingRecipe | null): string[] {
  if (!gating) return [];
  return [
    ...blockTargetProblems(architecture, gating),
    ...openingProblems(architecture, gating),
    ...costProblems(architecture, gating),
    ...patternProblems(architecture, gating),
    ...reinforcementProblems(gating),
  ];
}

/** A fixed pattern that is not of the network's sub-blocks, or that would not hold from the first step on. */
function patternProblems(architecture: Architecture, { policy, gatesOpenUntil = 0 }: GatingRecipe): string[] {
  if (policy?.kind !== 'fixed') return [];
  const counts = gatedBlocks(architecture).map(({ block }) => block.subBlocks.length);
  const fits =
    policy.pattern
      .split(',')
      .map(({ length }) => length)
      .join() === counts.join();
  const example = counts.map((count) => '1'.repeat(count)).join();
  return [
    ...(fits
      ? []
      : [
          `gating.policy.pattern: expected 1 (open) or 0 for each sub-block of ${architecture.name}, such as ${example}, got ${policy.pattern}`,
        ]),
    ...(gatesOpenUntil > 0
      ? [`gating.gatesOpenUntil: expected 0 or nothing, since the pattern is fixed, got ${gatesOpenUntil}`]
      : []),
  ];
}

/** Settings that do nothing to gates without a gradient, or that draw them otherwise than their logits say. */
function reinforcementProblems({ policy, resourceWeight, bounds, noiseOffAfter }: GatingRecipe): string[] {
  if (policy?.kind !== 'reinforced') return [];
  const why = 'since gates that are drawn have no gradient; policy.costReward is what closed ones earn';
  return [
    ...(resourceWeight > 0 ? [`gating.resourceWeight: expected 0, ${why}, got ${resourceWeight}`] : []),
    ...(bounds ? [`gating.bounds: expected null, ${why}, got bounds`] : []),
    ...(noiseOffAfter < 1
      ? [`gating.noiseOffAfter: expected 1, since rewards teach gates that are drawn, got ${noiseOffAfter}`]
      : []),
  ];
}

function blockTargetProblems(architecture: Architecture, gating: GatingRecipe): string[] {
  const target = gatingTarget(gating);
  if (target.kind !== 'blocks' || target.rates === 'same') return [];
  const { rates } = target;
  const placed = placedBlocks(architecture);
  if (rates.length !== placed.length) {
    return [
      `gating.layerTargets: expected ${placed.length} target rates, one for each block of ${architecture.name}, got ${rates.length}`,
    ];
  }
  return placed.flatMap(({ block, path }, index) =>
    block.controller || rates[index] === 1
      ? []
      : [`gating.layerTargets.${index}: expected 1, since ${path} has no gate, got ${String(rates[index])}`],
  );
}

function openingProblems(architecture: Architecture, gating: GatingRecipe): string[] {
  const subBlocks = gatedBlocks(architecture).map(({ block }) => block.subBlocks.length);
  return (['openingRate', 'openingScale'] as const).flatMap((name) => {
    const setting = gating[name];
    if (setting === undefined || typeof setting === 'string') return []; // is made to fit
    try {
      ofEachSubBlock(`gating.${name}`, setting, subBlocks);
      return [];
    } catch (error) {
      return [(error as RangeError).message];
    }
  });
}

/** A target cost that the gates cannot reach. */
function costProblems(architecture: Architecture, gating: GatingRecipe): string[] {
  const { kind, value } = gatingTarget(gating);
  if (kind !== 'flops' || gatedBlocks(architecture).length === 0) return [];
  const table = flopsTable(countNetwork(architecture));
  const fixed = alwaysMacs(table) / fullMacs(table);
  if (value > fixed) return [];
  return [
    `gating.targetRate: expected more than ${fixed.toFixed(4)}, the share of its MACs that ${architecture.name} runs for every image, since targetOf is flops, got ${value}`,
  ];
}
