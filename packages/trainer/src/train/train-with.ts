import { closeAfter } from '@dmnn/foundation';
import type { Architecture } from '@dmnn/architecture';
import { type Dataset, stepsPerEpoch, trainingBatches } from '@dmnn/data';
import { type FileSystem, nodeFileSystem } from '@dmnn/foundation/node';
import { type Network, createNetwork } from '@dmnn/network';
import { type BegunRun, beginRun } from '../begin/begin-run.js';
import { assertCanStartFrom } from '../begin/load-starting-point.js';
import { needsStart } from '../begin/needs-start.js';
import { type StartingPoint, readStartingPoint } from '../begin/starting-point.js';
import { withNewHead } from '../begin/with-new-head.js';
import {
  type OpenRun,
  type RunConfigIn,
  type RunState,
  type SettingsAtStep,
  BadImages,
  EventFile,
  MetricsLog,
  datasetFacts,
  fingerprintAt,
  openRun,
  orRunFolderError,
  readRunConfig,
  recipeFrom,
  startOfRun,
  stateOf,
} from '@dmnn/runs/internal';
import { Sgd } from '../optimiser/sgd.js';
import {
  type ComputeEnvironment,
  type Recipe,
  type RunConfig,
  type StartFacts,
  RecipeError,
  environmentDifferences,
  recipeAt,
} from '@dmnn/runs';
import { assertMemory } from '../run/assert-memory.js';
import { type BackendFacts, computeEnvironment } from '../run/compute-environment.js';
import { assertFiniteCheckpoint, restoreCheckpoint } from './checkpoint-files.js';
import type { Companions } from './companions.js';
import { EpochBatches } from './epoch-batches.js';
import { type Learner, createLearner, decaysBy } from './learner.js';
import { learningRateFactor } from './trained-parts.js';
import { measureContributions, openAtMeanScores } from '../gates/contribution-regression.js';
import { holdPattern } from '../gates/hold-pattern.js';
import { openingOf } from '../gates/opening.js';
import { architectureOf } from './architecture-of.js';
import { recipeProblems } from './recipe-problems.js';
import { areHeldOpen, assertCanChange } from './settings-change.js';
import type { TrainEvent } from './train-events.js';
import type { TrainingExtension } from './training-extension.js';
import { trainingMemory } from './training-memory.js';
import { type TrainResult, TrainingRun } from './training-run.js';

/** What `train` takes. */
export interface TrainOptions {
  /** Complete, as `recipeNamed` and `parseRecipe` give it. */
  readonly recipe: Recipe;
  readonly data: { readonly train: Dataset; readonly test: Dataset };
  /** The run folder; made if need be. */
  readonly folder: string;
  /**
   * The folder of a run whose best network this one begins with, or of an imported model: the same network, or the one
   * that this one was divided from, whose weights are then divided. For another number of classes it gets a new head. A recipe with `pruning` prunes it first. A run that
   * is resumed does not need it, unless it was stopped while it pruned.
   */
  readonly from?: string | undefined;
  /**
   * Go on from the latest intact checkpoint, or begin if there is none. Settings of the recipe that only steer (learning
   * rate, epochs, weights of losses, schedules, how often it is evaluated, …) may then be others than before.
   * @defaultValue false: the folder must hold no run
   */
  readonly resume?: boolean | undefined;
  /** Refuse to resume with any changed setting: for runs that are compared with others. @defaultValue false */
  readonly sameSettings?: boolean | undefined;
  /** Called with each event. An error that it throws ends the run as if the step had failed. */
  readonly onProgress?: ((event: TrainEvent) => void) | undefined;
  /**
   * Damaged images, each counted once, above which the run stops; until then they are listed in `bad-images.jsonl`
   * and left out. It may be raised when a run is resumed. @defaultValue 10
   */
  readonly badImageLimit?: number | undefined;
  /** Aborting it finishes the step, saves a checkpoint and ends the run. */
  readonly signal?: AbortSignal | undefined;
  /** What the application knows of the backend that it chose; recorded, and compared when a run is resumed. */
  readonly backend?: BackendFacts | undefined;
  /** @defaultValue the disk of this machine */
  readonly fileSystem?: FileSystem | undefined;
}

