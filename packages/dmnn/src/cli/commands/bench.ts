import { closeAfter } from '@dmnn/foundation';
import type { Execution, Network } from '@dmnn/network';
import type { PrecisionChoice } from '@dmnn/engine';
import type { SessionForm } from '@dmnn/onnx';
import type { NetworkData } from '@dmnn/weights';
import { calibrationImagesFor, compiledEngine } from '../../bench/compiled-engine.js';
import type { BenchEngine } from '../../bench/contestant.js';
import {
  type BlockEfficiency,
  type Efficiency,
  type ShareEfficiency,
  measureBlocks,
  measureShares,
} from '../../bench/measure-efficiency.js';
import { onnxEngine } from '../../bench/onnx-engine.js';
import { undividedOf } from '../../bench/undivided-of.js';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import { openCompiled } from '../terminal/compiled-engine.js';
import { type CommandIo, quiet } from '../terminal/command-io.js';
import { millisecondsText, percentText } from '../../text/count-text.js';
import { type ExitCode, DONE, INTERRUPTED } from '../terminal/exit-code.js';
import { interruptSignal } from '../terminal/interrupts.js';
import {
  type NamedNetwork,
  anyModelForms,
  openNamedNetwork,
  refuseSetting,
} from '../options/open-network.js';
import { type NodeOnnxRuntime, formText, loadOnnxRuntime, ownLanes } from '../terminal/onnx-runtime.js';
import { ProgressLine } from '../terminal/progress-line.js';
import { tableText } from '../../text/table-text.js';
import { usageError } from '../terminal/usage-error.js';
import { type BackendChoice, startBackend } from '../terminal/start-backend.js';
import { assertDataSpec, trainingDataForms } from '../options/data-spec.js';
import { precisionOption } from '../options/engine-option.js';
import {
  backendOption,
  jsonOption,
  choiceOption,
  integerOption,
  numberListOption,
} from '../options/common-options.js';

const engines = ['all', 'both', 'compiled', 'onnx', 'tfjs'] as const;

/** Engines that each choice measures. */
const measured: { readonly [choice in (typeof engines)[number]]: readonly string[] } = {
  all: ['compiled', 'onnx', 'tfjs'],
  both: ['onnx', 'tfjs'],
  compiled: ['compiled'],
  onnx: ['onnx'],
  tfjs: ['tfjs'],
};

const usualShares: readonly number[] = [0.25, 0.5, 0.75, 1];
const usualBatchSizes: readonly number[] = [1, 32];

/** Options of `dmnn bench`. */
interface BenchOptions {
  readonly backend?: BackendChoice | undefined;
  readonly batchSizes: readonly number[];
  readonly blocks?: boolean | undefined;
  readonly cpuLanes?: boolean | undefined;
  readonly data?: string | undefined;
  readonly engine: (typeof engines)[number];
  readonly images: number;
  readonly json?: boolean | undefined;
  readonly openShares: readonly number[];
  readonly portable?: boolean | undefined;
  readonly precision?: PrecisionChoice | undefined;
  readonly seconds: number;
  readonly threads: number;
}

interface BenchRequest extends BenchOptions {
  readonly model: string;
}

function benchRequest(model: string, options: BenchOptions): BenchRequest {
  const { engine, backend } = options;
  const hasTensors = measured[engine].includes('tfjs');
  if (!hasTensors && backend !== undefined) {
    throw usageError(`--backend: expected none with --engine ${engine}, got ${backend}.`);
  }
  for (const [option, value] of [
    ['--cpu-lanes', options.cpuLanes],
    ['--portable', options.portable],
  ] as const) {
    if (value !== true || measured[engine].includes('onnx')) continue;
    throw usageError(`${option}: expected --engine onnx, both or all with it, got --engine ${engine}.`);
  }
  if (options.cpuLanes && options.portable)
    throw usageError('--portable: expected without --cpu-lanes, which writes files that are not portable.');
  if (!measured[engine].includes('compiled') && options.precision !== undefined) {
    throw usageError(`--precision: expected --engine compiled or all with it, got --engine ${engine}.`);
  }
  if (options.data !== undefined) assertDataSpec(options.data, { images: true });
  // if TensorFlow.js is not among the engines, its backend only holds weights
  return { model, ...options, backend: hasTensors ? backend : 'cpu' };
}

