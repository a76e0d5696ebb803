import { gatedBlocks } from '@dmnn/architecture';
import type { Dataset, InMemoryDataset } from '@dmnn/data';
import type { GatePolicy } from '@dmnn/gating';
import type { Network } from '@dmnn/network';
import type { Evaluation, ExecutionComparison, OnSkipped } from '@dmnn/trainer';
import type { ModelSource, OpenedNetworkData } from '@dmnn/runs';
import { type Budgets, budgetsOption } from '../options/budgets-option.js';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { countText, millisecondsText, percentText } from '../../text/count-text.js';
import { type BudgetFindings, budgetsJson, budgetsText, evaluateBudgets } from './eval-parts/eval-budgets.js';
import { evaluationJson } from './eval-parts/evaluation-json.js';
import { executionRatesText } from '../../text/execution-rates-text.js';
import { type ExitCode, DONE } from '../terminal/exit-code.js';
import { interruptible } from '../terminal/interrupt-signal.js';
import { Option } from 'commander';
import {
  type TrainingSplits,
  isImagenet,
  openData,
  openTestImages,
  openTrainingData,
  trainingDataForms,
} from '../options/open-data.js';
import { skippedImages } from '../terminal/skipped-images.js';
import { tableText } from '../../text/table-text.js';
import { usageError } from '../terminal/usage-error.js';
import { type BackendChoice, startBackend } from '../terminal/start-backend.js';
import {
  type CheckpointChoice,
  backendOption,
  badImagesOption,
  calibrationImagesOption,
  checkpointOption,
  jsonOption,
  workersOption,
} from '../options/common-options.js';
import { choiceOption, integerOption, numberOption } from '../options/option-values.js';

const executions = ['masked', 'skipping', 'both'] as const;

/** Options of `dmnn eval`. */
interface EvalOptions {
  readonly backend?: BackendChoice | undefined;
  readonly batchSize?: number | undefined;
  readonly budgets?: Budgets | undefined;
  readonly calibrationImages: number;
  readonly checkpoint: CheckpointChoice;
  readonly data?: string | undefined;
  readonly execution: (typeof executions)[number];
  readonly json?: boolean | undefined;
  readonly latencies?: string | undefined;
  readonly badImages: number;
  readonly noisyGates?: number | undefined;
  readonly width?: number | undefined;
  readonly workers?: number | undefined;
}

interface EvalRequest extends EvalOptions {
  readonly folder: string;
}

function evalRequest(folder: string, options: EvalOptions): EvalRequest {
  assertOptionsGoTogether(options);
  return { folder, ...options };
}

/** Evaluates a network on test data; a run uses its own test set by default. */
async function evaluateNetwork(options: EvalRequest, io: CommandIo): Promise<ExitCode> {
  const backend = await startBackend(options.backend, io);
  const { createNetwork } = await import('@dmnn/network');
  const { openNetworkData } = await import('@dmnn/runs');
  const { checkpoint, width } = options;
  const model = await openNetworkData(options.folder, {
    which: checkpoint,
    width,
    onWarning: (message) => {
      io.err(message);
    },
  });
  const network = createNetwork(model.architecture, { seed: 0, weights: model.weights });
  try {
    return await interruptible(io, async (signal) => {
      const data = await dataOf(model, options, io);
      const { budgets, calibrationImages, execution, latencies, noisyGates } = options;
      // milliseconds are promised for one image at a time; errors and costs do not depend on it
      const batchSize = options.batchSize ?? (budgets?.unit === 'ms' ? 1 : 200);
      if (budgets) assertGated('--budgets', network, 'whose cost is constant');
      if (noisyGates !== undefined) assertGated('--noisy-gates', network, 'which has none');
      const onSkipped = await skippedImages(options.badImages, io);
      const policy = noisyGates === undefined ? await policyOf(model) : await noisyPolicy(noisyGates);
      const found = await findings(network, data, { execution, batchSize, policy, onSkipped }, signal, io);
      const budget =
        budgets &&
        (await evaluateBudgets(
          network,
          withTraining(data),
          {
            ...{ budgets, calibrationImages, latencies, batchSize, backend, onSkipped, signal },
            execution: execution === 'masked' ? 'masked' : 'skipping',
          },
          io,
        ));
      const all = { ...found, ...(budget && { budgets: budget }), noisyGates, width: options.width };
      io.out(options.json ? JSON.stringify(findingsJson(all), null, 2) : findingsText(model, data, all));
      return DONE;
    });
  } finally {
    network.dispose();
  }
}