/**
 * Trains a network by a recipe, into a run folder: `train` of the package, but for the baselines that it may use.
 *
 * @param extension - the training methods that a recipe may use in addition to the paper's
 * @throws what `train` throws
 */
export async function trainWith(extension: TrainingExtension, options: TrainOptions): Promise<TrainResult> {
  const { recipe, data, folder: path, resume = false, onProgress = () => undefined } = options;
  const disk = options.fileSystem ?? nodeFileSystem;
  const environment = computeEnvironment(options.backend);
  const warn = (message: string): void => {
    onProgress({ kind: 'warning', message });
  };
  const given =
    options.from === undefined ? undefined : await readStartingPoint(options.from, data.train, warn);
  const startingPoint = given && withNewHead(given, data.train.classes, recipe, warn);
  const before = resume ? await readRunConfig(path, disk) : undefined;
  const start = startingPoint?.facts ?? before?.start;
  const architecture = sameModel(before, recipe, data) ?? architectureOf(recipe, data.train, startingPoint?.architecture); // prettier-ignore
  const config = runConfig(recipe, data, architecture, { environment, start });
  const memory = trainingMemory(config.architecture, recipe);
  assertMemory({
    bytes: memory.totalBytes,
    images: memory.images,
    remedy: '; accumulation: 2 (or more) gives the gradient of the same batch in parts',
  });
  if (startingPoint) assertCanStartFrom(startingPoint.architecture, config.architecture, recipe);
  const work = { ...options, startingPoint, extension };
  let run: OpenRun;
  try {
    const { badImageLimit = 10, signal } = options;
    const preparation = { dataset: data.train, startingPoint, badImageLimit, disk, onProgress, signal };
    const configIn: RunConfigIn = (folder, found) =>
      extension.prepare(config, folder, { ...preparation, found });
    const { architecture } = config;
    const perEpoch = stepsPerEpoch(data.train.size, recipe);
    const assertChange = (change: SettingsAtStep): void => {
      assertCanChange(change, { architecture, stepsPerEpoch: perEpoch });
    };
    run = await openRun(path, configIn, {
      ...{ resume, disk, warn },
      assertChange: options.sameSettings ? undefined : assertChange,
      assertSound: assertFiniteCheckpoint,
    });
  } catch (error) {
    return beforeFirstStep(error, options, 'stopped while it pruned, of which nothing is saved', warn);
  }
  return closeAfter(
    async () => {
      try {
        return await trainIn(run, environment, work, disk, warn);
      } catch (error) {
        return beforeFirstStep(error, options, 'stopped before the first step, with nothing saved yet', warn);
      }
    },
    () => run.folder.close(),
  );
}

/** The result of a run that the signal stopped before its training loop, which handles it; any other error is thrown. */
function beforeFirstStep(
  error: unknown,
  { recipe, data, folder, signal }: TrainOptions,
  what: string,
  warn: (message: string) => void,
): TrainResult {
  if (!signal?.aborted || error !== signal.reason) throw error;
  warn(`${what}: it has to begin again`);
  return { status: 'interrupted', folder, step: 0, steps: stepsOf(recipe, data.train), best: null };
}

interface TrainWork extends TrainOptions {
  readonly startingPoint: StartingPoint | undefined;
  readonly extension: TrainingExtension;
}

function stepsOf(recipe: Recipe, { size }: Dataset): number {
  return recipe.epochs * stepsPerEpoch(size, recipe);
}

