import type { Architecture } from '@dmnn/architecture';
import type { GatingRecipe } from '@dmnn/runs';
import { type GatingOptimum, gatingOptima } from '../gates/gating-optimum.js';
import type { GateRecord } from './gate-record.js';
import { mean } from './mean.js';

/** The network and recipe that gates are judged by. */
export interface GateAlarmContext {
  /** The network that is trained. */
  readonly architecture: Architecture;
  /** The gating section of its recipe. */
  readonly gating: GatingRecipe;
}

/** A gated block whose gates decide nothing. */
export interface BlockFinding {
  /** `closed`: no sub-block runs; `fixed`: the same ones run for every image. */
  readonly kind: 'closed' | 'fixed';
  /** Its index among the gated ones. */
  readonly block: number;
  /** Which sub-blocks run: `10`. */
  readonly pattern: string;
}

/** No gate of the network decides anything. */
interface NetworkFinding {
  readonly kind: 'network-fixed';
  /** Of all blocks. */
  readonly pattern: string;
}

/** The mean rate is not what the losses can attain. */
export interface RateFinding {
  readonly kind: 'off-target';
  /** Measured mean rate of the blocks that a loss acts on. */
  readonly rate: number;
  /** What the losses can attain, on average over the same blocks. */
  readonly wanted: number;
  /** The optimum that `wanted` comes from. */
  readonly optimum: GatingOptimum;
}

/** Something that is wrong after an epoch. */
export type GateFinding = BlockFinding | NetworkFinding | RateFinding;

/** Nearer to 0 or 1 than this, a gate decides nothing. */
export const FIXED_WITHIN = 0.005;
/** How far the mean rate may be from what the losses can attain. */
export const OFF_TARGET = 0.03;
/** Share of the training of gates in which they may still be as they began: dynconv's bounds too last as long. */
const SETTLING = 1 / 3;

/** When a share of the training of gates is over, as a share of all training: the same, unless they are held open first. */
export function shareOfDeciding(share: number, { gatesOpenUntil = 0 }: GatingRecipe): number {
  return gatesOpenUntil + share * (1 - gatesOpenUntil);
}

/** Returns a function that finds every problem after an epoch, old and new. */
export function gateJudge({ architecture, gating }: GateAlarmContext): (record: GateRecord) => GateFinding[] {
  const optimumAt = gatingOptima(architecture, gating);
  return (record) => {
    const optimum = optimumAt(record.progress);
    return [...collapses(record, gating, optimum), ...offTarget(record, gating, optimum)];
  };
}

function collapses(
  { executionRates, progress }: GateRecord,
  gating: GatingRecipe,
  { blockRates }: GatingOptimum,
): (BlockFinding | NetworkFinding)[] {
  const patterns = executionRates.map(fixedPattern);
  const blocks = patterns.flatMap((pattern, block): BlockFinding[] => {
    if (pattern === undefined) return [];
    if (!pattern.includes('1')) return [{ kind: 'closed', block, pattern }];
    const wanted = gating.resourceWeight > 0 ? (blockRates[block] ?? 1) : 1;
    const isWantedOpen = !pattern.includes('0') && wanted > 1 - OFF_TARGET;
    return isWantedOpen ? [] : [{ kind: 'fixed', block, pattern }];
  });
  const closed = blocks.filter(({ kind }) => kind === 'closed');
  if (progress < shareOfDeciding(SETTLING, gating)) return closed; // gates begin mostly open, and all alike without noise
  if (blocks.length > 0 && blocks.length === patterns.length)
    return [{ kind: 'network-fixed', pattern: patterns.join(' ') }, ...blocks];
  // a gate whose logits always point one way may still be drawn both ways, and often turns when the noise goes
  return isNoisy(progress, gating) && noiseEnd(gating) < 1 ? closed : blocks;
}

/** Whether the epoch that has ended was trained with noise on the gates. */
export function isNoisy(progress: number, gating: GatingRecipe): boolean {
  return progress <= noiseEnd(gating);
}

/** Share of training after which gates have no noise. */
export function noiseEnd({ noiseOffAfter, gatesLearnUntil = 1 }: GatingRecipe): number {
  return Math.min(noiseOffAfter, gatesLearnUntil);
}

/** Which sub-blocks of a block run, if they are the same for nearly every image. */
function fixedPattern(rates: readonly number[]): string | undefined {
  const isFixed = rates.every((rate) => rate < FIXED_WITHIN || rate > 1 - FIXED_WITHIN);
  return isFixed ? rates.map((rate) => (rate > 0.5 ? '1' : '0')).join('') : undefined;
}

function offTarget(
  { executionRates, progress }: GateRecord,
  gating: GatingRecipe,
  optimum: GatingOptimum,
): RateFinding[] {
  const { resourceWeight, resourceRiseUntil, targetFallUntil } = gating;
  const since = Math.max(shareOfDeciding(SETTLING, gating), resourceRiseUntil, targetFallUntil);
  const isInForce = resourceWeight > 0 && progress >= since;
  const asked = optimum.blockRates.flatMap((rate, block) => (rate === null ? [] : [{ rate, block }]));
  if (!isInForce || asked.length === 0) return [];
  const rate = mean(asked.map(({ block }) => mean(executionRates[block] as readonly number[])));
  const wanted = mean(asked.map((one) => one.rate));
  return Math.abs(rate - wanted) > OFF_TARGET ? [{ kind: 'off-target', rate, wanted, optimum }] : [];
}
