import type { Recipe } from '@dmnn/runs';
import type { TrainResult } from '@dmnn/trainer';
import { closeAfter, isDmnnError, printable } from '@dmnn/foundation';
import { nodeFileSystem, shellWord } from '@dmnn/foundation/node';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { countText, percentText } from '../../text/count-text.js';
import { evaluationJson } from './eval-parts/evaluation-json.js';
import { type ExitCode, DONE, INTERRUPTED } from '../terminal/exit-code.js';
import { interruptSignal } from '../terminal/interrupts.js';
import {
  type TrainingSplits,
  holdingOut,
  openTrainingData,
  withTrainingImages,
} from '../options/open-data.js';
import { readRecipe } from '../options/recipe-argument.js';
import { assertNetworkFolder, assertRunFits } from '../options/output-folders.js';
import { assertDataSpec, isBuiltIn, trainingDataForms } from '../options/data-spec.js';
import { type HoldOut, holdOutOption } from '../options/hold-out-option.js';
import { isOwnData } from '../options/open-own-data.js';
import { ownImageSettings } from '../options/own-image-settings.js';
import { categoriesForms, categorised } from '../options/categories-option.js';
import { TrainProgress } from '../terminal/train-progress.js';
import { phase } from '../terminal/progress-line.js';
import { usageError } from '../terminal/usage-error.js';
import { type BackendChoice, startBackend } from '../terminal/start-backend.js';
import {
  assertDryRunOptions,
  backendOption,
  badImagesOption,
  jsonOption,
  verboseOption,
  workersOption,
  choiceOption,
  integerOption,
  repeated,
} from '../options/common-options.js';
import { settingHints } from '../options/setting-hints.js';
import { inTrunkNormalisation } from '../options/trunk-normalisation.js';

/** Options of `dmnn train`. */
interface TrainCommandOptions {
  readonly backend?: BackendChoice | undefined;
  readonly badImages: number;
  readonly categories?: string | undefined;
  readonly data?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly exits?: string | undefined;
  readonly from?: string | undefined;
  readonly holdOut?: HoldOut | undefined;
  readonly json?: boolean | undefined;
  readonly out?: string | undefined;
  readonly recipe?: string | undefined;
  readonly resume?: boolean | undefined;
  readonly set?: readonly string[] | undefined;
  readonly trainImages?: number | undefined;
  readonly trainable?: string | undefined;
  readonly verbose?: boolean | undefined;
  readonly workers?: number | undefined;
}

interface TrainRequest extends Omit<TrainCommandOptions, 'recipe' | 'data'> {
  /** Undefined: chosen by the images, when they are known. */
  readonly recipe: Recipe | undefined;
  /** Of a run that is resumed: settings that stay as it has them, in words. */
  readonly kept: readonly string[];
  /** As `openTrainingData` takes it. */
  readonly data: string;
}

async function readRequest(given: TrainCommandOptions): Promise<TrainRequest> {
  const { exits, trainable, ...others } = given;
  const shortcuts = [
    ...(exits === undefined ? [] : [`exits.after=${exitPlaces(exits)}`]),
    ...(trainable === undefined ? [] : [`fineTuning.trainable=${trainable}`]),
  ];
  if (trainable !== undefined && others.from === undefined && others.resume !== true) {
    throw usageError(
      `--trainable: expected with --from, since a network without training needs all of it trained, got ${trainable} alone.`,
    );
  }
  return requestOf({ ...others, exits, set: [...shortcuts, ...(others.set ?? [])] });
}

/** A number of exits, or a list of the blocks after which they stand, as `--set` takes it. */
function exitPlaces(exits: string): string {
  if (/^\d+$/.test(exits)) return exits;
  if (/^(\d+,)+\d*$/.test(exits)) return `[${exits.replace(/,$/, '')}]`;
  throw usageError(
    `--exits: expected a number of exits, such as 3, or the blocks after which they stand, from 0, such as 8,17 (one block: 8,), got ${printable(exits)}.`,
  );
}

