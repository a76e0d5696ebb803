import { join } from 'node:path';
import { closeAfter } from '@dmnn/foundation';
import type { Recipe } from '@dmnn/runs';
import type { PaperRow, ReproductionScale } from '@dmnn/trainer/paper';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { type ExitCode, DONE, INTERRUPTED } from '../terminal/exit-code.js';
import { interruptSignal, interruptible } from '../terminal/interrupts.js';
import { assertDataSpec, trainingDataForms } from '../options/data-spec.js';
import { openTrainingData } from '../options/open-data.js';
import { assertNetworkFolder, assertRunFits } from '../options/output-folders.js';
import { TrainProgress } from '../terminal/train-progress.js';
import { ProgressLine, announce, phase } from '../terminal/progress-line.js';
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
  numberListOption,
  repeated,
} from '../options/common-options.js';
import { settingHints } from '../options/setting-hints.js';

/** Options of `dmnn reproduce`. */
interface ReproduceCommandOptions {
  readonly backend?: BackendChoice | undefined;
  readonly badImages: number;
  readonly data: string;
  readonly dryRun?: boolean | undefined;
  readonly from?: string | undefined;
  readonly json?: boolean | undefined;
  readonly out?: string | undefined;
  readonly resume?: boolean | undefined;
  readonly scale: ReproductionScale;
  readonly seeds: readonly number[];
  readonly set?: readonly string[] | undefined;
  readonly verbose?: boolean | undefined;
  readonly workers?: number | undefined;
}

interface ReproduceRequest extends ReproduceCommandOptions {
  readonly row: PaperRow;
  readonly recipe: Recipe;
}

async function readRequest(typedRow: string, options: ReproduceCommandOptions): Promise<ReproduceRequest> {
  const { scale, seeds, set = [], dryRun, from, out, resume = false } = options;
  assertDryRunOptions(options);
  if (new Set(seeds).size < seeds.length)
    throw usageError(`--seeds: expected distinct seeds, got ${seeds.join(',')}.`);
  if (set.some((assignment) => assignment.startsWith('seed=')))
    throw usageError('--set seed: expected --seeds instead, such as --seeds 1,2,3.');
  assertDataSpec(options.data, { images: true });
  const { paperRow, reproductionRecipe } = await import('@dmnn/trainer/paper');
  const rowId = await rowBegunBy(typedRow);
  const recipe = reproductionRecipe(rowId, { scale, overrides: set });
  if (from !== undefined) await assertNetworkFolder('--from', from);
  if (!dryRun && out !== undefined) {
    for (const seed of seeds) await assertRunFits('--out', join(out, `seed-${seed}`), resume);
  }
  return {
    ...options,
    row: paperRow(rowId),
    recipe,
  };
}

/** The only row that a text begins: `table1/10` is enough. Any other text as it is. */
async function rowBegunBy(text: string): Promise<string> {
  const { paperRows } = await import('@dmnn/trainer/paper');
  const ids = paperRows().map(({ id }) => id);
  const begun = ids.filter((id) => id.startsWith(text));
  const whole = begun.filter((id) => id.startsWith(`${text}-`)); // table1/1 is not the beginning of row 10
  const [only, another] = whole.length > 0 ? whole : begun;
  return only === undefined || another !== undefined || ids.includes(text) ? text : only;
}

/** Prints the plan and the expected time on this machine. */
async function planRow(request: ReproduceRequest, io: CommandIo): Promise<ExitCode> {
  const { recipe, row, scale, seeds, out: folder = null, workers } = request;
  const { imageSizePx } = recipe;
  const data = await phase(io, 'opening the data', () =>
    openTrainingData(request.data, { imageSizePx, workers }, io),
  );
  const { assertRowData, measurePace } = await import('@dmnn/trainer/paper');
  assertRowData(row.id, scale, recipe, data);
  await startBackend(request.backend, io);
  const { reproductionPlan, reproductionPlanText } = await import('./reproduce-parts/reproduction-plan.js');
  return interruptible(io, async (signal) => {
    announce(io, 'timing a few training steps, to estimate how long the training takes');
    const progress = new ProgressLine(io);
    const pace = await measurePace({
      recipe,
      data,
      signal,
      badImageLimit: request.badImages,
      onProgress: (timed, steps) => {
        progress.show('timing training steps', `: ${timed} of ${steps}`);
      },
    });
    progress.end();
    if (!pace) return INTERRUPTED;
    const plan = await reproductionPlan({ row, scale, recipe, seeds, folder }, data, pace);
    io.out(request.json ? JSON.stringify(plan, null, 2) : reproductionPlanText(plan, request));
    return DONE;
  });
}

