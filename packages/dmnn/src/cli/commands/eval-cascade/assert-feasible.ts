import { FEWEST_CALIBRATION_IMAGES, smallestDrop } from '@dmnn/confidence';
import { countNetwork, flopsTable, fullMacs, tableUntilExit } from '@dmnn/flops';
import type { OpenedNetworkData } from '@dmnn/runs';
import type { DmnnError } from '@dmnn/foundation';
import type { Budgets } from '../../options/budgets-option.js';
import { usageError } from '../../terminal/usage-error.js';
import type { PartOutputs } from './cascade-findings.js';
import type { ChosenOn, PartData } from './open-parts.js';

/** Mean costs that thresholds can reach, in the unit of the budgets. */
export interface Reach {
  /** Every image stops at the first stage. */
  readonly lowest: number;
  /** All images go through all stages. */
  readonly highest: number;
}

/** Numbers of images. */
interface ImageCounts {
  readonly test: number;
  /** Undefined: halves of the test images, or nothing to choose. */
  readonly choosing?: number | undefined;
}

/**
 * Refuses what is known not to work before any network runs: data of other classes, too few images to choose on, budgets
 * that no threshold reaches.
 *
 * @param lastMacs - what shares are of
 * @throws DmnnError `DMNN_USAGE`
 */
export function assertFeasible(
  parts: readonly OpenedNetworkData[],
  data: readonly PartData[],
  {
    choice,
    budgets,
    accuracyDrop,
    lastMacs,
  }: {
    readonly choice: ChosenOn | undefined;
    readonly budgets: Budgets | undefined;
    readonly accuracyDrop?: number | undefined;
    readonly lastMacs: number;
  },
): void {
  for (const [at, { architecture }] of parts.entries()) {
    const { classes, name } = data[at]?.test ?? { classes: architecture.head.classes, name: '' };
    if (classes === architecture.head.classes) continue;
    throw usageError(
      `--data: expected data of the ${architecture.head.classes} classes of ${architecture.name}, got ${name} with ${classes}.`,
    );
  }
  const [first] = data;
  if (choice && first) {
    const counts = { test: first.test.size, choosing: first.choosing?.size };
    assertEnoughImages(choice, counts);
    if (accuracyDrop !== undefined) assertShowable(accuracyDrop, counts);
  }
  if (!choice || budgets?.unit !== 'share') return;
  const tables = parts.map(({ architecture }, at) =>
    flopsTable(countNetwork(architecture, { imageSizePx: data[at]?.test.imageSizePx })),
  );
  const highest = tables.reduce((sum, table) => sum + fullMacs(table), 0) / lastMacs;
  const [table] = tables;
  const start = table?.exits ? tableUntilExit(table, 0) : table;
  const isConstant = start?.subBlockMacs.length === 0;
  const reach = { lowest: isConstant ? start.fixedMacs / lastMacs : 0, highest };
  // a little more than is reached: a range of budgets may end there
  const tooHigh = budgets.values.filter((budget) => budget > 1.1 * highest);
  if (tooHigh.length > 0) throw unreachable(tooHigh, reach, budgets.unit);
  if (budgets.values.every((budget) => budget < reach.lowest * (1 - 1e-12)))
    throw unreachable(budgets.values, reach, budgets.unit);
}

/**
 * Refuses to choose on so few images that what is found is mostly chance.
 *
 * @throws DmnnError `DMNN_USAGE` with what to do for these images
 */
export function assertEnoughImages(choice: ChosenOn | undefined, { test, choosing }: ImageCounts): void {
  if (!choice) return;
  const fewest = FEWEST_CALIBRATION_IMAGES;
  const images = choosing ?? Math.floor(test / 2);
  if (images >= fewest) return;
  const expected = `--choose-on ${choice.images}: expected at least ${fewest} images`;
  throw usageError(
    {
      training: `${expected}, got ${images}. Give --calibration-images ${fewest} or more, or data with more training images.`,
      'held-out': `${expected}, got the ${images} that the runs held out. Train with --hold-out ${fewest} or more, or choose on others: --choose-on test-halves.`,
      'test-halves': `${expected} in each half, got ${images} of ${test} test images. Evaluate on at least ${2 * fewest} test images, or choose on others: --choose-on training.`,
    }[choice.images],
  );
}

/** Refuses a loss so small that the images cannot show it, even if nothing is lost. @throws DmnnError `DMNN_USAGE` */
function assertShowable(drop: number, { test, choosing }: ImageCounts): void {
  const images = choosing ?? Math.floor(test / 2);
  const smallest = smallestDrop(images);
  if (drop >= smallest) return;
  throw usageError(
    `--accuracy-drop: expected at least ${rounded(smallest, Math.ceil)} points, the smallest loss that ${images} images to choose on can show with 95 % confidence, got ${drop}. Choose on more images, or allow a larger loss.`,
  );
}

/** Mean costs that thresholds can reach on the images chosen on; where those are halves of the test images, on both. */
export function reachOf(
  { test, choosing, exitMs }: PartOutputs,
  unit: Budgets['unit'],
  scale: number,
): Reach {
  const outputs = choosing ?? test;
  const halves = choosing ? 1 : 2;
  const means = (costs: readonly number[]): number[] =>
    Array.from({ length: halves }, (_, half) => {
      const own = costs.filter((_cost, row) => row % halves === half);
      return own.reduce((sum, each) => sum + each, 0) / Math.max(1, own.length);
    });
  if (unit === 'ms') {
    const times = outputs.map(({ evaluation }) => evaluation.timing.msPerImage);
    return { lowest: exitMs?.[0]?.[0] ?? times[0] ?? 0, highest: times.reduce((sum, each) => sum + each, 0) };
  }
  const macs = outputs.map(({ evaluation }) => means(evaluation.cost.perImageMacs));
  const [first] = outputs;
  const start = first?.exits[0] ? means(first.exits[0].perImageMacs) : (macs[0] ?? []);
  const all = Array.from({ length: halves }, (_, half) =>
    macs.reduce((sum, each) => sum + (each[half] as number), 0),
  );
  return { lowest: Math.max(...start) / scale, highest: Math.max(...all) / scale };
}

/** Budgets that no threshold reaches. The ends that it names are budgets that can be reached. */
export function unreachable(budgets: readonly number[], reach: Reach, unit: Budgets['unit']): DmnnError {
  const { lowest, highest } = reach;
  const [from, to] = [rounded(lowest, Math.ceil), rounded(highest, Math.floor)];
  const text = (cost: number): string => (unit === 'ms' ? `${cost}ms` : String(cost));
  const what = unit === 'ms' ? 'a mean time' : "a mean cost, as a share of the last network's MACs,";
  return usageError(
    lowest === 0
      ? `--budgets: expected ${what} up to ${text(to)} (all images go through all stages), got ${budgets.map(text).join(', ')}.`
      : `--budgets: expected ${what} from ${text(from)} (every image stops at the first stage) to ${text(to)} (all go through all), got ${budgets.map(text).join(', ')}.`,
  );
}

/** Four digits. */
function rounded(cost: number, round: (x: number) => number): number {
  const scale = 10 ** (3 - Math.floor(Math.log10(cost)));
  return Number((round(cost * scale) / scale).toPrecision(4));
}