function assertOptionsGoTogether({ budgets, execution, latencies, noisyGates }: EvalOptions): void {
  if (latencies !== undefined && budgets?.unit !== 'ms') {
    throw usageError(
      '--latencies: expected with --budgets in milliseconds, such as --budgets 6ms..12ms:1ms.',
    );
  }
  if (noisyGates === undefined) return;
  if (budgets) {
    throw usageError(
      '--noisy-gates: expected without --budgets, since thresholds and noise exclude each other.',
    );
  }
  if (execution === 'both') {
    throw usageError(
      '--noisy-gates: expected with --execution skipping or masked, since only gates without noise are compared, got both.',
    );
  }
}

/** The gate decision that a run's recipe sets; undefined for other networks. */
async function policyOf({ source }: OpenedNetworkData): Promise<GatePolicy | undefined> {
  if (source.kind !== 'run') return undefined;
  const { loadRunConfig } = await import('@dmnn/runs');
  const { gateDecision } = await import('@dmnn/trainer');
  const { gating } = (await loadRunConfig(source.folder)).recipe;
  return gating ? gateDecision(gating).use : undefined;
}

async function noisyPolicy(seed: number): Promise<GatePolicy> {
  const { sampled } = await import('@dmnn/gating');
  return sampled({ seed, epoch: 0 });
}

/** What was evaluated: one way or both, and then how they agree. */
interface Findings {
  readonly masked?: Evaluation;
  readonly skipping?: Evaluation;
  readonly comparison?: ExecutionComparison;
  readonly budgets?: BudgetFindings;
  /** Seed of the noise on the gates; undefined: none. */
  readonly noisyGates?: number | undefined;
  /** Of a slimmable network, if it was asked for. */
  readonly width?: number | undefined;
}

function assertGated(option: string, { architecture }: Network, why: string): void {
  if (gatedBlocks(architecture).length > 0) return;
  throw usageError(`${option}: expected a network with gates, got ${architecture.name}, ${why}.`);
}

interface FindingsOptions {
  readonly execution: EvalOptions['execution'];
  readonly batchSize: number;
  readonly policy: GatePolicy | undefined;
  readonly onSkipped: OnSkipped;
}