/** Trains a row of the paper's tables, one run for each seed. */
async function trainRow(request: ReproduceRequest, io: CommandIo): Promise<ExitCode> {
  const { row, recipe, scale, seeds, out: folder = '', set = [], workers } = request;
  const { badImages, from, json = false, resume = false } = request;
  const { imageSizePx } = recipe;
  const data = await phase(io, 'opening the data', () =>
    openTrainingData(request.data, { imageSizePx, workers }, io),
  );
  const { assertRowData, reproduceSeeds } = await import('@dmnn/trainer/paper');
  assertRowData(row.id, scale, recipe, data);
  const backend = await startBackend(request.backend, io);
  const { reproductionJson, reproductionText } = await import('./reproduce-parts/reproduction-result.js');
  const progress = new Map(seeds.map((seed) => [seed, new TrainProgress(io, `seed ${seed}`)]));
  const endProgress = (): void => {
    for (const one of progress.values()) one.end();
  };
  const { signal, stop } = interruptSignal(io, () => {
    endProgress();
    io.err('Finishing the step and saving; interrupt again to stop at once.');
  });
  return closeAfter(
    async () => {
      const result = await reproduceSeeds(row.id, {
        scale,
        seeds,
        data,
        folder,
        resume,
        signal,
        backend,
        overrides: set,
        from,
        badImageLimit: badImages,
        onProgress: (seed, event) => {
          progress.get(seed)?.show(event);
        },
      });
      endProgress();
      io.out(
        json
          ? JSON.stringify(reproductionJson(result, set), null, 2)
          : reproductionText(result, set, io.columns),
      );
      return result.status === 'interrupted' ? INTERRUPTED : DONE;
    },
    endProgress,
    stop,
  );
}

/** `dmnn reproduce` */
export const reproduceCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .argument(
        '<row>',
        'a row id as printed by dmnn tables, or its beginning: table1/10-dmnn50-n2-t0.5, table1/10',
      )
      .requiredOption('--data <data>', `the row's data: ${trainingDataForms}`)
      .option(
        '--out <folder>',
        'output folder for one run folder per seed: seed-1, …; created if needed (required, except with --dry-run)',
      )
      .option(
        '--scale <scale>',
        "paper (the row's network, data and schedule) or laptop (the same method on a small network of CIFAR-100's images)",
        choiceOption('--scale', ['paper', 'laptop'] as const),
        'paper',
      )
      .option(
        '--seeds <seeds>',
        'seeds separated by commas, one run each (default: 1)',
        numberListOption('--seeds', { min: 0, max: 0xffffffff, whole: true }),
        [1],
      )
      .option('--from <run>', 'start from the network of this run or imported model')
      .option('--resume', 'resume the runs in the folder; finished seeds are not trained again')
      .option('--set <a.b=value>', "change a setting of the row's recipe; may be repeated", repeated)
      .addOption(workersOption())
      .addOption(badImagesOption())
      .option(
        '--dry-run',
        'print the plan, cost, memory and expected time (from timing a few steps) without training',
      )
      .addOption(verboseOption())
      .addOption(backendOption('the best that works'))
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `
Examples:
  dmnn reproduce table1/10-dmnn50-n2-t0.5 --data imagenet=PATH --dry-run
  dmnn reproduce table3/03-dmnn-cifar-resnet50-n2-t0.6 --data cifar100=PATH --out runs/row3 --seeds 1,2,3
  dmnn reproduce table1/10-dmnn50-n2-t0.5 --scale laptop --data cifar100=PATH --out runs/small10 --seeds 1,2,3
  dmnn reproduce table1/10-dmnn50-n2-t0.5 --scale laptop --data cifar100=PATH --out runs/small10 --seeds 1,2,3 --resume`,
      );
  },
  request: readRequest,
  hints: settingHints,
  requires: ({ dryRun, out }) =>
    Promise.resolve(dryRun === true || out !== undefined ? [] : ['--out <folder>']),
  needs: ({ backend }) => backend ?? 'native',
  run: (request, io) => (request.dryRun ? planRow : trainRow)(request, io),
});
