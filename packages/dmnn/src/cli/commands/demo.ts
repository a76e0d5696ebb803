import type { DemoEvent, DemoOptions, DemoResult, DemoRow } from '@dmnn/trainer/paper';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import { type CommandIo, quiet } from '../terminal/command-io.js';
import { countText, durationText, millisecondsText, percentText } from '../../text/count-text.js';
import { executionRatesText } from '../../text/execution-rates-text.js';
import { type ExitCode, DONE } from '../terminal/exit-code.js';
import { interruptible } from '../terminal/interrupts.js';
import { type RunsOn, assertEngineOptions, engineOption, precisionOption } from '../options/engine-option.js';
import { evaluationJson } from './eval-parts/evaluation-json.js';
import { namedArchitecture } from '../options/named-architecture.js';
import { assertDataSpec, dataForms } from '../options/data-spec.js';
import { openData } from '../options/open-data.js';
import { ProgressLine } from '../terminal/progress-line.js';
import { tableText } from '../../text/table-text.js';
import { TrainProgress } from '../terminal/train-progress.js';
import { type BackendChoice, startBackend } from '../terminal/start-backend.js';
import { backendOption, jsonOption, integerOption } from '../options/common-options.js';

/** Options of `dmnn demo`. */
interface DemoCommandOptions extends RunsOn {
  readonly backend: BackendChoice;
  readonly data: string;
  readonly json?: boolean | undefined;
  readonly testImages?: number | undefined;
  readonly trainingImages?: number | undefined;
}

/** Trains a small static network and its dynamic version, and compares them. */
async function trainAndCompare(options: DemoCommandOptions, io: CommandIo): Promise<ExitCode> {
  const { testImages, trainingImages } = options;
  const data = await openData(options.data, io);
  const openEngine = await demoEngine(options, io);
  await startBackend(options.backend, io);
  const { runDemo } = await import('@dmnn/trainer/paper');
  return interruptible(io, async (signal) => {
    const result = await runDemo({
      data,
      signal,
      onProgress: progressOf(io),
      testImages,
      trainingImages,
      openEngine,
    });
    io.redraw('');
    io.out(options.json ? JSON.stringify(demoJson(result), null, 2) : demoText(result, io));
    return DONE;
  });
}

/**
 * How the demo opens its networks in an engine: in the one that opens an untrained one now, before minutes of training. Says
 * which and why.
 */
async function demoEngine(
  { engine, precision }: DemoCommandOptions,
  io: CommandIo,
): Promise<DemoOptions['openEngine']> {
  if (engine === 'tfjs') return undefined;
  const { inFastestEngine, warmedUp } = await import('../options/open-engine.js');
  const { recipeNamed } = await import('@dmnn/runs');
  const { initialWeights } = await import('@dmnn/weights');
  const architecture = namedArchitecture(recipeNamed('demo-dynamic').model.name);
  const network = { architecture, weights: initialWeights(architecture, { seed: 1 }) };
  const request = { precision, defaultPrecision: 'f32' } as const;
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
    const { network } = event;
    if (event.kind === 'training') {
      const progress = shown.get(network) ?? new TrainProgress(io, network);
      shown.set(network, progress);
      progress.show(event.event);
      return;
    }
    const what = `${network}: evaluating, ${event.execution}, one image at a time`;
    line.show(what, `: ${event.images} of ${event.of}`);
  };
}

function demoJson({ data, trainingImages, testImages, rows, seconds }: DemoResult): object {
  return {
    data,
    trainingImages,
    testImages,
    seconds,
    networks: rows.map(
      ({ name, parameters, fullMacs, trainingSeconds, masked, skipping, inEngine, target }) => ({
        name,
        parameters,
        fullMacs,
        trainingSeconds,
        targetRate: target,
        top1ErrorPercent: skipping.error.top1ErrorPercent,
        meanMacs: skipping.cost.meanMacs,
        macsRatio: skipping.cost.macsRatio,
        executionRates: skipping.gates.executionRates,
        msPerImage: { masked: masked.timing.msPerImage, skipping: skipping.timing.msPerImage },
        ...(inEngine && { engine: engineJson(inEngine) }),
      }),
    ),
  };
}

function engineJson({ engine: { name, precision }, evaluation }: NonNullable<DemoRow['inEngine']>): object {
  return { name, precision, ...evaluationJson(evaluation) };
}

function demoText(result: DemoResult, io: CommandIo): string {
  const { data, trainingImages, testImages, rows, seconds } = result;
  const gated = rows.filter(({ skipping }) => skipping.gates.executionRates.length > 0);
  const again = io.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'npx dmnn demo';
  return [
    `Each trained on ${trainingImages} images of ${data}, and evaluated on ${testImages} others, one at a time.\n`,
    comparisonTable(rows),
    ...gated.flatMap(({ name, skipping, target }) => [
      `\n${name}, trained for a rate of ${String(target)}; each image runs what its own controllers open:\n`,
      executionRatesText(namedArchitecture(name), skipping.gates.executionRates),
    ]),
    `\n${durationText(1000 * seconds)} in all. MACs are multiply-accumulates of convolutions, linear layers and controllers.`,
    `The native backend, for full-size networks: npx dmnn backend install, then ${again} --backend native`,
    `The same on the real CIFAR-100 (its binary version): ${again} --data cifar100=PATH`,
  ].join('\n');
}

function comparisonTable(rows: readonly DemoRow[]): string {
  const right = (head: string): { head: string; align: 'right' } => ({ head, align: 'right' });
  const engine = rows[0]?.inEngine?.engine;
  return tableText(
    [
      { head: 'network' },
      right('top-1 error'),
      right('parameters'),
      right('full MACs'),
      right('mean MACs'),
      right('ratio'),
      right('masked'),
      right('skipping'),
      ...(engine ? [right(`${engine.name} ${engine.precision}`)] : []),
    ],
    rows.map(({ name, parameters, fullMacs, masked, skipping, inEngine }) => [
      name,
      `${skipping.error.top1ErrorPercent.toFixed(1)} %`,
      countText(parameters),
      countText(fullMacs),
      countText(skipping.cost.meanMacs),
      percentText(skipping.cost.macsRatio),
      millisecondsText(masked.timing.msPerImage),
      millisecondsText(skipping.timing.msPerImage),
      ...(inEngine ? [millisecondsText(inEngine.evaluation.timing.msPerImage)] : []),
    ]),
  );
}

/** `dmnn demo` */
export const demoCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .option('--data <data>', dataForms, 'built-in')
      .option(
        '--training-images <count>',
        'training images for each network, counting repetitions',
        integerOption('--training-images', { min: 64 }),
      )
      .option(
        '--test-images <count>',
        'test images for each network',
        integerOption('--test-images', { min: 1 }),
      )
      .addOption(
        engineOption(
          'compiled if it works, then onnx; tfjs adds none',
          'an engine in which the trained networks are evaluated too',
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
