import { basename, resolve } from 'node:path';
import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { type Dataset, builtInNamed, withCategories } from '@dmnn/data';
import { LONGEST_LIST, closeAfter } from '@dmnn/foundation';
import { describeConventions, paperConventions } from '@dmnn/flops';
import type { CostCurve, ReportData, ReportRun, RunEvaluation } from '@dmnn/report';
import {
  type Evaluation,
  type ExitEvaluation,
  type LoadedRun,
  type OnSkipped,
  evaluate,
  loadRun,
} from '@dmnn/trainer';
import { datasetFacts, missingLogBytes } from '@dmnn/runs/internal';
import { type LineProblem, type RunConfig, RunFolderError, loadRunConfig, readMetrics } from '@dmnn/runs';
import { categoryRates } from './category-rates.js';
import { assertClasses, classSamples } from './class-samples.js';
import { type CostCurveFound, costCurve } from './cost-curve.js';
import { dataNameOf, heldOutOfTraining } from './held-out-of-training.js';
import { imageRecords } from './image-records.js';
import { type ConfiguredRun, paperComparisons, rowRemark } from './paper-comparisons.js';
import {
  type PatternControlsFound,
  type PatternControlsOptions,
  patternControlsOf,
} from './pattern-controls.js';
import { reportRun } from './report-run.js';

