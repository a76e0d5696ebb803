import type { GatingOptimum } from '@dmnn/trainer';
import { percentText } from './count-text.js';

/** The gating target of a recipe, and the rates at which the resource losses alone would settle. */
export function optimumText(optimum: GatingOptimum): string {
  const { executionRate, flopsRate, macsRatio } = optimum;
  const cost = `${flopsRate.toFixed(3)} of the network's MACs, ${percentText(macsRatio)} of the undivided backbone's`;
  if (optimum.regression)
    return `gates learn what sub-blocks contribute (${optimum.regression}); as trained they open for about ${cost}`;
  return `${askedText(optimum)} gates ${executionRate.toFixed(3)}, ${cost}`;
}

function askedText({ targetOf, lossTarget }: GatingOptimum): string {
  switch (targetOf) {
    case 'both':
      return `t = ${rounded(lossTarget)}: both resource losses are least at`;
    case 'rate':
      return `t = ${rounded(lossTarget)}, chosen for the rate: both resource losses are least at`;
    case 'flops':
      return `t = ${rounded(lossTarget)}, chosen for the cost: both resource losses are least at`;
    case 'blocks':
      return 'one for each block, on average';
    default:
      return targetOf satisfies never;
  }
}

/** At most three digits, without trailing zeros: 0.6, 0.431. */
function rounded(rate: number): string {
  return String(Number(rate.toFixed(3)));
}