/** Measures how much of the skipped computation becomes saved time. */
async function benchNetwork(options: BenchRequest, io: CommandIo): Promise<ExitCode> {
  await refuseSetting('model', options.model);
  const { isCascade } = await import('@dmnn/runs');
  if (await isCascade(options.model)) return benchCascadeFolder(options, io);
  if (options.data !== undefined) {
    throw usageError(
      '--data: expected none with one network, whose time for given gates does not depend on the image. It is for the folder of a cascade.',
    );
  }
  const named = await openNamedNetwork(options.model, io, { random: true });
  undividedOf(named.architecture);
  const { chosen } = await startBackend(
    options.backend,
    measured[options.engine].includes('tfjs') ? io : quiet(io),
  );
  const { createNetwork } = await import('@dmnn/network');
  const network = createNetwork(named.architecture, { seed: 0, weights: named.weights });
  const { signal, stop } = interruptSignal(io, () => {
    io.redraw('');
    io.err('Finishing the run that is timed; interrupt again to stop at once.');
  });
  const shares: ShareEfficiency[] = [];
  const blocks: BlockEfficiency[] = [];
  await closeAfter(
    async () => {
      try {
        for (const engine of await enginesOf(network, named, chosen, options, io)) {
          for await (const row of rowsOf(named, engine, options, io, signal)) {
            if ('block' in row) blocks.push(row);
            else shares.push(row);
          }
        }
      } catch (error) {
        if (!signal.aborted) throw error; // what was measured until then is printed
      }
    },
    () => {
      io.redraw('');
    },
    stop,
    () => {
      network.dispose();
    },
  );
  const isEmpty = shares.length + blocks.length === 0;
  if (options.json || !isEmpty)
    io.out(
      options.json
        ? JSON.stringify([...shares, ...blocks].map(rowJson), null, 2)
        : rowsText(named.architecture.name, shares, blocks),
    );
  return signal.aborted ? INTERRUPTED : DONE;
}

/** What is only about the gates of one network is refused. */
async function benchCascadeFolder(options: BenchRequest, io: CommandIo): Promise<ExitCode> {
  const { model: folder, engine, batchSizes, blocks, cpuLanes, openShares, portable } = options;
  for (const [option, isGiven] of [
    ['--open-shares', openShares !== usualShares],
    ['--batch-sizes', batchSizes !== usualBatchSizes],
    ['--blocks', blocks === true],
    ['--cpu-lanes', cpuLanes === true],
    ['--portable', portable === true],
  ] as const) {
    if (isGiven)
      throw usageError(`${option}: expected one network with it, got a cascade, which runs as it is.`);
  }
  const { benchCascade } = await import('./bench-parts/bench-cascade.js');
  return benchCascade({ ...options, folder, engines: measured[engine] }, io);
}

async function enginesOf(
  network: Network,
  named: NamedNetwork,
  backend: string,
  options: BenchOptions,
  io: CommandIo,
): Promise<BenchEngine[]> {
  const { batchSizes } = options;
  const wanted = measured[options.engine];
  const chosen: BenchEngine[] = [];
  if (wanted.includes('compiled')) {
    const compiled = await orLeftOut(options, io, () => openedCompiled(named, options, io));
    if (compiled) chosen.push(compiled);
  }
  if (wanted.includes('onnx')) {
    const runtime = await orLeftOut(options, io, () => onnxRuntime(io));
    if (runtime) {
      const { threads, portable: asWritten } = options;
      const cpuLanes = options.cpuLanes ? await ownLanes(runtime) : undefined;
      const onForm = (form: SessionForm): void => {
        io.err(`onnx: ${formText(form)}`);
      };
      chosen.push(onnxEngine(named, { runtime, threads, cpuLanes, asWritten, onForm }));
    }
  }
  if (wanted.includes('tfjs')) {
    const { tfjsEngine } = await import('../../bench/tfjs-engine.js');
    const executions: readonly Execution[] = ['masked', 'skipping'];
    for (const execution of executions)
      for (const batch of batchSizes) chosen.push(tfjsEngine(network, { backend, batch, execution }));
  }
  return chosen;
}

