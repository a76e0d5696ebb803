import { gatedBlocks } from '@dmnn/architecture';
import { alarmTexts } from './alarm-texts.js';
import {
  type BlockFinding,
  type GateAlarmContext,
  type GateFinding,
  OFF_TARGET,
  gateJudge,
} from './gate-findings.js';
import type { GateRecord } from './gate-record.js';

/** Something that is wrong with the gates of a network in training. */
export interface GateAlarm {
  /**
   * `closed-blocks`: none of their sub-blocks ever runs. `fixed-blocks`: they run the same sub-blocks for every image.
   * `fixed-network`: so does every block, and no image is treated unlike another. `off-target`: the mean rate is not what
   * the losses can attain.
   */
  readonly kind: 'closed-blocks' | 'fixed-blocks' | 'fixed-network' | 'off-target';
  /** From 0: the epoch after which the alarm was raised. */
  readonly epoch: number;
  /** Where: paths such as `stage1.block0`; all gated blocks if it is the whole network. */
  readonly blocks: readonly string[];
  /** What is wrong, where, the figures, and which settings of the recipe to change: for people. */
  readonly message: string;
}

/**
 * The alarms about the gates after the last of some evaluated epochs.
 *
 * A gate that is open for less than 0.5 % of the images, or for more than 99.5 %, decides nothing. The alarms report
 * - that a block is closed, at any time;
 * - that the whole network decides nothing, after a third of training;
 * - that some of its blocks do, from when noise on the gates ends (after a third of training, if it never does);
 * - that the mean rate is further than 0.03 from the joint optimum of Eq. 12 and 14, after a third of training and once
 *   the losses have their full weight and the target has fallen.
 *
 * A block that is open for every image is fine if its target is 1.
 *
 * If the recipe holds the gates open at first, the third is of the rest of training.
 *
 * An alarm is repeated only when it has changed: another pattern of sub-blocks, or a rate 0.03 further off or on the
 * other side. At the end of training every problem is reported.
 *
 * @param history - evaluated epochs from the first on, the one to be judged last, see {@link gateHistory}
 * @param context - the network and its gating recipe
 * @returns the new alarms, closed blocks first; empty if there are none
 * @throws RangeError if the rates of an epoch are not those of the network's gated blocks
 *
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { gateAlarms } from '@dmnn/trainer';
 * import { recipeNamed } from '@dmnn/runs';
 *
 * const architecture = createArchitecture('dmnn-cifar-resnet8-n2', { classes: 100 });
 * const { gating } = recipeNamed('dmnn-cifar-resnet20-n2');
 * const record = { epoch: 4, progress: 1, executionRates: [[1, 0.2], [0.4, 0.8], [1, 0]], trainingRate: 0.6 };
 * const [alarm] = gateAlarms([record], { architecture, gating: gating! });
 * console.log(alarm?.kind, alarm?.blocks.join()); // => fixed-blocks stage2.block0
 * ```
 */
export function gateAlarms(history: readonly GateRecord[], context: GateAlarmContext): GateAlarm[] {
  const findingsOf = gateJudge(context);
  const reported = new Map<string, GateFinding>();
  let found: GateFinding[] = [];
  let news: GateFinding[] = [];
  for (const record of history) {
    assertRates(record, context);
    found = findingsOf(record);
    news = found.filter((one) => record.progress >= 1 || isNew(one, reported.get(keyOf(one))));
    for (const one of news) reported.set(keyOf(one), one);
  }
  const last = history.at(-1);
  return last ? alarmsOf(news, found, last, context) : [];
}

function keyOf(finding: GateFinding): string {
  return 'block' in finding ? `block ${finding.block}` : finding.kind;
}

function isNew(finding: GateFinding, before: GateFinding | undefined): boolean {
  if (!before) return true;
  if (finding.kind === 'off-target' && before.kind === 'off-target') {
    const [then, now] = [before.rate - before.wanted, finding.rate - finding.wanted];
    return Math.sign(then) !== Math.sign(now) || Math.abs(now) > Math.abs(then) + OFF_TARGET;
  }
  return 'pattern' in finding && 'pattern' in before && finding.pattern !== before.pattern;
}

/** @param found - all that is wrong now, what was reported before included: advice must not contradict that either */
function alarmsOf(
  news: readonly GateFinding[],
  found: readonly GateFinding[],
  record: GateRecord,
  context: GateAlarmContext,
): GateAlarm[] {
  const paths = gatedBlocks(context.architecture).map(({ path }) => path);
  const texts = alarmTexts(paths, record, context.gating);
  const blocksOf = (kind: BlockFinding['kind']): number[] =>
    news.flatMap((finding) => (finding.kind === kind ? [finding.block] : []));
  const alarm = (kind: GateAlarm['kind'], blocks: readonly string[], text: string): GateAlarm => ({
    kind,
    epoch: record.epoch,
    blocks,
    message: `after epoch ${record.epoch + 1}: ${text}`,
  });
  const some = (kind: 'closed' | 'fixed', blocks: readonly number[]): GateAlarm[] => {
    if (blocks.length === 0) return [];
    const places = blocks.map((block) => paths[block] as string);
    return [alarm(`${kind}-blocks`, places, texts[kind](blocks))];
  };
  const isWhole = news.some(({ kind }) => kind === 'network-fixed');
  const off = news.find((finding) => finding.kind === 'off-target');
  const collapses = found.flatMap((finding) => ('block' in finding ? [finding.kind] : []));
  return [
    ...some('closed', blocksOf('closed')),
    ...(isWhole ? [alarm('fixed-network', paths, texts.network())] : some('fixed', blocksOf('fixed'))),
    ...(off ? [alarm('off-target', paths, texts.offTarget(off, [...new Set(collapses)]))] : []),
  ];
}

function assertRates({ epoch, executionRates }: GateRecord, { architecture }: GateAlarmContext): void {
  const wanted = gatedBlocks(architecture).map(({ block }) => block.subBlocks.length);
  const got = executionRates.map(({ length }) => length);
  if (wanted.join() !== got.join()) {
    throw new RangeError(
      `history, epoch ${epoch}: expected rates of ${wanted.join(', ')} sub-blocks, one list for each gated block of ${architecture.name}, got ${got.join(', ') || 'none'}`,
    );
  }
  const outside = executionRates.flat().find((rate) => !(rate >= 0 && rate <= 1));
  if (outside !== undefined)
    throw new RangeError(`history, epoch ${epoch}: expected rates in [0, 1], got ${outside}`);
}
