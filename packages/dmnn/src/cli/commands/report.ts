import { printable } from '@dmnn/foundation';
import type { Dataset } from '@dmnn/data';
import { Option } from 'commander';
import { refuseSetting } from '../options/open-network.js';
import { type Budgets, budgetsOption } from '../options/budgets-option.js';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { percentText } from '../../text/count-text.js';
import { type ExitCode, DONE } from '../terminal/exit-code.js';
import { interruptible } from '../terminal/interrupts.js';
import {
  type ImageSettings,
  isImageFiles,
  openData,
  openTestImages,
  openTrainingData,
} from '../options/open-data.js';
import { assertDataSpec, trainingDataForms } from '../options/data-spec.js';
import { isOwnData, isTrainedOn } from '../options/open-own-data.js';
import { ownDataSettings } from '../options/own-image-settings.js';
import { trainedImagesOf } from '../../control/trained-images.js';
import { assertFolderFits } from '../options/output-folders.js';
import { ProgressLine, phase } from '../terminal/progress-line.js';
import { skippedImages } from '../terminal/skipped-images.js';
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
  integerOption,
  repeated,
} from '../options/common-options.js';

/** Options of `dmnn report`. */
interface ReportOptions {
  readonly badImages: number;
  readonly backend?: BackendChoice | undefined;
  readonly batchSize: number;
  readonly budgets?: Budgets | undefined;
  readonly calibrationImages?: number | undefined;
  readonly checkpoint?: CheckpointChoice | undefined;
  readonly class?: readonly string[] | undefined;
  readonly control?: boolean | undefined;
  readonly data?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
  readonly out: string;
  readonly title?: string | undefined;
  readonly workers?: number | undefined;
}

interface ReportRequest extends ReportOptions {
  readonly folders: readonly string[];
}

function reportRequest(folders: readonly string[], options: ReportOptions): ReportRequest {
  const { budgets, data = [] } = options;
  for (const spec of data) assertDataSpec(spec, { images: true });
  if (budgets?.unit === 'ms')
    throw usageError(
      '--budgets: expected shares, such as 0.3..1, since Fig. 4 is of MACs, got milliseconds.',
    );
  return { folders, ...options };
}

/** Evaluates runs and writes a page about them. */
async function reportRuns(options: ReportRequest, io: CommandIo): Promise<ExitCode> {
  const { budgets, folders } = options;
  for (const folder of folders) await refuseSetting('runs', folder);
  const { isCascade, loadRunConfig } = await import('@dmnn/runs');
  const [first = '', ...others] = folders;
  if (others.length === 0 && (await isCascade(first))) return reportOfCascade(first, options, io);
  for (const folder of folders) await loadRunConfig(folder);
  await assertFolderFits('--out', options.out);
  const found = sayingOnce(io);
  const opened = (
    await phase(io, 'opening the data', () =>
      Promise.all((options.data ?? []).map((spec) => openFor(folders, spec, options, found))),
    )
  ).flat();
  await startBackend(options.backend, io);
  const { collectReport } = await import('../../report/collect-report.js');
  const { writeReport } = await import('../../report/write-report.js');
  return interruptible(io, async (signal) => {
    const progress = new ProgressLine(io);
    progress.show(`reading ${folders.length} ${folders.length === 1 ? 'run' : 'runs'}`);
    const data = await collectReport({
      folders,
      datasets: opened.map(({ test }) => test),
      checkpoint: options.checkpoint,
      batchSize: options.batchSize,
      classNames: options.class ?? [],
      budgetShares: budgets?.values,
      control: options.control,
      trainingDatasets: opened.flatMap(({ train }) => train ?? []),
      calibrationImages: options.calibrationImages,
      onSkipped: await skippedImages(options.badImages, io),
      signal,
      onProgress: ({ run, budgetShare, control, images, of }) => {
        signal.throwIfAborted();
        if (control !== undefined) {
          progress.show(`${run}: control`, `: ${control}`);
          return;
        }
        const at = budgetShare === undefined ? '' : ` at ${percentText(budgetShare)} of the MACs`;
        progress.show(`${run}${at}`, `: ${images} of ${of} images`);
      },
      title: options.title,
    });
    progress.end();
    for (const { name, remarks } of data.runs)
      for (const remark of remarks) io.err(printable(`${name}: ${remark}`, Infinity));
    const written = await writeReport(data, options.out);
    io.out(options.json ? JSON.stringify(written, null, 2) : printable(written.report, Infinity));
    return DONE;
  });
}

