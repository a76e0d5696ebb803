import { gatedBlocks } from '@dmnn/architecture';
import type { ImageDataset, SquarePhotographs } from '@dmnn/data';
import type { Network } from '@dmnn/network';
import type { Evaluation, ExecutionComparison, ModelSource, OnSkipped, OpenedModel } from '@dmnn/trainer';
import type { Command } from 'commander';
import { type BackendChoice, backendOption } from './backend-option.js';
import { type Budgets, budgetsOption } from './budgets-option.js';
import { type CheckpointChoice, checkpointOption } from './checkpoint-option.js';
import { choiceOption } from './choice-option.js';
import type { CommandContext } from './command-context.js';
import type { CommandIo } from './command-io.js';
import { countText, millisecondsText, percentText } from './count-text.js';
import { type BudgetFindings, budgetsJson, budgetsText, evaluateBudgets } from './eval-budgets.js';
import { evaluationJson } from './evaluation-json.js';
import { executionRatesText } from './execution-rates-text.js';
import { type ExitCode, DONE } from './exit-code.js';
import { interruptible } from './interrupt-signal.js';
import { jsonOption } from './json-option.js';
import { inNativeProcess } from './native-process.js';
import { integerOption } from './number-option.js';
import {
  type DataSplits,
  isImagenet,
  openData,
  openTestPhotographs,
  trainingDataForms,
} from './open-data.js';
import { badImagesOption, workersOption } from './photograph-options.js';
import { skippedImages } from './skipped-images.js';
import { startBackend } from './start-backend.js';
import { tableText } from './table-text.js';
import { UsageError } from './usage-error.js';

const executions = ['masked', 'skipping', 'both'] as const;

/** Options of `dmnn eval`. */
interface EvalOptions {
  readonly backend?: BackendChoice;
  readonly batchSize?: number;
  readonly budgets?: Budgets;
  readonly calibrationImages: number;
  readonly checkpoint: CheckpointChoice;
  readonly data?: string;
  readonly execution: (typeof executions)[number];
  readonly json?: boolean;
  readonly latencies?: string;
  readonly badImages: number;
  readonly workers?: number;
}

/** Evaluates a network on test data: its own if it is of a run. */
function evaluateRun(folder: string, options: EvalOptions, io: CommandIo): Promise<ExitCode> {
  return inNativeProcess(options.backend, io, () => evaluateHere(folder, options, io));
}

async function evaluateHere(folder: string, options: EvalOptions, io: CommandIo): Promise<ExitCode> {
  if (options.latencies !== undefined && options.budgets?.unit !== 'ms') {
    throw new UsageError(
      '--latencies: expected with --budgets in milliseconds, such as --budgets 6ms..12ms:1ms.',
    );
  }
  const backend = await startBackend(options.backend, io);
  const { openModel } = await import('@dmnn/trainer');
  const { createNetwork } = await import('@dmnn/network');
  const model = await openModel(folder, {
    which: options.checkpoint,
    onWarning: (message) => {
      io.err(message);
    },
  });
  const network = createNetwork(model.architecture, { seed: 0, weights: model.weights });
  try {
    return await interruptible(io, async (signal) => {
      const data = await dataOf(model, options, io);
      const { budgets, calibrationImages, execution, latencies } = options;
      // milliseconds are promised for one image at a time; errors and costs do not depend on it
      const batchSize = options.batchSize ?? (budgets?.unit === 'ms' ? 1 : 200);
      if (budgets) assertGated(network);
      const onSkipped = await skippedImages(options.badImages, io);
      const found = await findings(network, data, { execution, batchSize, onSkipped }, signal, io);
      const budget =
        budgets &&
        (await evaluateBudgets(
          network,
          smallImages(data),
          {
            ...{ budgets, calibrationImages, latencies, batchSize, backend, signal },
            execution: execution === 'masked' ? 'masked' : 'skipping',
          },
          io,
        ));
      const all = { ...found, ...(budget && { budgets: budget }) };
      io.out(options.json ? JSON.stringify(findingsJson(all), null, 2) : findingsText(model, data, all));
      return DONE;
    });
  } finally {
    network.dispose();
  }
}

