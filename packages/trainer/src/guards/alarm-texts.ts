import { type GatingRecipe, gatingTarget } from '@dmnn/runs';
import { type BlockFinding, FIXED_WITHIN, OFF_TARGET, type RateFinding } from './gate-findings.js';
import type { GateRecord } from './gate-record.js';
import { collapseRemedy, figure, offTargetRemedy } from './gate-remedies.js';
import { mean } from './mean.js';

/** How many blocks a message names at most. */
const MOST_NAMED = 6;
const WITHIN = `${100 * FIXED_WITHIN} %`;

/** The texts of an epoch's alarms: the problem, its figures, and the settings to change. */
export interface AlarmTexts {
  closed(blocks: readonly number[]): string;
  fixed(blocks: readonly number[]): string;
  network(): string;
  /** @param collapses - what is wrong with blocks at the same time */
  offTarget(finding: RateFinding, collapses: readonly BlockFinding['kind'][]): string;
}

/** @param paths - of all gated blocks */
export function alarmTexts(paths: readonly string[], record: GateRecord, gating: GatingRecipe): AlarmTexts {
  const { executionRates } = record;
  return {
    closed: (blocks) =>
      sentences(
        `${placesText(blocks, paths, record)} ${blocks.length === 1 ? 'has closed: none of its' : 'have closed: none of their'} ` +
          `sub-blocks runs for ${WITHIN} of the images, and a sub-block that does not run is not trained.`,
        collapseRemedy('closed', gating, record),
      ),
    fixed: (blocks) =>
      sentences(
        `${placesText(blocks, paths, record)} ${blocks.length === 1 ? 'decides nothing: it runs' : 'decide nothing: they run'} ` +
          `the same sub-blocks for every image, within ${WITHIN}.`,
        collapseRemedy('fixed', gating, record),
      ),
    network: () =>
      sentences(
        `the whole network decides nothing: all ${paths.length} gated blocks run the same sub-blocks for every image, ` +
          `within ${WITHIN}, at a mean rate of ${figure(mean(executionRates.map(mean)))}. It is a static network.`,
        collapseRemedy('fixed', gating, record),
      ),
    offTarget: (finding, collapses) => {
      const { rate, wanted, optimum } = finding;
      const why =
        optimum.targetOf === 'blocks'
          ? 'the mean of the blocks’ targets'
          : `the joint optimum of Eq. 12 and 14 at t = ${figure(optimum.lossTarget)}`;
      const isAtTarget =
        optimum.targetOf === 'both' && Math.abs(rate - gatingTarget(gating).value) <= OFF_TARGET;
      return sentences(
        `gates are open at a mean rate of ${figure(rate)}, ${figure(Math.abs(rate - wanted))} ` +
          `${rate > wanted ? 'above' : 'below'} ${figure(wanted)}, ${why}.`,
        isAtTarget
          ? 'The rate is already at t. If that is your target, gating.targetOf=rate makes it the optimum.'
          : '',
        offTargetRemedy(finding, gating, record, collapses),
      );
    },
  };
}

/** `stage0.block0 (gates 1.000 0.002) and 3 more`. */
function placesText(
  blocks: readonly number[],
  paths: readonly string[],
  { executionRates }: GateRecord,
): string {
  const named = blocks.slice(0, MOST_NAMED).map((block) => {
    const rates = (executionRates[block] as readonly number[]).map(figure).join(' ');
    return `${paths[block] as string} (gates ${rates})`;
  });
  const more = blocks.length - named.length;
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
}

function sentences(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