/** Options of {@link collectReport}. */
export interface CollectReportOptions {
  /** Run folders, in the order of the report. A run may still be training. */
  readonly folders: readonly string[];
  /**
   * Test splits of the data that runs were trained on, image files in each size that a run has; the built-in data need
   * not be among them. @defaultValue none
   */
  readonly datasets?: readonly Dataset[] | undefined;
  /** @defaultValue the names of the runs */
  readonly title?: string | undefined;
  /** Which weights are evaluated. @defaultValue 'best' */
  readonly checkpoint?: 'best' | 'latest' | undefined;
  /** Batch size. @defaultValue 200 */
  readonly batchSize?: number | undefined;
  /** Classes whose easy and hard images are shown. @defaultValue the three whose images differ most in cost */
  readonly classNames?: readonly string[] | undefined;
  /** Accuracy against cost under budgets, by run name. @defaultValue none */
  readonly budgets?: readonly CostCurve[] | undefined;
  /**
   * Budgets under which each network with gates is evaluated too: mean costs as shares of the undivided backbone's
   * multiply–accumulates. @defaultValue none
   */
  readonly budgetShares?: readonly number[] | undefined;
  /** Training splits, to find thresholds for the budgets on; the built-in data need not be among them. @defaultValue none */
  readonly trainingDatasets?: readonly Dataset[] | undefined;
  /** Number of training images on which thresholds are found. @defaultValue 2000 */
  readonly calibrationImages?: number | undefined;
  /**
   * Also finds what the best fixed gate pattern of the same mean cost reaches, for the gates as trained and for each budget:
   * their control. It takes some hundred passes over the images chosen on. @defaultValue false
   */
  readonly control?: boolean | undefined;
  /** Called after each batch of an evaluation. */
  readonly onProgress?:
    | ((progress: {
        readonly run: string;
        /** The budget being measured; absent for the plain evaluation. */
        readonly budgetShare?: number;
        /** What is done for the control; absent otherwise. */
        readonly control?: string;
        readonly images: number;
        readonly of: number;
      }) => void)
    | undefined;
  /** Called for damaged images, which are skipped. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped | undefined;
  /** Stops between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the logs of runs and evaluates their networks on the test images: all data of a report.
 *
 * Uses the backend that is set. A run whose data are not given, or that has no checkpoint yet, is reported by its log
 * alone, with a remark that says so.
 *
 * @throws RunFolderError if a folder holds no run; CheckpointError if its checkpoint is damaged
 * @throws DmnnError `DMNN_UNKNOWN_CLASS` for a name that is not a class of the data
 * @throws the signal's reason, if it aborts
 * @example
 * ```ts
 * import { reportHtml } from '@dmnn/report';
 * import { collectReport } from 'dmnn';
 *
 * const data = await collectReport({ folders: [], title: 'No runs' });
 * console.log(data.runs.length, reportHtml(data).includes('<h1>No runs</h1>')); // => 0 true
 * ```
 */
export async function collectReport(options: CollectReportOptions): Promise<ReportData> {
  const { folders, budgets = [] } = options;
  const names = runNames(folders);
  const runs: CollectedRun[] = [];
  for (const [index, folder] of folders.entries())
    runs.push(await collectRun(folder, names[index] as string, options));
  return {
    format: 1,
    title: options.title ?? `dmnn: ${names.join(', ')}`,
    conventions: describeConventions(paperConventions),
    runs: runs.map((one) => withRemark(one.run, rowRemark(one))),
    budgets: [...budgets, ...runs.flatMap(({ curve }) => curve ?? [])],
    paper: paperComparisons(runs),
  };
}

/** The folders' base names; equal names get a number, which is shorter than a distinguishing path. */
export function runNames(folders: readonly string[]): string[] {
  const names: string[] = [];
  for (const folder of folders) {
    const own = basename(resolve(folder));
    let name = own;
    for (let again = 2; names.includes(name); again++) name = `${own} (${again})`;
    names.push(name);
  }
  return names;
}

/** A run, and its curve under budgets if requested. */
interface CollectedRun extends ConfiguredRun {
  readonly curve?: CostCurve | undefined;
}

async function collectRun(
  folder: string,
  name: string,
  options: CollectReportOptions,
): Promise<CollectedRun> {
  const config = await loadRunConfig(folder);
  const lost: LineProblem[] = [];
  const records = await readMetrics(folder, { onProblems: (problems) => lost.push(...problems) });
  const read = withRemark(reportRun(name, config, records), lostLines(lost));
  const run = withRemark(read, lostEnd(await missingLogBytes(folder)));
  const dataset = ownCategories(config, datasetOf(config, options.datasets ?? []));
  if (typeof dataset === 'string') return { config, run: withRemark(run, dataset) };
  const others = testedOnOthers(config, dataset);
  const loaded = await loadOrNothing(folder, options.checkpoint ?? 'best');
  if (!loaded) return { config, run: withRemark(run, 'Not evaluated, since it has no checkpoint yet.') };
  return closeAfter(
    async () => {
      const evaluation = await evaluateRun(loaded, name, dataset, options);
      const { curve, measured, remark } = await curveOf(loaded, name, dataset, options);
      const shown = await shownEvaluation(loaded, dataset, evaluation, options);
      const whole = withRemark(withRemark({ ...run, evaluation: shown }, others), remark);
      if (!options.control) return { config, run: whole, curve };
      const { control, ...found } = await controlsOf(loaded, name, dataset, {
        ...options,
        ...{ evaluation, curve, measured },
      });
      const compared = { ...whole, evaluation: { ...shown, ...(control && { control }) } };
      return { config, run: withRemark(compared, found.remark), curve: found.curve ?? curve };
    },
    () => {
      loaded.network.dispose();
    },
  );
}

/** What a report says of a log of which lines are damaged: it shows the others. */
function lostLines(problems: readonly LineProblem[]): string | undefined {
  if (problems.length === 0) return undefined;
  const lines = problems.map(({ line, problem }) => `line ${line} (${problem})`);
  const shown = lines.slice(0, LONGEST_LIST).join('; ');
  const others = lines.length > LONGEST_LIST ? `; and ${lines.length - LONGEST_LIST} more` : '';
  return `Lines of its log are damaged, and left out here: ${shown}${others}.`;
}

/** What a report says of a log that ends before the latest checkpoint. */
function lostEnd(bytes: number): string | undefined {
  if (bytes === 0) return undefined;
  return `Its log lacks ${bytes} bytes at its end, by its latest checkpoint: the curves here end too early.`;
}

async function curveOf(
  { config, network }: LoadedRun,
  name: string,
  dataset: Dataset,
  options: CollectReportOptions,
): Promise<CostCurveFound> {
  const { budgetShares = [], trainingDatasets = [], batchSize = 200 } = options;
  const { onProgress, onSkipped, signal } = options;
  if (budgetShares.length === 0) return {};
  return costCurve(network, name, config, dataset, {
    shares: budgetShares,
    trainingDatasets,
    batchSize,
    onSkipped,
    signal,
    calibrationImages: options.calibrationImages ?? 2000,
    onProgress: (budgetShare, images) => onProgress?.({ run: name, budgetShare, images, of: dataset.size }),
  });
}

async function controlsOf(
  { config, network }: LoadedRun,
  name: string,
  dataset: Dataset,
  options: CollectReportOptions & Pick<PatternControlsOptions, 'evaluation' | 'curve' | 'measured'>,
): Promise<PatternControlsFound> {
  const { trainingDatasets = [], batchSize = 200, calibrationImages = 2000, onProgress } = options;
  const { evaluation, curve, measured, onSkipped, signal } = options;
  return patternControlsOf(network, config, dataset, {
    ...{ trainingDatasets, batchSize, calibrationImages, evaluation, curve, measured, onSkipped, signal },
    onProgress: (control) => {
      signal?.throwIfAborted();
      onProgress?.({ run: name, control, images: 0, of: dataset.size });
    },
  });
}

/** The images with the categories that the run gave their classes. */
function ownCategories({ data }: RunConfig, dataset: Dataset | string): Dataset | string {
  const { givenCategories: given } = data.test;
  if (!given || typeof dataset === 'string' || given.ofClass.length !== dataset.classes) return dataset;
  return withCategories(dataset, { categoryNames: given.names, categoryOfClass: given.ofClass });
}

/** That a run that held out training images is evaluated on the test images, which its log is not of. */
function testedOnOthers(config: RunConfig, dataset: Dataset): string | undefined {
  const heldOut = heldOutOfTraining(config);
  if (heldOut === undefined) return undefined;
  return `Evaluated on the ${dataset.size} test images of ${dataset.name}; its log is of ${heldOut} training images that it held out.`;
}

/** The test images of a run, or why there are none. */
function datasetOf(config: RunConfig, datasets: readonly Dataset[]): Dataset | string {
  const { data, recipe } = config;
  const { imageSizePx, channelMeans, channelDeviations } = data.test;
  const name = dataNameOf(config, 'test');
  const named = datasets.filter((dataset) => dataset.name === name);
  const statistics = JSON.stringify([channelMeans, channelDeviations]);
  const isNormalisedAlike = (dataset: Dataset): boolean =>
    JSON.stringify([dataset.channelMeans, dataset.channelDeviations]) === statistics;
  const sized = named.filter((dataset) => dataset.imageSizePx === imageSizePx);
  const given = sized.find(isNormalisedAlike) ?? sized[0] ?? named[0];
  if (!given) {
    const builtIn = builtInNamed(data.test.name, { split: 'test', size: data.test.size });
    if (builtIn) return builtIn;
    return `Not evaluated, since its data (${name}) were not given: costs of single images and execution rates are missing. Accuracy and cost come from the log.`;
  }
  // the test images of a run that held out training images were not recorded
  const isHeldOut = heldOutOfTraining(config) !== undefined;
  const size = isHeldOut ? given.size : data.test.size;
  const isSame = given.size === size && given.imageSizePx === imageSizePx && isNormalisedAlike(given);
  const isOwn = name.startsWith('folder='); // others may be of another layout
  if (
    isSame &&
    isOwn &&
    !isHeldOut &&
    datasetFacts(given).photographs?.digest !== data.test.photographs?.digest
  )
    return `Not evaluated, since the data given (${given.name}) have other images than those that ${recipe.name} was evaluated on: names of files or their classes differ.`;
  if (isSame) return given;
  return `Not evaluated, since the data given (${given.size} images of ${given.name}, ${given.imageSizePx} pixels wide) are not those that ${recipe.name} was trained on (${size}, ${imageSizePx} pixels wide), or are normalised otherwise.`;
}

async function evaluateRun(
  { network }: LoadedRun,
  name: string,
  dataset: Dataset,
  { batchSize = 200, classNames = [], onProgress, onSkipped, signal }: CollectReportOptions,
): Promise<Evaluation> {
  // fail before the evaluation, which may take hours
  if (gatedBlocks(network.architecture).length > 0) assertClasses(dataset, classNames);
  return evaluate({
    network,
    dataset,
    batchSize,
    onProgress: (images) => onProgress?.({ run: name, images, of: dataset.size }),
    onSkipped,
    signal,
  });
}

async function shownEvaluation(
  { network, checkpoint }: LoadedRun,
  dataset: Dataset,
  evaluation: Evaluation,
  { classNames = [] }: CollectReportOptions,
): Promise<RunEvaluation> {
  const { images, error, cost } = evaluation;
  const { executionRates } = evaluation.gates;
  const gated = executionRates.length > 0 ? imageRecords(evaluation, dataset) : []; // static networks run all images alike
  const subBlocks = executionRates.map((block) => block.length);
  return {
    epoch: checkpoint.epoch,
    images,
    topOneErrorPercent: error.top1ErrorPercent,
    meanMacs: cost.meanMacs,
    macsRatio: cost.macsRatio,
    executionRates,
    perImageMacs: cost.perImageMacs,
    categories: categoryRates(gated, subBlocks, dataset),
    samples: gated.length > 0 ? await classSamples(gated, dataset, classNames) : [],
    ...(evaluation.exits && { exits: exitResults(network.architecture, evaluation.exits) }),
  };
}

function exitResults(
  { exits = [] }: Architecture,
  found: readonly ExitEvaluation[],
): NonNullable<RunEvaluation['exits']> {
  return found.map(({ top1ErrorPercent, meanMacs, macsRatio }, exit) => ({
    afterBlock: exits[exit]?.afterBlock ?? 0,
    ...{ topOneErrorPercent: top1ErrorPercent, meanMacs, macsRatio },
  }));
}

async function loadOrNothing(folder: string, which: 'best' | 'latest'): Promise<LoadedRun | undefined> {
  try {
    return await loadRun(folder, { which });
  } catch (error) {
    // the configuration was read, so what is missing is the first checkpoint
    if (error instanceof RunFolderError && error.code === 'DMNN_RUN_FOLDER') return undefined;
    throw error;
  }
}

function withRemark(run: ReportRun, remark: string | null | undefined): ReportRun {
  return remark ? { ...run, remarks: [...run.remarks, remark] } : run;
}