async function requestOf(options: TrainCommandOptions): Promise<TrainRequest> {
  const { dryRun, from, out, resume = false } = options;
  assertDryRunOptions(options);
  const given = await givenRecipe(options);
  const data = dataSpec(given, options.data);
  if (!dryRun && out !== undefined) await assertRunFits('--out', out, resume);
  const { recipe, kept } = given && resume && out !== undefined ? await resumedRecipe(out, given, options) : { recipe: given, kept: [] }; // prettier-ignore
  if (from !== undefined) await assertNetworkFolder('--from', from);
  return { ...options, recipe, kept, data };
}

/** The recipe of the command line, or of the run that is resumed; undefined if the images have to choose one. */
async function givenRecipe({
  recipe,
  resume = false,
  out,
  set = [],
}: TrainCommandOptions): Promise<Recipe | undefined> {
  if (recipe !== undefined) return readRecipe(recipe, set);
  if (!resume || out === undefined) return undefined;
  const { latestRecipe, readRunConfig } = await import('@dmnn/runs/internal');
  const { overrideRecipe, parseRecipe } = await import('@dmnn/runs');
  const run = await readRunConfig(out, nodeFileSystem);
  return run && parseRecipe(overrideRecipe(latestRecipe(run), set));
}

/** A run that is resumed keeps its own settings, but for those that `--set` gives. */
async function resumedRecipe(
  folder: string,
  given: Recipe,
  { set = [] }: TrainCommandOptions,
): Promise<Pick<TrainRequest, 'recipe' | 'kept'>> {
  const { latestRecipe, readRunConfig, recipeToResume } = await import('@dmnn/runs/internal');
  const run = await readRunConfig(folder, nodeFileSystem);
  if (!run) return { recipe: given, kept: [] };
  const { recipe, kept } = recipeToResume(latestRecipe(run), given, set);
  return {
    recipe,
    kept: kept.map(({ path, then, now }) => {
      const [own, other] = [then, now].map((value) =>
        value === undefined ? 'unset' : JSON.stringify(value),
      );
      return `${path} stays ${own ?? ''}, as the run has it; recipe ${given.name} has ${other ?? ''}, which --set would change it to`;
    }),
  };
}

/** What must be given besides the recipe: a run folder, and with it the data unless they are built in. */
async function required({
  dryRun,
  out,
  data,
  recipe,
  resume,
  set,
}: Partial<TrainCommandOptions>): Promise<string[]> {
  // what names no data is said first: it may be meant as folder=PATH, which needs no recipe
  if (data !== undefined && recipe === undefined) assertDataSpec(data, { images: true });
  const mayChoose = data !== undefined && isOwnData(data);
  const recipes = recipe === undefined && !mayChoose && !resume ? ['--recipe <recipe>'] : [];
  if (dryRun || out !== undefined) return recipes;
  if (data !== undefined || recipe === undefined) return [...recipes, '--out <run>'];
  const needsData = await readRecipe(recipe, set ?? []).then(
    (read) => !isBuiltIn(read.data),
    () => false, // the recipe's own error comes when the rest is there
  );
  return [...(needsData ? ['--data <data>'] : []), '--out <run>'];
}

/** Prints the training plan and its cost. */
async function planTraining(request: TrainRequest, io: CommandIo): Promise<ExitCode> {
  const { trainingPlan, trainingPlanText } = await import('./reproduce-parts/training-plan.js');
  const { recipe, data } = await phase(io, 'opening the data', () =>
    trainedOn({ ...request, workers: 0 }, io),
  );
  const { openNetworkData } = await import('@dmnn/runs');
  const from = request.from === undefined ? undefined : (await openNetworkData(request.from)).architecture;
  const plan = await trainingPlan(recipe, data, request.out ?? null, from);
  io.out(request.json ? JSON.stringify(plan, null, 2) : trainingPlanText(plan, request));
  return DONE;
}

