import { closeAfter, printable } from '@dmnn/foundation';
import { gatedBlocks } from '@dmnn/architecture';
import type { Evaluation } from '@dmnn/trainer';
import type { NetworkData } from '@dmnn/weights';
import { Option } from 'commander';
import { type Budgets, assertBackboneShares, costsOption } from '../options/budgets-option.js';
import {
  type CheckpointChoice,
  backendOption,
  badImagesOption,
  calibrationImagesOption,
  checkpointOption,
  jsonOption,
  workersOption,
  choiceOption,
  integerOption,
  numberOption,
  usualCalibrationImages,
} from '../options/common-options.js';
import { assertDataSpec, trainingDataForms } from '../options/data-spec.js';
import {
  type RunsOn,
  assertEngineGives,
  assertEngineOptions,
  engineOption,
  precisionOption,
} from '../options/engine-option.js';
import { assertNoSetting } from '../options/stage-argument.js';
import { assertFileFits } from '../options/output-folders.js';
import type { CommandIo } from '../terminal/command-io.js';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import { type ExitCode, DONE } from '../terminal/exit-code.js';
import { interruptible } from '../terminal/interrupts.js';
import { ProgressLine, phase } from '../terminal/progress-line.js';
import { skippedImages } from '../terminal/skipped-images.js';
import { usageError } from '../terminal/usage-error.js';
import { evaluateBudgets } from './eval-parts/eval-budgets.js';
import {
  type EvaluatedExecution,
  evaluateExecutions,
  evaluatedExecutions,
  findingsJson,
} from './eval-parts/eval-findings.js';
import { assertTensorsMayRun, openEvaluatedNetwork, tensorsNeeded } from './eval-parts/evaluated-network.js';
import { findingsText } from './eval-parts/eval-text.js';
import { type HoldOut, holdOutOption } from '../options/hold-out-option.js';
import { openEvaluatedData } from './eval-parts/evaluated-data.js';
import { type EvaluatedDecision, decisionOf } from './eval-parts/evaluated-decision.js';
import { compareNetwork } from './eval-parts/compare-with-static.js';
import { evaluateGateControls } from '../../control/gate-control.js';
import { assertFilesOfEvaluation } from './eval-parts/evaluation-files.js';
import { writeNetworkLog } from './eval-parts/network-log.js';
import { heldOutImages } from './eval-cascade/held-out-images.js';
import { chosenOn } from './eval-cascade/open-parts.js';
import {
  type CascadeOptions,
  addCascadeOptions,
  assertCascadeOptions,
  assertNotOfOneNetwork,
  assertOneAim,
  cascadeOptionsOf,
} from './eval-cascade/cascade-options.js';

/** Options of `dmnn eval`. */
interface EvalOptions extends RunsOn, CascadeOptions {
  readonly batchSize?: number | undefined;
  readonly budgets?: Budgets | undefined;
  readonly calibrationImages?: number | undefined;
  readonly checkpoint?: CheckpointChoice | undefined;
  readonly data?: string | undefined;
  readonly execution: EvaluatedExecution;
  readonly holdOut?: HoldOut | undefined;
  readonly json?: boolean | undefined;
  readonly latencies?: string | undefined;
  readonly badImages: number;
  readonly noisyGates?: number | undefined;
  readonly width?: number | undefined;
  readonly workers?: number | undefined;
}

interface EvalRequest extends EvalOptions {
  readonly folder: string;
  /** The first and others that differ in their seed. */
  readonly folders: readonly string[];
}

function evalRequest(folders: readonly string[], options: EvalOptions): EvalRequest {
  const [folder = ''] = folders;
  assertEngineOptions(options);
  if (options.then !== undefined || options.exits) {
    assertCascadeOptions(options);
    if (options.data !== undefined) assertDataSpec(options.data, { images: true });
    return { folder, folders, ...options };
  }
  assertOptionsGoTogether(options);
  if (options.budgets) assertEngineGives(options.engine, 'moving thresholds', '--budgets');
  const { execution, noisyGates } = options; // a saved cascade has its control in any engine
  assertTensorsMayRun({ ...options, onlyTensors: tensorsNeeded({ execution, noisyGates }) });
  if (options.data !== undefined) assertDataSpec(options.data, { images: true });
  return { folder, folders, ...options };
}

/** Evaluates a run, or several of different seeds. */
async function evaluateRuns(request: EvalRequest, io: CommandIo): Promise<ExitCode> {
  const { folders, json, latencies, log, save, then } = request;
  if (folders.length === 1) return evaluateNetwork(request, io);
  const { evaluateSeeds } = await import('./eval-parts/eval-seeds.js');
  const ofOne = { '--latencies': latencies, '--log': log, '--save': save, '--then': then };
  const alone = Object.entries(ofOne).flatMap(([option, value]) => (value === undefined ? [] : [option]));
  return evaluateSeeds(
    folders,
    { json, alone },
    (folder, own) => evaluateNetwork({ ...request, folder, json: true }, own),
    io,
  );
}

