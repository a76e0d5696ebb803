import type { Dataset } from '@dmnn/data';
import type { DemoEvent, DemoOptions } from '@dmnn/trainer/paper';
import { closeIfFails } from '@dmnn/foundation';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import { type CommandIo, quiet } from '../terminal/command-io.js';
import { type ExitCode, DONE } from '../terminal/exit-code.js';
import { interruptible } from '../terminal/interrupts.js';
import { type RunsOn, assertEngineOptions, engineOption, precisionOption } from '../options/engine-option.js';
import { namedArchitecture } from '../options/named-architecture.js';
import { assertDataSpec, dataForms } from '../options/data-spec.js';
import { openData } from '../options/open-data.js';
import { assertNewFolder } from '../options/output-folders.js';
import { ProgressLine } from '../terminal/progress-line.js';
import { TrainProgress } from '../terminal/train-progress.js';
import { type BackendChoice, startBackend } from '../terminal/start-backend.js';
import { backendOption, jsonOption, integerOption } from '../options/common-options.js';
import { usageError } from '../terminal/usage-error.js';
import { calibrationImagesOf } from './demo-parts/calibration-images.js';
import { demoJson } from './demo-parts/demo-json.js';
import { writeDemoReport } from './demo-parts/demo-report.js';
import { demoText } from './demo-parts/demo-text.js';

/** Training images: some to train on, some to choose the cascade on. */
const FEWEST_IMAGES = 120;

/** Options of `dmnn demo`. */
interface DemoCommandOptions extends RunsOn {
  readonly backend: BackendChoice;
  readonly data: string;
  readonly json?: boolean | undefined;
  readonly out?: string | undefined;
  readonly seed: number;
  readonly testImages?: number | undefined;
  readonly trainingImages?: number | undefined;
}

/** Trains three small networks, joins two of them to a cascade, and compares it with static networks. */
async function trainAndCompare(options: DemoCommandOptions, io: CommandIo): Promise<ExitCode> {
  const { testImages, trainingImages, seed } = options;
  if (options.out !== undefined) await assertNewFolder('--out', options.out);
  const data = await openData(options.data, io);
  assertEnoughImages(data.train.size);
  const openEngine = await demoEngine(options, data.train, io);
  await startBackend(options.backend, io);
  const { runDemo } = await import('@dmnn/trainer/paper');
  return interruptible(io, (signal) =>
    inNewFolder(options.out, async (folder): Promise<ExitCode> => {
      const result = await runDemo({
        ...{ data, folder, signal, seed, testImages, trainingImages, openEngine },
        onProgress: progressOf(io),
      });
      const report = join(folder, 'report.html');
      await writeDemoReport(result, report);
      io.redraw('');
      const again = io.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'npx dmnn demo';
      io.out(
        options.json
          ? JSON.stringify(demoJson(result, report), null, 2)
          : demoText(result, { report, again }),
      );
      return DONE;
    }),
  );
}

/** @throws DmnnError `DMNN_USAGE` if there are too few to train on and to choose a cascade on */
function assertEnoughImages(images: number): void {
  if (images >= FEWEST_IMAGES) return;
  throw usageError(`--data: expected at least ${FEWEST_IMAGES} training images, got ${images}. Take more.`);
}

/** In the folder that is named, or in a new temporary one, which goes if the work fails. */
async function inNewFolder<Result>(
  out: string | undefined,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  if (out !== undefined) return work(out);
  const folder = await mkdtemp(join(tmpdir(), 'dmnn-demo-'));
  return closeIfFails(
    () => work(folder),
    () => rm(folder, { recursive: true, force: true }),
  );
}

/**
 * How the demo opens its networks in an engine: in the one that opens an untrained one now, before minutes of training. Says
 * which and why. Ranges of 8 bits are taken from training images.
 */
async function demoEngine(
  { engine, precision }: DemoCommandOptions,
  train: Dataset,
  io: CommandIo,
): Promise<DemoOptions['openEngine']> {
  if (engine === 'tfjs') return undefined;
  const { inFastestEngine, warmedUp } = await import('../options/open-engine.js');
  const { recipeNamed } = await import('@dmnn/runs');
  const { initialWeights } = await import('@dmnn/weights');
  const architecture = namedArchitecture(recipeNamed('demo-shapes').model.name);
  const network = { architecture, weights: initialWeights(architecture, { seed: 1 }) };
  const calibrationImages = precision === 'int8' ? await calibrationImagesOf(train) : undefined;
  const request = { precision, defaultPrecision: 'f32', calibrationImages } as const;
  const first = await inFastestEngine(network, { ...request, engine }, io, warmedUp);
  if (!first) return undefined;
  await first.close();
  const chosen = first.engine.name === 'onnx' ? 'onnx' : 'compiled';
  return (trained) => inFastestEngine(trained, { ...request, engine: chosen }, quiet(io), warmedUp);
}

function progressOf(io: CommandIo): (event: DemoEvent) => void {
  const shown = new Map<string, TrainProgress>();
  const line = new ProgressLine(io);
  return (event) => {
    if (event.kind === 'training') {
      const progress = shown.get(event.part) ?? new TrainProgress(io, event.part);
      shown.set(event.part, progress);
      progress.show(event.event);
      return;
    }
    const what = event.what === 'times' ? 'times, one image at a time' : `${event.what}: measuring errors`;
    line.show(what, `: ${event.images} of ${event.of}`);
  };
}

/** `dmnn demo` */
export const demoCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .option('--data <data>', dataForms, 'shapes')
      .option(
        '--training-images <count>',
        'training images for the full network, counting repetitions; the others are trained as long',
        integerOption('--training-images', { min: 64 }),
      )
      .option(
        '--test-images <count>',
        'test images that everything is measured on',
        integerOption('--test-images', { min: 1 }),
      )
      .option(
        '--seed <seed>',
        'of weights and of the order of the images',
        integerOption('--seed', { min: 0 }),
        1,
      )
      .option('--out <folder>', 'for networks, cascade and report (default: a new temporary folder)')
      .addOption(
        engineOption(
          'compiled if it works, then onnx, then tfjs',
          'an engine in which the trained networks are measured',
        ),
      )
      .addOption(precisionOption('f32'))
      .addOption(backendOption('wasm, which is built in').default('wasm'))
      .addOption(jsonOption());
  },
  request: (options: DemoCommandOptions) => {
    assertDataSpec(options.data, { images: false });
    assertEngineOptions({ ...options, backend: undefined }); // TensorFlow.js trains, whatever engine evaluates
    return options;
  },
  needs: ({ backend }) => backend,
  run: trainAndCompare,
});