async function findings(
  network: Network,
  { test }: EvaluatedData,
  { execution: wanted, batchSize, policy, onSkipped }: FindingsOptions,
  signal: AbortSignal,
  io: CommandIo,
): Promise<Findings> {
  const { compareExecutions, evaluate } = await import('@dmnn/trainer');
  const work = { network, dataset: test, batchSize, onSkipped, ...(policy && { policy }) };
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

/** What a network is evaluated on. Training images are there if thresholds are to be found on them. */
interface EvaluatedData {
  readonly train?: Dataset;
  readonly test: Dataset;
}

function withTraining({ train, test }: EvaluatedData): TrainingSplits {
  if (!train) throw new Error('expected training images wherever --budgets is given');
  return { train, test };
}

/** A run's own data, or what `--data` names, normalised as the network knows them. */
async function dataOf(
  model: OpenedNetworkData,
  { data: spec, workers, budgets }: EvalOptions,
  io: CommandIo,
): Promise<EvaluatedData> {
  const { source, channelMeans, channelDeviations } = model;
  if (spec === undefined) return ownData(source);
  if (isImagenet(spec)) {
    const { imageSizePx } = model.architecture;
    const settings = { imageSizePx, workers, normalisation: { channelMeans, channelDeviations } };
    if (budgets) return openTrainingData(spec, settings);
    return { test: await openTestImages(spec, settings) }; // the other split need not be there
  }
  const data = await openData(spec);
  if (source.kind === 'imported') {
    const normalised = (split: InMemoryDataset): InMemoryDataset => ({
      ...split,
      channelMeans,
      channelDeviations,
    });
    return { train: normalised(data.train), test: normalised(data.test) };
  }
  const normalisation = (of: Pick<OpenedNetworkData, 'channelMeans' | 'channelDeviations'>): string =>
    JSON.stringify([of.channelMeans, of.channelDeviations]);
  if (data.train.name !== source.dataset || normalisation(data.train) !== normalisation(model)) {
    io.err(
      `this is not the data that the run was trained on: expected ${source.dataset}, got ${data.train.name}`,
    );
  }
  return data;
}

async function ownData(source: ModelSource): Promise<TrainingSplits> {
  if (source.kind === 'imported') {
    throw usageError('--data: expected the location of the data, since the network was imported.');
  }
  const { dataset, trainingImages, testImages } = source;
  if (dataset !== 'built-in') {
    throw usageError(`--data: expected the location of the data, since the run was trained on ${dataset}.`);
  }
  const { builtInDataset } = await import('@dmnn/data');
  return {
    train: builtInDataset({ split: 'train', size: trainingImages }),
    test: builtInDataset({ split: 'test', size: testImages }),
  };
}

function findingsJson({ masked, skipping, comparison, budgets, noisyGates, width }: Findings): object {
  return {
    ...evaluationJson((skipping ?? masked) as Evaluation),
    ...(width !== undefined && { width }),
    ...(noisyGates !== undefined && { noisyGates: { seed: noisyGates } }),
    ...(masked && skipping && { masked: evaluationJson(masked), comparison }),
    ...(budgets && budgetsJson(budgets)),
  };
}

function findingsText(
  { architecture, source }: OpenedNetworkData,
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
  const noise = found.noisyGates === undefined ? '' : `, with noise on the gates (seed ${found.noisyGates})`;
  return [
    `${architecture.name}, ${sourceText(source)}: ${test.size} test images of ${test.name}${noise}\n`,
    tableText(
      [{ head: '' }, ...columns.map(([head]) => ({ head, align: 'right' as const }))],
      [
        row('top-1 error', ({ error }) => `${error.top1ErrorPercent.toFixed(2)} %`),
        row('mean MACs', ({ cost }) => countText(cost.meanMacs)),
        row('of the undivided backbone', ({ cost }) => percentText(cost.macsRatio)),
        ...(first.gates.executionRate === null
          ? []
          : [row('gates open', ({ gates }) => percentText(gates.executionRate ?? 1))]),
        row('time per image', ({ timing }) => millisecondsText(timing.msPerImage)),
      ],
    ),
    ...(first.gates.executionRates.length > 0
      ? ['', executionRatesText(architecture, first.gates.executionRates)]
      : []),
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
    `masked and skipping over ${gates} gates: ${decidedDifferences} differ; of the ${undecidedGates} whose two ` +
      `logits are within 1e-4, ${undecidedDifferences} differ; as a consequence of those, ${consequentDifferences} differ`,
    `all gates equal for ${imagesOfEqualGates} of ${images} images: ${predictionDifferences} predictions differ, and ` +
      `${undecidedPredictionDifferences} more whose two largest logits are within 1e-4; largest difference of a logit ` +
      comparison.largestLogitDifference.toExponential(1),
  ].join('\n');
}

/** `--noisy-gates [seed]`: evaluates with sampled gates, as ConvNet-AIG's authors did. */
function noisyGatesOption(): Option {
  return new Option(
    '--noisy-gates [seed]',
    "sample gates with Gumbel noise, as ConvNet-AIG's authors evaluated; use it only to reproduce their numbers (seed: 1)",
  )
    .preset('1')
    .argParser(integerOption('--noisy-gates', { min: 0, unit: 'the seed of the noise' }));
}

/** `dmnn eval` */
export const evalCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .argument('<run>', 'a run folder or an imported model folder')
      .option('--data <data>', `${trainingDataForms} (default: built-in if the run was trained on it)`)
      .option(
        '--execution <how>',
        'skipping (compute only open sub-blocks), masked (compute all), or both, and compare them',
        choiceOption('--execution', executions),
        'skipping',
      )
      .addOption(checkpointOption())
      .option(
        '--batch-size <images>',
        'batch size (default: 200; 1 with budgets in milliseconds)',
        integerOption('--batch-size', { min: 1, unit: 'images' }),
      )
      .option(
        '--budgets <budgets>',
        "also measure the error at these mean costs, set by gate thresholds: shares of the undivided backbone's MACs (0.3..1, 0.3..1:0.05, 0.4,0.6) or milliseconds per image (8ms, 6ms..12ms:1ms)",
        budgetsOption,
      )
      .addOption(calibrationImagesOption())
      .option(
        '--latencies <file>',
        'latency of each sub-block in milliseconds: read if the file exists, otherwise measured and written',
      )
      .option(
        '--width <factor>',
        'width of a slimmable network to evaluate, such as 0.5 (default: 1, the widest)',
        numberOption('--width', { above: 0, max: 1 }),
      )
      .addOption(noisyGatesOption())
      .addOption(workersOption())
      .addOption(badImagesOption())
      .addOption(backendOption('the best that works'))
      .addOption(jsonOption());
  },
  request: evalRequest,
  needs: ({ backend }) => backend ?? 'native',
  run: evaluateNetwork,
});