/** Evaluates a network on test data; a run uses its own test set by default. */
async function evaluateNetwork(options: EvalRequest, io: CommandIo): Promise<ExitCode> {
  const { isCascade, openNetworkData } = await import('@dmnn/runs');
  if (options.then !== undefined || options.exits || (await isCascade(options.folder))) {
    assertNotOfOneNetwork(options, options.then ? '--then' : options.exits ? '--exits' : 'a cascade');
    const { evaluateCascades } = await import('./eval-cascade/evaluate-cascades.js');
    return evaluateCascades(options, io);
  }
  assertNoSetting('run', options.folder);
  assertOfOneNetwork(options);
  if (options.budgets) assertBackboneShares(options.budgets);
  const { checkpoint, width } = options;
  const model = await openNetworkData(options.folder, {
    which: checkpoint,
    width,
    onWarning: (message) => {
      io.err(printable(message, Infinity));
    },
  });
  const { calibrationImages = usualCalibrationImages, execution, latencies, noisyGates } = options;
  if (options.budgets) {
    const why = model.architecture.exits ? 'whose exits are asked for by --exits' : 'whose cost is constant';
    assertGated('--budgets', model, why);
  }
  if (options.control)
    assertGated(
      '--control',
      model,
      'whose cost is constant; exits are compared with --exits, cascades with --then',
    );
  if (noisyGates !== undefined) assertGated('--noisy-gates', model, 'which has none');
  if (latencies !== undefined) await assertFileFits('--latencies', latencies);
  await assertFilesOfEvaluation(options, io);
  const choice = options.control ? await chosenOn(options, [model]) : undefined;
  const data = await phase(io, 'opening the data', () =>
    openEvaluatedData(model, { ...options, train: choice !== undefined }, io),
  );
  // patterns would be chosen on images that it was trained on
  if (choice?.heldOut !== undefined && data.train) await heldOutImages(model, data.train, choice.heldOut, io);
  const { policy, ...decision } =
    noisyGates === undefined ? await decisionOf(model) : await noisyDecision(noisyGates);
  const { test, budgets } = data;
  // milliseconds are promised for one image at a time; errors and costs do not depend on it
  const batchSize = options.batchSize ?? (budgets?.unit === 'ms' ? 1 : undefined);
  const { backend: asked, engine, precision } = options;
  const opened = await openEvaluatedNetwork(
    model,
    {
      ...{ backend: asked, engine, precision, defaultPrecision: 'f32', imageSizePx: test.imageSizePx },
      oneByOne: batchSize === 1,
      needs: budgets && 'moving thresholds',
      onlyTensors: tensorsNeeded(options, decision),
    },
    io,
  );
  const { network, backend } = opened;
  return closeAfter(
    async () => {
      return await interruptible(io, async (signal) => {
        const onSkipped = await skippedImages(options.badImages, io);
        const found = await evaluateExecutions(
          { network, test, execution, batchSize, policy, onSkipped, signal },
          io,
        );
        const curve =
          data.train &&
          budgets &&
          (await evaluateBudgets(
            network,
            { train: data.train, test },
            {
              budgets,
              calibrationImages,
              latencies,
              batchSize,
              backend,
              onSkipped,
              signal,
              execution: execution === 'masked' ? 'masked' : 'skipping',
            },
            io,
          ));
        const controls =
          data.train && choice && !('run' in network)
            ? await evaluateGateControls({
                ...{ network, train: data.train, test, choice, calibrationImages, onSkipped, signal },
                ...{ evaluation: (found.skipping ?? found.masked) as Evaluation, curve: curve?.curve },
                ...{ policy, batchSize, execution: found.skipping ? 'skipping' : 'masked' },
                onProgress: controlProgress(io, signal),
              })
            : undefined;
        const against =
          options.against &&
          (await compareNetwork(
            { ...found, budgets: curve },
            test,
            { ...options, against: options.against, onSkipped, signal },
            io,
          ));
        const all = { ...found, budgets: curve, controls, against, noisyGates, width: options.width };
        if (options.log !== undefined) await writeNetworkLog(options.log, model, test, all);
        io.out(options.json ? JSON.stringify(findingsJson(all), null, 2) : findingsText(model, test, all));
        return DONE;
      });
    },
    () => opened.close(),
  );
}

function controlProgress(io: CommandIo, signal: AbortSignal): (what: string) => void {
  const line = new ProgressLine(io);
  return (what) => {
    signal.throwIfAborted();
    line.show('control', `: ${what}`);
  };
}