/** An engine; undefined, with a remark, if it is not installed and others were requested too. */
async function orLeftOut<Found>(
  { engine }: BenchOptions,
  io: CommandIo,
  open: () => Promise<Found>,
): Promise<Found | undefined> {
  try {
    return await open();
  } catch (error) {
    if (measured[engine].length === 1) throw error;
    io.err(`Left out: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

async function onnxRuntime(io: CommandIo): Promise<NodeOnnxRuntime> {
  const runtime = await loadOnnxRuntime();
  io.err(`onnx: ${runtime.version}`);
  return runtime;
}

/** The compiled engine, in the precision that the dynamic network takes. */
async function openedCompiled(
  named: NamedNetwork,
  { precision: choice, threads }: BenchOptions,
  io: CommandIo,
): Promise<BenchEngine> {
  const open = (network: NetworkData, precision: PrecisionChoice | undefined) => {
    const calibrationImages = precision === 'int8' ? calibrationImagesFor(network) : undefined;
    return openCompiled(network, io, { precision, calibrationImages, threads });
  };
  const first = await open(named, choice);
  const { precision, precisionReason } = first;
  await first.close();
  const ranges = precision === 'int8' ? ', ranges of seeded images, which do not change the time' : '';
  io.err(`compiled: ${precision} (${precisionReason}${ranges})`);
  return compiledEngine(named, precision, (network) => open(network, precision));
}

async function* rowsOf(
  { architecture }: NamedNetwork,
  engine: BenchEngine,
  { openShares, blocks = false, seconds }: BenchOptions,
  io: CommandIo,
  signal: AbortSignal,
): AsyncGenerator<ShareEfficiency | BlockEfficiency> {
  const what = `${engine.name}, batch ${engine.batch}`;
  const options = { architecture, engine, seconds, signal, now: () => io.now() };
  const progress = new ProgressLine(io);
  progress.show(what, ': timing');
  for await (const row of measureShares({ ...options, shares: openShares })) {
    progress.show(what, `: ${percentText(row.openShare)} open, efficiency ${row.efficiency.toFixed(3)}`);
    yield row;
  }
  if (!blocks) return;
  for await (const row of measureBlocks(options)) {
    progress.show(what, `: ${row.block}, efficiency ${row.efficiency.toFixed(3)}`);
    yield row;
  }
}

function rowJson(row: ShareEfficiency | BlockEfficiency): object {
  const { model, engine, batch, macsRatio, timeRatio, efficiency } = row;
  const part = 'block' in row ? { block: row.block } : { openShare: row.openShare };
  return { model, engine, batch, ...part, macsRatio, timeRatio, efficiency };
}

function rowsText(
  model: string,
  shares: readonly ShareEfficiency[],
  blocks: readonly BlockEfficiency[],
): string {
  return [
    `${model}: cost and time relative to the undivided backbone on the same engine\n`,
    efficiencyTable('open', shares, ({ openShare }) => percentText(openShare)),
    ...(blocks.length > 0
      ? [
          '\nblock by block: cost and time that opening the block adds to the network with all gates closed\n',
          efficiencyTable('block', blocks, ({ block }) => block),
        ]
      : []),
    '\nefficiency = theory / measured: 1 if skipped computation takes no time. Times are per image, the minimum over',
    'runs that alternate with the undivided backbone; controllers run, but their decisions are replaced.',
  ].join('\n');
}

function efficiencyTable<Row extends Efficiency>(
  head: string,
  rows: readonly Row[],
  part: (row: Row) => string,
): string {
  const right = (text: string) => ({ head: text, align: 'right' as const });
  return tableText(
    [
      { head: 'engine' },
      right('batch'),
      right(head),
      right('theory (MACs)'),
      right('measured (time)'),
      right('efficiency'),
      right('ours'),
      right('undivided'),
    ],
    rows.map((row) => [
      row.engine,
      String(row.batch),
      part(row),
      percentText(row.macsRatio),
      percentText(row.timeRatio),
      row.efficiency.toFixed(3),
      millisecondsText(row.milliseconds / row.batch),
      millisecondsText(row.undividedMilliseconds / row.batch),
    ]),
  );
}

/** `dmnn bench` */
export const benchCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .argument('<model>', `${anyModelForms}; or the folder of a cascade`)
      .option(
        '--engine <engine>',
        'compiled (for this machine) and onnx (onnxruntime-node), one image at a time; tfjs (masked and skipping); both (onnx and tfjs); or all that work',
        choiceOption('--engine', engines),
        'all',
      )
      .option(
        '--open-shares <shares>',
        'shares of open sub-blocks to measure',
        numberListOption('--open-shares', { min: 0, max: 1 }),
        usualShares,
      )
      .option(
        '--batch-sizes <images>',
        'batch sizes on TensorFlow.js',
        numberListOption('--batch-sizes', { min: 1, whole: true }),
        usualBatchSizes,
      )
      .option('--blocks', 'also measure each block alone')
      .option(
        '--seconds <count>',
        'minimum time for each row; at least three rounds run',
        integerOption('--seconds', { min: 0, unit: 'seconds' }),
        2,
      )
      .option(
        '--threads <count>',
        'threads of ONNX Runtime and of the compiled engine',
        integerOption('--threads', { min: 1, unit: 'threads' }),
        1,
      )
      .option('--data <data>', `of a cascade: also its mean time on test images, ${trainingDataForms}`)
      .option(
        '--images <count>',
        'of a cascade with --data: the number of test images',
        integerOption('--images', { min: 1, unit: 'images' }),
        200,
      )
      .addOption(precisionOption('auto'))
      .option(
        '--portable',
        'run ONNX files as they are written, and not in the fastest form for this processor',
      )
      .option(
        '--cpu-lanes',
        "write ONNX files in ONNX Runtime's blocked layout for this processor, as dmnn export --cpu-lanes does",
      )
      .addOption(backendOption('the best that works'))
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `
By default all engines run that work; one that does not is named, with the reason. ONNX files run as DynamicSession of
@dmnn/onnx runs them: in the form that is fastest on this processor, which is said.

Examples:
  dmnn bench dmnn50-n2 --engine onnx
  dmnn bench dmnn50-n2 --engine compiled --precision int8
  dmnn bench both --engine compiled --data cifar10=PATH     # a cascade: dmnn eval A --then B … --save both
  dmnn bench runs/d20 --engine tfjs --backend wasm --blocks`,
      );
  },
  request: benchRequest,
  needs: ({ backend }) => backend ?? 'native',
  run: benchNetwork,
});
