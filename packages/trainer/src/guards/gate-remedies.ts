import { type GatingRecipe, gatingTarget } from '@dmnn/runs';
import { OFF_TARGET, type RateFinding, isNoisy, noiseEnd, shareOfDeciding } from './gate-findings.js';
import type { GateRecord } from './gate-record.js';

/** A change of one setting that may help. */
interface Advice {
  readonly setting: string;
  /** As it is printed: the setting, which way, and what it is now. */
  readonly text: string;
}

/** Recipe settings that may help gates that decide nothing, each as an argument of `--set`. */
export function collapseRemedy(kind: 'closed' | 'fixed', gating: GatingRecipe, record: GateRecord): string {
  const ends = noiseEnd(gating);
  const isWaiting = kind === 'fixed' && ends < 1 && isNoisy(record.progress, gating);
  const wait = isWaiting
    ? `Noise on the gates ends at ${ends} of training (${endSetting(gating)}), which may let them decide again.`
    : '';
  return [wait, adviceText(collapseAdvice(kind, gating))].filter((text) => text !== '').join(' ');
}

function collapseAdvice(kind: 'closed' | 'fixed', gating: GatingRecipe): Advice[] {
  const { bounds, openingRate, resourceRiseUntil, resourceWeight } = gating;
  const { targetFallUntil, temperature } = gating;
  const [fallen, risen] = [settingShare(0.5, gating), settingShare(0.3, gating)];
  return [
    ...(kind === 'closed' && gatingTarget(gating).kind !== 'blocks'
      ? [bounds ? other('larger', 'gating.bounds.weight', bounds.weight) : firstBounds]
      : []),
    ...(kind === 'fixed' && noiseEnd(gating) >= 1 ? [set('gating.noiseOffAfter', '0.8', '1')] : []),
    ...(targetFallUntil < fallen ? [set('gating.targetFallUntil', fallen, targetFallUntil)] : []),
    ...(resourceRiseUntil < risen ? [set('gating.resourceRiseUntil', risen, resourceRiseUntil)] : []),
    ...(resourceWeight > 2 ? [other('smaller', 'gating.resourceWeight', resourceWeight)] : []),
    ...(typeof openingRate === 'number' && openingRate < 0.85
      ? [set('gating.openingRate', '0.88', openingRate)]
      : []),
    ...(temperature.kind === 'constant'
      ? [set('gating.temperature', '{"kind":"exponential","from":5,"to":1}', 'constant')]
      : []),
  ];
}

/**
 * Advice that may bring the mean rate to the optimum of the losses.
 *
 * @param collapses - what is wrong with blocks at the same time, whose advice comes first: what contradicts it is left out
 */
export function offTargetRemedy(
  finding: RateFinding,
  gating: GatingRecipe,
  { trainingRate, progress }: GateRecord,
  collapses: readonly ('closed' | 'fixed')[],
): string {
  const isNoise =
    isNoisy(progress, gating) &&
    trainingRate !== null &&
    Math.abs(trainingRate - finding.wanted) <= OFF_TARGET;
  if (isNoise) {
    const ends =
      noiseEnd(gating) < 1
        ? `noise ends at ${noiseEnd(gating)} of training (${endSetting(gating)})`
        : 'gating.noiseOffAfter=0.8 (now 1) trains the end without noise';
    return `During training, with noise, the mean rate is ${figure(trainingRate)}, which is on target: ${ends}.`;
  }
  const first = collapses.flatMap((kind) => collapseAdvice(kind, gating));
  const contradicts = (advice: Advice): boolean =>
    first.some(({ setting, text }) => setting === advice.setting && text !== advice.text);
  const advice = offTargetAdvice(finding, gating, progress);
  const left = advice.filter((one) => !contradicts(one));
  const wait = left.length < advice.length ? 'First see to the blocks that decide nothing.' : '';
  return [wait, adviceText(left)].filter((text) => text !== '').join(' ');
}

function offTargetAdvice({ rate, wanted }: RateFinding, gating: GatingRecipe, progress: number): Advice[] {
  const { bounds, gatesLearnUntil = 1, resourceWeight, targetFallUntil } = gating;
  const fallen = settingShare(0.5, gating);
  return [
    other('larger', 'gating.resourceWeight', resourceWeight),
    // before that, they learn still
    ...(progress > gatesLearnUntil ? [other('later', 'gating.gatesLearnUntil', gatesLearnUntil)] : []),
    ...((rate > wanted ? targetFallUntil > fallen : targetFallUntil < fallen)
      ? [set('gating.targetFallUntil', fallen, targetFallUntil)]
      : []),
    ...(rate < wanted && !bounds && gatingTarget(gating).kind !== 'blocks' ? [firstBounds] : []),
  ];
}

function set(setting: string, value: number | string, now: number | string): Advice {
  return { setting, text: `${setting}=${value} (now ${now})` };
}

function other(which: 'larger' | 'smaller' | 'later', setting: string, now: number): Advice {
  return { setting, text: `a ${which} ${setting} (now ${now})` };
}

const firstBounds: Advice = { setting: 'gating.bounds', text: 'gating.bounds={"weight":5} (now null)' };

/** When a share of the training of gates is over, as it is given to `--set`. */
function settingShare(share: number, gating: GatingRecipe): number {
  return Number(shareOfDeciding(share, gating).toFixed(2));
}

/** The setting that ends the noise. */
function endSetting({ noiseOffAfter, gatesLearnUntil = 1 }: GatingRecipe): string {
  return gatesLearnUntil < noiseOffAfter ? 'gating.gatesLearnUntil' : 'gating.noiseOffAfter';
}

/** A rate as it is printed. */
export function figure(rate: number): string {
  return rate.toFixed(3);
}

function adviceText(advice: readonly Advice[]): string {
  return advice.length === 0 ? '' : `Try, one at a time: ${advice.map(({ text }) => text).join('; ')}.`;
}