function assertOptionsGoTogether(options: EvalOptions): void {
  const { budgets, data, execution, holdOut, latencies, noisyGates } = options;
  if (holdOut && data === undefined)
    throw usageError('--hold-out: expected with --data, whose training images are held out.');
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

/** Refuses options of systems whose images stop early. @throws DmnnError `DMNN_USAGE` */
function assertOfOneNetwork(options: EvalRequest): void {
  const own = ['--against', '--control', '--log', ...(options.control ? ['--choose-on'] : [])];
  const lone = cascadeOptionsOf(options).find((option) => !own.includes(option));
  if (lone !== undefined)
    throw usageError(
      `${lone}: expected with --then, --exits, or the folder of a cascade, got ${options.folder} alone.`,
    );
  assertOneAim(options);
}

async function noisyDecision(seed: number): Promise<EvaluatedDecision> {
  const { sampled } = await import('@dmnn/gating');
  return { kind: 'sampled', policy: sampled({ seed, epoch: 0 }), isLikeliest: false };
}

function assertGated(option: string, { architecture }: NetworkData, why: string): void {
  if (gatedBlocks(architecture).length > 0) return;
  throw usageError(`${option}: expected a network with gates, got ${architecture.name}, ${why}.`);
}

/** `--noisy-gates [seed]`: evaluates with sampled gates, as ConvNet-AIG's authors did. */
function noisyGatesOption(): Option {
  return new Option(
    '--noisy-gates [seed]',
    "sample gates with Gumbel noise, as ConvNet-AIG's authors evaluated; use it only to reproduce their numbers",
  )
    .preset('1')
    .argParser(integerOption('--noisy-gates', { min: 0, unit: 'the seed of the noise' }));
}

/** `dmnn eval` */
export const evalCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    addCascadeOptions(command)
      .argument(
        '<run...>',
        'a run folder, an imported model folder or the folder of a cascade; several runs that differ in their seed give means over seeds',
      )
      .option('--data <data>', `${trainingDataForms} (default: the run’s, if it is built-in or shapes)`)
      .option(
        '--hold-out <images>',
        'evaluate this many training images (or a share, 10%) in place of the test images: those that dmnn train holds out, to compare networks before the test images are used; with --data',
        holdOutOption,
      )
      .option(
        '--execution <how>',
        'skipping (compute only open sub-blocks), masked (compute all, with TensorFlow.js), or both, and compare them',
        choiceOption('--execution', evaluatedExecutions),
        'skipping',
      )
      .addOption(checkpointOption())
      .option(
        '--batch-size <images>',
        'images read and run together, in an engine side by side (default: 200, in an engine 32; 1 with budgets in milliseconds)',
        integerOption('--batch-size', { min: 1, unit: 'images' }),
      )
      .option(
        '--budgets <budgets>',
        "also measure the error at these mean costs, set by gate thresholds: shares of the undivided backbone's MACs (0.3..1, 0.3..1:0.05, 0.4,0.6) or milliseconds per image (8ms, 6ms..12ms:1ms)",
        costsOption,
      )
      .addOption(calibrationImagesOption())
      .option(
        '--latencies <file>',
        'latency of each sub-block in milliseconds, in this engine and precision: read if the file exists, otherwise measured and written',
      )
      .option(
        '--width <factor>',
        'width of a slimmable network to evaluate, such as 0.5 (default: 1, the widest)',
        numberOption('--width', { above: 0, max: 1 }),
      )
      .addOption(noisyGatesOption())
      .addOption(workersOption())
      .addOption(badImagesOption())
      .addOption(
        engineOption(
          'the first of them that works and does what is asked: thresholds of budgets do not move in onnx; noise and --execution masked need tfjs; tfjs with --backend',
          'what evaluates the network',
        ),
      )
      .addOption(precisionOption('f32'))
      .addOption(backendOption('the best that works, if no other engine does'))
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `
In f32 errors, gates and costs are the same in all engines, up to rounding. Engines run as many images side by side as
there are processors; the time per image is that of all images divided by their number, with --batch-size 1 that of an
image alone.

Examples:
  dmnn eval runs/d20 --data cifar100=PATH
  dmnn eval runs/d20 --data cifar100=PATH --engine compiled --precision bf16
  dmnn eval runs/d20 --data cifar100=PATH --budgets 1ms..3ms:0.5ms --latencies latencies.json
  dmnn eval runs/d20 --data cifar100=PATH --budgets 0.5,0.6 --control
  dmnn eval runs/d20-s0 runs/d20-s1 runs/d20-s2 --data cifar100=PATH --control
  dmnn eval models/resnet20 --then models/resnet56 --data cifar10=PATH --budgets 0.445 --choose-on test-halves --control
  dmnn eval runs/d20@budget=0.4 --then runs/d20@pattern=all --data cifar100=PATH --budgets 0.6 --choose-on test-halves`,
      );
  },
  request: evalRequest,
  needs: ({ backend, engine = 'tfjs' }) => (engine === 'tfjs' ? (backend ?? 'native') : undefined),
  run: evaluateRuns,
});