/** The page of a cascade alone; what is about runs is refused. */
async function reportOfCascade(folder: string, options: ReportRequest, io: CommandIo): Promise<ExitCode> {
  const { budgets, calibrationImages, checkpoint, class: classes, control, data = [], out } = options;
  for (const [option, value] of [
    ['--budgets', budgets],
    ['--calibration-images', calibrationImages],
    ['--checkpoint', checkpoint],
    ['--class', classes],
    ['--control', control],
    ['--data', data[1]],
  ] as const) {
    if (value === undefined) continue;
    const why = option === '--data' ? 'one data set' : `none with a cascade, whose ${cascadeHas[option]}`;
    throw usageError(`${option}: expected ${why}.`);
  }
  await assertFolderFits('--out', out);
  const { reportCascade } = await import('./report-parts/report-cascade.js');
  return reportCascade({ ...options, folder, data: data[0] }, io);
}

const cascadeHas = {
  '--budgets': 'page shows other costs anyway',
  '--calibration-images': 'page is about test images',
  '--checkpoint': 'networks have checkpoints of their own',
  '--class': 'page shows no images',
  '--control': 'page shows its control anyway',
} as const;

/** What is found in a folder is the same for every size that its images are opened in. */
function sayingOnce(io: CommandIo): Pick<CommandIo, 'err'> {
  const said = new Set<string>();
  return {
    err: (text) => {
      if (said.has(text)) return;
      said.add(text);
      io.err(text);
    },
  };
}

/** A data set of a report. Training images of image folders are opened only to find thresholds on them. */
interface ReportedData {
  readonly train?: Dataset;
  readonly test: Dataset;
}

/** Opens the data that `--data` names; image folders in every size that a run was trained on. */
async function openFor(
  folders: readonly string[],
  spec: string,
  { budgets, control, workers }: ReportOptions,
  io: Pick<CommandIo, 'err'>,
): Promise<ReportedData[]> {
  if (!isImageFiles(spec)) return [await openData(spec, io)];
  const { loadRunConfig } = await import('@dmnn/runs');
  const configs = await Promise.all(folders.map((folder) => loadRunConfig(folder)));
  const isOwn = isOwnData(spec);
  const ofSpec = configs.filter(({ data }) =>
    isOwn ? isTrainedOn(data.test.name, spec) : /^imagenet(, \d+ held out)?$/.test(data.test.name),
  );
  const settings = new Map(
    ofSpec.map(({ data }) => {
      const own: ImageSettings = {
        imageSizePx: data.test.imageSizePx,
        ...(isOwn && { ...ownDataSettings(data.train), heldOut: undefined, trained: trainedImagesOf(data) }),
      };
      return [JSON.stringify(own), own];
    }),
  );
  return Promise.all(
    [...settings.values()].map(async (each) => {
      const all = { ...each, workers };
      if (budgets || control) return openTrainingData(spec, all, io);
      return { test: await openTestImages(spec, all, io) };
    }),
  );
}

/** `dmnn report` */
export const reportCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .argument('<runs...>', 'run folders, or the folder of one cascade')
      .requiredOption(
        '--out <folder>',
        'output folder for report.html, data.json and figures/*.svg; created if needed',
      )
      .option(
        '--data <data>',
        `${trainingDataForms}; may be repeated (not needed for built-in and shapes; a run without its data is shown from its log)`,
        repeated,
      )
      .addOption(checkpointOption())
      .addOption(
        new Option(
          '--budgets [budgets]',
          'also measure each dynamic network at these mean costs, set by gate thresholds: 0.3..1, 0.3..1:0.05 or 0.4,0.6',
        )
          .preset('0.3..1')
          .argParser(budgetsOption),
      )
      .option(
        '--control',
        'also measure the best fixed gate pattern of the same mean cost, for the gates as trained and for each budget (some hundred passes over the images that it is chosen on)',
      )
      .addOption(calibrationImagesOption())
      .option('--class <name>', 'show easy and hard images of this class; may be repeated', repeated)
      .option('--title <text>', 'heading of the page (default: the names of the runs)')
      .option(
        '--batch-size <images>',
        'batch size',
        integerOption('--batch-size', { min: 1, unit: 'images' }),
        200,
      )
      .addOption(workersOption())
      .addOption(badImagesOption())
      .addOption(backendOption('the best that works'))
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `
Examples:
  dmnn report runs/static runs/dynamic --data cifar100=PATH --out report
  dmnn report runs/static runs/dynamic --data cifar100=PATH --out report --budgets 0.3..1
  dmnn report runs/dynamic --data cifar100=PATH --out report --budgets 0.5,0.6 --control
  dmnn report both --data cifar10=PATH --out report     # a cascade: dmnn eval A --then B … --save both
  dmnn report runs/* --out report     # from the logs alone, without the data`,
      );
  },
  request: reportRequest,
  needs: ({ backend }) => backend ?? 'native',
  run: reportRuns,
});