/** Trains a network by a recipe, into a run folder. */
async function trainNetwork(request: TrainRequest, io: CommandIo): Promise<ExitCode> {
  const { badImages, from, json = false, out: folder = '', resume = false } = request;
  const { recipe, data: opened } = await phase(io, 'opening the data', () => trainedOn(request, io));
  const data = await inTrunkNormalisation(opened, { ...request, recipe }, io);
  for (const text of request.kept) io.err(text);
  const backend = await startBackend(request.backend, io);
  const trainer = await import('@dmnn/trainer');
  const progress = new TrainProgress(io);
  const { signal, stop } = interruptSignal(io, () => {
    progress.end();
    io.err('Finishing the step and saving; interrupt again to stop at once.');
  });
  return closeAfter(
    async () => {
      const result = await trainer.train({
        recipe,
        data,
        folder,
        resume,
        from,
        badImageLimit: badImages,
        signal,
        backend,
        onProgress: (event) => {
          progress.show(event);
        },
      });
      progress.end();
      io.out(json ? JSON.stringify(resultJson(result), null, 2) : resultText(result));
      return result.status === 'interrupted' ? INTERRUPTED : DONE;
    },
    () => {
      progress.end();
    },
    stop,
  );
}

/** The recipe and its data; a recipe that was not given is chosen by the images. */
async function trainedOn(
  request: TrainRequest,
  io: CommandIo,
): Promise<{ recipe: Recipe; data: TrainingSplits }> {
  const { recipe, from, set = [] } = request;
  const data = await categorised(await trainingData(request, io), request, io, () =>
    startBackend(request.backend, io),
  );
  const { chosenRecipe } = await import('../options/chosen-recipe.js');
  const used = recipe ?? (await chosenRecipe(data.train, { from, set }, io));
  if (data.train.categories === 1 && used.gating?.category)
    io.err('one category: the category loss is left out (--categories gives the classes some)');
  return { recipe: used, data };
}

/** What is wrong with the places of exits is wrong with `--exits`, if that gave them. */
async function namingExits({ exits }: TrainRequest, command: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await command();
  } catch (error) {
    const named = /(?:^|: )exits\.after: (.*)$/.exec(isDmnnError(error, 'DMNN_RECIPE') ? error.message : '');
    if (exits === undefined || !named) throw error;
    throw usageError(`--exits: ${named[1] ?? ''}.`);
  }
}

async function trainingData(
  { recipe, data: spec, holdOut, trainImages, workers, from, out, resume, set = [] }: TrainRequest,
  io: CommandIo,
): Promise<TrainingSplits> {
  const own = isOwnData(spec)
    ? await ownImageSettings({ recipe, from, set, resumed: resume ? out : undefined })
    : {};
  const settings = { imageSizePx: recipe?.imageSizePx, ...own, workers, holdOut };
  let data = await openTrainingData(spec, settings, io);
  const isHeldOut = data.train.facts?.['heldOut'] !== undefined;
  if (holdOut !== undefined && !isHeldOut) data = await holdingOut(data, holdOut, { trains: true });
  return trainImages === undefined ? data : withTrainingImages(data, trainImages);
}

/** The data specification; built-in data needs no path. */
function dataSpec(recipe: Recipe | undefined, data: string | undefined): string {
  if (data !== undefined) {
    assertDataSpec(data, { images: true });
    return data;
  }
  if (!recipe) return 'built-in';
  if (isBuiltIn(recipe.data)) return recipe.data;
  throw usageError(
    `--data: expected ${trainingDataForms}, got none, and recipe ${recipe.name} uses ${recipe.data}: --data ${recipe.data}=PATH, ` +
      'or --data built-in to try it on the built-in images.',
  );
}

function resultJson({ status, folder, step, steps, best, evaluation }: TrainResult): Record<string, unknown> {
  return {
    status,
    folder,
    step,
    steps,
    best,
    evaluation: evaluation ? evaluationJson(evaluation) : null,
  };
}