/** What was evaluated: one way or both, and then how they agree. */
interface Findings {
  readonly masked?: Evaluation;
  readonly skipping?: Evaluation;
  readonly comparison?: ExecutionComparison;
  readonly budgets?: BudgetFindings;
}

function assertGated({ architecture }: Network): void {
  if (gatedBlocks(architecture).length > 0) return;
  throw new UsageError(
    `--budgets: expected a network with gates, got ${architecture.name}, whose cost is always the same.`,
  );
}

interface FindingsOptions {
  readonly execution: EvalOptions['execution'];
  readonly batchSize: number;
  readonly onSkipped: OnSkipped;
}

async function findings(
  network: Network,
  { test }: EvaluatedData,
  { execution: wanted, batchSize, onSkipped }: FindingsOptions,
  signal: AbortSignal,
  io: CommandIo,
): Promise<Findings> {
  const { compareExecutions, evaluate } = await import('@dmnn/trainer');
  const work = { network, dataset: test, batchSize, onSkipped };
  const shown = (what: string) => (images: number): void => {
    signal.throwIfAborted();
    io.redraw(`${what}: ${images} of ${test.size} images`);
  }; // prettier-ignore
  const run = (execution: 'masked' | 'skipping'): Promise<Evaluation> =>
    evaluate({ ...work, execution, signal, onProgress: shown(execution) });
  if (wanted !== 'both') return { [wanted]: await run(wanted) };
  return {
    masked: await run('masked'),
    skipping: await run('skipping'),
    comparison: await compareExecutions({ ...work, onProgress: shown('comparing') }),
  };
}

/** What a network is evaluated on. Training images are there if they are small. */
type EvaluatedData = DataSplits | { readonly test: SquarePhotographs };

function smallImages(data: EvaluatedData): DataSplits {
  if ('train' in data) return data;
  throw new UsageError('--budgets: expected small images to find thresholds on, got photographs.');
}

/** A run's own data, or what `--data` names, normalised as the network knows them. */
async function dataOf(
  model: OpenedModel,
  { data: spec, workers }: EvalOptions,
  io: CommandIo,
): Promise<EvaluatedData> {
  const { source, channelMeans, channelDeviations } = model;
  if (spec === undefined) return ownData(source);
  if (isImagenet(spec)) {
    const { imageSizePx } = model.architecture;
    const statistics = { channelMeans, channelDeviations };
    return { test: await openTestPhotographs(spec, { imageSizePx, workers, statistics }) };
  }
  const data = await openData(spec);
  if (source.kind === 'imported') {
    const normalised = (split: ImageDataset): ImageDataset => ({ ...split, channelMeans, channelDeviations });
    return { train: normalised(data.train), test: normalised(data.test) };
  }
  const normalisation = (of: Pick<OpenedModel, 'channelMeans' | 'channelDeviations'>): string =>
    JSON.stringify([of.channelMeans, of.channelDeviations]);
  if (data.train.name !== source.dataset || normalisation(data.train) !== normalisation(model)) {
    io.err(
      `these data are not those that the run was trained on: ${data.train.name}, then ${source.dataset}`,
    );
  }
  return data;
}

async function ownData(source: ModelSource): Promise<DataSplits> {
  if (source.kind === 'imported') {
    throw new UsageError('--data: expected where the data is, since the network was imported.');
  }
  const { dataset, trainingImages, testImages } = source;
  if (dataset !== 'built-in') {
    throw new UsageError(`--data: expected where the data is, since the run was trained on ${dataset}.`);
  }
  const { builtInDataset } = await import('@dmnn/data');
  return {
    train: builtInDataset({ split: 'train', size: trainingImages }),
    test: builtInDataset({ split: 'test', size: testImages }),
  };
}

function findingsJson({ masked, skipping, comparison, budgets }: Findings): object {
  return {
    ...evaluationJson((skipping ?? masked) as Evaluation),
    ...(masked && skipping && { masked: evaluationJson(masked), comparison }),
    ...(budgets && budgetsJson(budgets)),
  };
}

