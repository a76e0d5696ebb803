import type { Combination, ConfidenceMeasure } from '@dmnn/confidence';
import type { Command } from 'commander';
import type { Budgets } from '../../options/budgets-option.js';
import { choiceOption, numberOption, repeated } from '../../options/common-options.js';
import type { HoldOut } from '../../options/hold-out-option.js';
import { settingForms } from '../../options/stage-argument.js';
import { usageError } from '../../terminal/usage-error.js';

/** Images on which a cascade's thresholds and temperatures are chosen. */
export const choosingImages = ['training', 'held-out', 'test-halves'] as const;

/** Options of `dmnn eval` about systems that decide by image; most of them only a cascade takes. */
export interface CascadeOptions {
  /** The networks after the first. */
  readonly then?: readonly string[] | undefined;
  /** Whether images leave at the exits of one network. */
  readonly exits?: boolean | undefined;
  readonly chooseOn?: (typeof choosingImages)[number] | undefined;
  readonly combine?: Combination | undefined;
  readonly by?: ConfidenceMeasure | undefined;
  /** Points of top-1 accuracy. */
  readonly accuracyDrop?: number | undefined;
  readonly control?: boolean | undefined;
  /** Static networks, or logs of them. */
  readonly against?: readonly string[] | undefined;
  readonly log?: string | undefined;
  readonly save?: string | undefined;
}

/** Adds them to a command. */
export function addCascadeOptions(command: Command): Command {
  return command
    .option(
      '--then <run>',
      `a network for the images of which those before it are not sure enough; may be given again. This and <run> may be one checkpoint at other settings: ${settingForms}; a budget is a mean cost by thresholds found on training images`,
      repeated,
    )
    .option(
      '--exits',
      'let images leave at the exits of the network, by thresholds that --budgets or --accuracy-drop choose',
    )
    .option(
      '--choose-on <images>',
      "images on which a cascade's thresholds and temperatures are chosen, and the fixed gates of --control: training (a network is too sure of those that it was trained on), held-out (those that the runs held out), or test-halves (each half of the test images with what was chosen on the other; default: held-out if the runs have any, otherwise test-halves)",
      choiceOption('--choose-on', choosingImages),
    )
    .option(
      '--combine <which>',
      'whose probabilities answer: last (of the last network that ran) or mean (of all that ran; default: what has fewer errors on the images chosen on)',
      choiceOption('--combine', ['last', 'mean']),
    )
    .option(
      '--by <measure>',
      'what confidence is: probability (the largest), margin (to the second largest) or entropy (default: probability)',
      choiceOption('--by', ['probability', 'margin', 'entropy']),
    )
    .option(
      '--accuracy-drop <points>',
      'the cheapest thresholds that lose at most so many points of top-1 accuracy against all networks run on every image, with 95 % confidence',
      numberOption('--accuracy-drop', { above: 0, max: 100 }),
    )
    .option(
      '--control',
      'also what the same networks reach at the same mean cost without a choice by image, and the difference with its interval over images: if images that go on are chosen at random; of a network with gates, under the best fixed gate pattern',
    )
    .option(
      '--against <run>',
      'a static network to compare with at equal cost: a run, a model or a log of --log; may be given again, and the line between the two nearest in MACs is taken',
      repeated,
    )
    .option(
      '--log <file>',
      'write a line for each test image: index, right, MACs; confidence and stage where images stop early',
    )
    .option('--save <folder>', 'save the cascade with what was chosen, as a folder that names its networks');
}

/** Those of {@link CascadeOptions} that are given, as typed. */
export function cascadeOptionsOf(options: CascadeOptions): string[] {
  const { against, chooseOn, combine, by, accuracyDrop, control, log, save } = options;
  const given = {
    '--against': against,
    '--choose-on': chooseOn,
    '--combine': combine,
    '--by': by,
    '--accuracy-drop': accuracyDrop,
    '--control': control,
    '--log': log,
    '--save': save,
  };
  return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}

/** What of `dmnn eval` a cascade excludes, and what it needs. @throws DmnnError `DMNN_USAGE` */
export function assertCascadeOptions(
  options: CascadeOptions & {
    readonly budgets?: Budgets | undefined;
    readonly holdOut?: HoldOut | undefined;
    readonly latencies?: string | undefined;
    readonly noisyGates?: number | undefined;
    readonly width?: number | undefined;
  },
): void {
  const { exits, then, budgets, accuracyDrop, holdOut, latencies, noisyGates, width } = options;
  const kind = then === undefined ? '--exits' : '--then';
  if (exits && then !== undefined)
    throw usageError('--exits: expected without --then: in a cascade all exits are used.');
  assertNotOfOneNetwork({ holdOut, latencies, noisyGates, width }, kind);
  if (budgets && accuracyDrop !== undefined)
    throw usageError('--accuracy-drop: expected without --budgets: thresholds meet one or the other.');
  if (!budgets && accuracyDrop === undefined)
    throw usageError(`${kind}: expected with --budgets or --accuracy-drop, by which thresholds are chosen.`);
  assertOneAim(options);
}

/**
 * Refuses options about one network whose images all go to its end.
 *
 * @param kind - what has stages: `--then`
 * @throws DmnnError `DMNN_USAGE`
 */
export function assertNotOfOneNetwork(
  {
    holdOut,
    latencies,
    noisyGates,
    width,
  }: {
    readonly holdOut?: HoldOut | undefined;
    readonly latencies?: string | undefined;
    readonly noisyGates?: number | undefined;
    readonly width?: number | undefined;
  },
  kind: string,
): void {
  const excluded = {
    '--hold-out': holdOut,
    '--latencies': latencies,
    '--noisy-gates': noisyGates,
    '--width': width,
  };
  const [wrong] = Object.entries(excluded).find(([, value]) => value !== undefined) ?? [];
  if (wrong === undefined) return;
  throw usageError(
    `${wrong}: expected without ${kind}, since it is about one network whose images all go to its end. Leave it out.`,
  );
}

/** A log and a saved cascade are of one choice. @throws DmnnError `DMNN_USAGE` */
export function assertOneAim({
  budgets,
  log,
  save,
}: CascadeOptions & { readonly budgets?: Budgets | undefined }): void {
  const [option] = [log === undefined ? '' : '--log', save === undefined ? '' : '--save'].filter(Boolean);
  if (option === undefined || !budgets || budgets.values.length === 1) return;
  throw usageError(`${option}: expected one budget, got ${budgets.values.length}.`);
}

/** What only says how thresholds are chosen. @throws DmnnError `DMNN_USAGE` if it is given where none are */
export function assertNothingChosen({ chooseOn, by, combine }: CascadeOptions): void {
  const given = { '--choose-on': chooseOn, '--by': by, '--combine': combine };
  const [option] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (option === undefined) return;
  throw usageError(
    `${option}: expected with --budgets or --accuracy-drop: a saved cascade has its thresholds.`,
  );
}