function resultText({ status, folder, step, steps, best, evaluation }: TrainResult): string {
  const lines = [
    status === 'interrupted'
      ? step === 0
        ? 'interrupted before the first step. Start again with the same command and --resume.'
        : `interrupted after step ${step} of ${steps}; saved. Continue with the same command and --resume.`
      : `trained ${steps} steps into ${printable(folder, Infinity)}`,
  ];
  if (evaluation) {
    const { error, cost, gates } = evaluation;
    lines.push(`top-1 error ${error.top1ErrorPercent.toFixed(2)} %`);
    lines.push(
      `mean cost ${countText(cost.meanMacs)} MACs, ${percentText(cost.macsRatio)} of the undivided backbone's`,
    );
    if (gates.executionRate !== null) lines.push(`gates open ${percentText(gates.executionRate)}`);
  }
  if (best)
    lines.push(
      `best error ${best.topOneErrorPercent.toFixed(2)} % after epoch ${best.epoch}, in ${printable(folder, Infinity)}/best`,
    );
  if (status === 'finished') lines.push(`evaluate it: dmnn eval ${shellWord(folder)}`);
  return lines.join('\n');
}

/** `dmnn train` */
export const trainCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .option(
        '--recipe <recipe>',
        'the name of a recipe, as listed by dmnn recipes, or a .json file (required, except with --data folder=PATH, which chooses one by size and number of the images)',
      )
      .option('--data <data>', `${trainingDataForms} (default: the recipe’s, if it is built-in or shapes)`)
      .option('--out <run>', 'the run folder; created if needed (required, except with --dry-run)')
      .option(
        '--from <run>',
        'start from the network of this run or imported model, with a new head if the data have another number of classes: divided if the recipe’s network is its divided version, pruned if the recipe prunes',
      )
      .option(
        '--resume',
        'resume the run in the folder with its settings, or start it if there is none; --set may change settings that only steer (learningRate.from, epochs, weights of losses, …)',
      )
      .option(
        '--exits <exits>',
        'give the network exits: how many, spread evenly, or the blocks after which they stand, from 0 (8,17; one block: 8,); how they are trained: --set exits.…',
      )
      .option(
        '--trainable <part>',
        'with --from: train the head alone, the controllers alone, or all (fineTuning.trainable of the recipe; default: all)',
        choiceOption('--trainable', ['head', 'controllers', 'exits', 'all']),
      )
      .option(
        '--categories <categories>',
        `what the category loss predicts: ${categoriesForms} (default: the data's own, if they have any)`,
      )
      .option('--set <a.b=value>', 'change a setting of the recipe; may be repeated', repeated)
      .option(
        '--hold-out <images>',
        'hold out this many training images (or a share, 10%) and test on them instead of the test images, to choose settings; of folder=PATH without test images, stratified by class',
        holdOutOption,
      )
      .option(
        '--train-images <images>',
        'train on a subset of this many training images, stratified by class',
        integerOption('--train-images', { min: 1, unit: 'images' }),
      )
      .addOption(workersOption())
      .addOption(badImagesOption())
      .option('--dry-run', 'print the training plan and its cost without training')
      .addOption(verboseOption())
      .addOption(backendOption('the best that works'))
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `
Examples:
  dmnn train --recipe demo-dynamic --out runs/demo
  dmnn train --recipe dmnn-cifar-resnet20-n2 --data cifar100=PATH --out runs/d20 --set epochs=30 --set seed=2
  dmnn train --recipe dmnn-cifar-resnet20-n2 --data cifar100=PATH --out runs/d20 --resume
  dmnn train --recipe dmnn-cifar-resnet20-n2 --data cifar100=PATH --out runs/d20 --resume --set learningRate.from=0.01 --set epochs=60
  dmnn train --recipe dmnn-cifar-resnet20-n2-from-static --data cifar100=PATH --from runs/static --out runs/d20f
  dmnn train --recipe pruned-cifar-resnet20 --data cifar100=PATH --from runs/static --out runs/pruned
  dmnn train --recipe imagenet-dmnn-mobilenetv2-n2 --data imagenet=PATH --out runs/mobile
  dmnn train --data folder=PATH --hold-out 10% --out runs/own`,
      );
  },
  request: readRequest,
  hints: settingHints,
  requires: required,
  needs: ({ dryRun, backend }) => (dryRun ? undefined : (backend ?? 'native')),
  run: (request, io) =>
    namingExits(request, () => (request.dryRun ? planTraining : trainNetwork)(request, io)),
});