function findingsText(
  { architecture, source }: OpenedModel,
  { test }: EvaluatedData,
  found: Findings,
): string {
  const columns = Object.entries({ masked: found.masked, skipping: found.skipping }).filter(
    (entry): entry is [string, Evaluation] => entry[1] !== undefined,
  );
  const row = (head: string, cell: (evaluation: Evaluation) => string): string[] => [
    head,
    ...columns.map(([, evaluation]) => cell(evaluation)),
  ];
  const [, first] = columns[0] as [string, Evaluation];
  return [
    `${architecture.name}, ${sourceText(source)}: ${test.size} test images of ${test.name}\n`,
    tableText(
      [{ head: '' }, ...columns.map(([head]) => ({ head, align: 'right' as const }))],
      [
        row('top-1 error', ({ topOneErrorPercent }) => `${topOneErrorPercent.toFixed(2)} %`),
        row('mean MACs', ({ meanMacs }) => countText(meanMacs)),
        row('of the undivided backbone', ({ macsRatio }) => percentText(macsRatio)),
        ...(first.executionRate === null
          ? []
          : [row('gates open', ({ executionRate }) => percentText(executionRate ?? 1))]),
        row('time per image', ({ msPerImage }) => millisecondsText(msPerImage)),
      ],
    ),
    ...(first.executionRates.length > 0 ? ['', executionRatesText(architecture, first.executionRates)] : []),
    ...(found.comparison ? ['', comparisonText(found.comparison)] : []),
    ...(found.budgets ? ['', budgetsText(found.budgets)] : []),
  ].join('\n');
}

function sourceText(source: ModelSource): string {
  if (source.kind === 'imported') return `imported from ${source.importedFrom.file}`;
  return `epoch ${source.checkpoint.epoch}, step ${source.checkpoint.step}`;
}

function comparisonText(comparison: ExecutionComparison): string {
  const { images, gates, undecidedGates, undecidedDifferences, decidedDifferences, consequentDifferences } =
    comparison;
  const { imagesOfEqualGates, predictionDifferences, undecidedPredictionDifferences } = comparison;
  return [
    `masked and skipping over ${gates} gates: ${decidedDifferences} decided otherwise; of the ${undecidedGates} whose two ` +
      `logits are within 1e-4, ${undecidedDifferences}; in their consequence ${consequentDifferences}`,
    `all gates equal for ${imagesOfEqualGates} of ${images} images: ${predictionDifferences} predicted otherwise, and ` +
      `${undecidedPredictionDifferences} whose two largest logits are within 1e-4; largest difference of a logit ` +
      comparison.largestLogitDifference.toExponential(1),
  ].join('\n');
}

/** Adds `dmnn eval`. */
export function addEval(program: Command, { io, finish }: CommandContext): void {
  program
    .command('eval')
    .description(
      'evaluate the network of a run, or an imported one: error, mean cost, time per image, execution rates',
    )
    .argument('<run>', 'a run folder, or a model folder of dmnn import')
    .option('--data <data>', `${trainingDataForms} (default: built-in if the run was trained on it)`)
    .option(
      '--execution <how>',
      'skipping (compute only what is open), masked (compute everything), or both, compared',
      choiceOption('--execution', executions),
      'skipping',
    )
    .addOption(checkpointOption())
    .option(
      '--batch-size <images>',
      'images computed together (default: 200; 1 with budgets in milliseconds)',
      integerOption('--batch-size', { min: 1, unit: 'images' }),
    )
    .option(
      '--budgets <budgets>',
      "error at these mean costs too, by thresholds on the gates: shares of the undivided backbone's MACs (0.3..1, 0.3..1:0.05, 0.4,0.6) or milliseconds an image (8ms, 6ms..12ms:1ms)",
      budgetsOption,
    )
    .option(
      '--calibration-images <images>',
      'training images, not augmented, to find the thresholds on',
      integerOption('--calibration-images', { min: 1, unit: 'images' }),
      2000,
    )
    .option(
      '--latencies <file>',
      'what each sub-block costs in milliseconds: read if the file exists, or else measured and written to it',
    )
    .addOption(workersOption())
    .addOption(badImagesOption())
    .addOption(backendOption('the best that works'))
    .addOption(jsonOption())
    .action((folder: string, options: EvalOptions) => finish(evaluateRun(folder, options, io)));
}