async function trainIn(
  { folder, config, checkpoint }: OpenRun,
  environment: ComputeEnvironment,
  options: TrainWork,
  disk: FileSystem,
  warn: (message: string) => void,
): Promise<TrainResult> {
  const { architecture } = config;
  const step = checkpoint?.step ?? 0;
  const recipe = recipeFrom(config, step);
  const { data, onProgress = () => undefined, signal, startingPoint, extension } = options;
  const { batchSize, seed, augmentation: augment } = recipe;
  const batches = new EpochBatches(({ epoch, stepInEpoch: startStep }) =>
    trainingBatches(data.train, { batchSize, seed, epoch, startStep, augment }),
  );
  batches.start(checkpoint ? stateOf(checkpoint) : startOfRun); // the network is built meanwhile
  let network: Network | undefined;
  let companions: Companions | undefined;
  let learner: Learner | undefined;
  let optimiser: Sgd | undefined;
  let begun: BegunRun | undefined;
  return closeAfter(
    async () => {
      network = createNetwork(architecture, {
        seed: recipe.seed,
        ...openingOf(architecture, recipe.gating),
      });
      if (config.start)
        begun = await beginRun(network, { folder, recipe, dataset: data.train, startingPoint, signal });
      await holdPattern(network, recipe);
      // of the weights that the run begins with, which only controllers leave: so that a resumed run finds the same
      const contributions = recipe.gating?.regression
        ? await measureContributions({ network, recipe, dataset: data.train, signal })
        : undefined;
      if (contributions) openAtMeanScores(network, contributions);
      companions = extension.companions(network, recipe, data.train);
      learner = createLearner(network, recipe, data.train, {
        ...{ teacher: begun?.teacher, companions, contributions },
      });
      const decays = decaysBy(recipe.optimiser.decay, learner);
      optimiser = new Sgd(learner.trainable, {
        ...recipe.optimiser,
        decays,
        rateFactor: learningRateFactor(recipe),
      });
      const start: RunState = { ...startOfRun, fingerprint: fingerprintAt(config, 0), environment };
      const state = checkpoint ? restoreCheckpoint(checkpoint, learner, optimiser) : start;
      const log = await orRunFolderError(folder.path, () => MetricsLog.open(folder.path, state, disk, warn));
      const events = await orRunFolderError(folder.path, () => EventFile.open(folder.path, disk));
      const badImages = await orRunFolderError(folder.path, () =>
        BadImages.open(folder.path, options.badImageLimit ?? 10, disk, warn),
      );
      const differences = environmentDifferences(state.environment, environment);
      if (differences.length > 0) {
        warn(`results may differ from an undisturbed run's: ${differences.join('; ')}`);
        await log.append({ kind: 'environment', step: state.step, differences });
      }
      const training = new TrainingRun({
        recipe,
        data,
        batches,
        io: { folder, log, events, badImages },
        records: log.records,
        learner,
        optimiser,
        state: { ...state, environment },
        resumedFrom: checkpoint?.path,
        fingerprint: fingerprintAt(config, step + 1),
        gatesWereHeld:
          step > 0 &&
          areHeldOpen(recipeAt(config, step), step - 1, {
            architecture,
            stepsPerEpoch: stepsPerEpoch(data.train.size, recipe),
          }),
        mayChange: !options.sameSettings,
        begunFrom: config.start && {
          model: config.start.model,
          lostShares: begun?.lostShares,
          pruned: begun?.pruned,
        },
        onProgress,
        signal,
      });
      return await training.run();
    },
    () => {
      batches.close();
    },
    () => {
      optimiser?.dispose();
    },
    () => {
      learner?.heads?.dispose();
    },
    () => {
      begun?.teacher?.network.dispose();
    },
    () => {
      companions?.dispose();
    },
    () => {
      network?.dispose();
    },
  );
}

/** The network of a run that is resumed with the model that it has: what it began with need not be there any more. */
function sameModel(
  before: RunConfig | undefined,
  { model, exits, pruning }: Recipe,
  { train }: TrainOptions['data'],
): Architecture | undefined {
  if (!before?.start || pruning) return undefined; // a pruned run has what is left
  const { architecture, recipe } = before;
  const isSame =
    JSON.stringify([recipe.model, recipe.exits]) === JSON.stringify([model, exits]) &&
    architecture.head.classes === train.classes &&
    architecture.imageSizePx === train.imageSizePx;
  return isSame ? architecture : undefined;
}

function runConfig(
  recipe: Recipe,
  data: TrainOptions['data'],
  architecture: Architecture,
  { environment, start }: { environment: ComputeEnvironment; start: StartFacts | undefined },
): RunConfig {
  const facts = { train: datasetFacts(data.train), test: datasetFacts(data.test) };
  const problems = recipeProblems(recipe, architecture, data);
  for (const section of ['fineTuning', 'pruning'] as const)
    if (recipe[section] && !start) problems.push(needsStart(section));
  if (problems.length > 0) throw new RecipeError(`recipe ${recipe.name}`, problems);
  return { format: 1, recipe, architecture, data: facts, ...(start && { start }), environment };
}
