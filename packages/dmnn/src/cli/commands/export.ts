import { type Architecture, gatedBlocks, placedBlocks } from '@dmnn/architecture';
import { closeAfter } from '@dmnn/foundation';
import { shellWord, writeFileDurably } from '@dmnn/foundation/node';
import { type IfLayout, type OnnxRuntime, readDescription } from '@dmnn/onnx';
import { type ExportModelOptions, exportNetwork } from '../../export-model.js';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { type ExitCode, DONE } from '../terminal/exit-code.js';
import { readGatePattern } from '../options/gate-pattern.js';
import {
  type NamedNetwork,
  anyModelForms,
  openNamedNetwork,
  refuseSetting,
} from '../options/open-network.js';
import { assertFileFits } from '../options/output-folders.js';
import { loadOnnxRuntime, ownLanes } from '../terminal/onnx-runtime.js';
import type { ExportCheck } from '../../verify/verify-export.js';
import { usageError } from '../terminal/usage-error.js';
import { choiceOption, integerOption, jsonOption, numberOption } from '../options/common-options.js';
import { assertDataSpec, trainingDataForms } from '../options/data-spec.js';
import { budgetPattern } from './export-parts/budget-pattern.js';
import {
  type ExportedCascade,
  assertCascadeOptions,
  exportCascadeFolder,
} from './export-parts/export-cascade.js';
import {
  type ExportPrecision,
  assertPrecisionOptions,
  exportPrecisions,
  exportQuantisation,
} from './export-parts/export-precision.js';
import { type Exported, type FrozenBudget, exportJson, exportText } from './export-parts/export-text.js';
import {
  type ExportTarget,
  assertTargetOptions,
  exportTargets,
  targetDefaults,
  targetText,
} from './export-parts/export-target.js';

const laneCounts: { readonly [text: string]: 8 | 16 } = { 8: 8, 16: 16 };
const layouts: readonly IfLayout[] = ['pairs', 'sub-blocks', 'patterns'];

/** Options of `dmnn export`. */
interface ExportCommandOptions {
  readonly budget?: number | undefined;
  readonly cpuLanes?: boolean | undefined;
  readonly data?: string | undefined;
  readonly for?: ExportTarget | undefined;
  readonly frozenGates?: string | undefined;
  readonly imageSize?: number | undefined;
  readonly json?: boolean | undefined;
  readonly lanes?: '8' | '16' | undefined;
  readonly layout: IfLayout;
  readonly out: string;
  readonly padChannelsTo?: number | undefined;
  readonly pattern?: string | undefined;
  readonly precision?: ExportPrecision | undefined;
  readonly quantizeImages?: string | undefined;
  readonly verify: boolean;
}

interface ExportRequest extends ExportCommandOptions {
  readonly model: string;
}

function exportRequest(model: string, options: ExportCommandOptions): ExportRequest {
  assertOneOf('--pattern', options.pattern, '--frozen-gates', options.frozenGates);
  assertOneOf('--lanes', options.lanes, '--cpu-lanes', options.cpuLanes);
  assertTargetOptions(options);
  assertPrecisionOptions(options);
  if (options.data !== undefined) assertDataSpec(options.data, { images: true });
  return { model, ...options };
}

/** Writes a model as an ONNX file, after the file has been run and compared with the model. */
async function exportFile(options: ExportRequest, io: CommandIo): Promise<ExitCode> {
  await refuseSetting('model', options.model);
  await assertFileFits('--out', options.out);
  const { isCascade } = await import('@dmnn/runs');
  const { file, architectures, trained, check, ...decided } = (await isCascade(options.model))
    ? await cascadeExport(options, io)
    : await networkExport(options, io);
  const { settings } = decided;
  const result = options.verify
    ? await verified(check, settings, io)
    : { unverifiedBecause: '--no-verify was given' };
  await writeFileDurably(options.out, file, undefined, '--out');
  const exported: Exported = {
    file: options.out,
    bytes: file.length,
    trained,
    description: readDescription(file),
    check: result,
    ...decided,
    unpadded: architectures.reduce(
      (sum, each) => sum + unpaddedPaths(each, settings.padChannelsTo ?? settings.cpuLanes ?? 16),
      0,
    ),
  };
  io.out(options.json ? JSON.stringify(exportJson(exported), null, 2) : exportText(exported));
  return DONE;
}

/** A file that is not written yet. */
interface UnwrittenExport extends ExportedCascade, DecidedExport {
  readonly trained: boolean;
}

async function networkExport(options: ExportRequest, io: CommandIo): Promise<UnwrittenExport> {
  const named = await openNamedNetwork(options.model, io, { random: true });
  const { architecture } = named;
  if (architecture.exits) {
    throw usageError(
      `model: expected a network without exits, or a saved cascade, got ${architecture.name}, whose exits (${architecture.exits.length}) need thresholds. Choose them, and export the folder: dmnn eval ${shellWord(options.model)} --exits --budgets 0.7 --choose-on training --save both`,
    );
  }
  io.redraw('exporting');
  const decided = await exportSettings(named, options, io);
  const file = exportNetwork(named, decided.settings);
  return {
    ...decided,
    file,
    architectures: [architecture],
    trained: named.trained,
    check: async (verifyOptions) => {
      const { verifyExport } = await import('../../verify/verify-export.js');
      return verifyExport(file, named, verifyOptions);
    },
  };
}

async function cascadeExport(options: ExportRequest, io: CommandIo): Promise<UnwrittenExport> {
  assertCascadeOptions(options);
  const settings = await formSettings(options);
  io.redraw('exporting');
  const exported = await exportCascadeFolder(options.model, settings, io);
  return { ...exported, settings, target: options.for, budget: undefined, trained: true };
}

/** @throws DmnnError `DMNN_EXPORT` if the file gives something else than the network */
async function verified(
  check: UnwrittenExport['check'],
  settings: ExportModelOptions,
  io: CommandIo,
): Promise<ExportCheck> {
  return closeAfter(
    async () =>
      check({
        ...settings,
        runtime: await installedOnnxRuntime(),
        onImage: (i, of) => {
          io.redraw(`comparing the file with the network: image ${i + 1} of ${of}`);
        },
      }),
    () => {
      io.redraw('');
    },
  );
}

async function installedOnnxRuntime(): Promise<OnnxRuntime | undefined> {
  try {
    return await loadOnnxRuntime();
  } catch {
    return undefined;
  }
}

/** Paths of sub-blocks that need padding to a multiple but stay as they are: their hidden channels lie in groups. */
function unpaddedPaths(architecture: Architecture, multiple: number): number {
  const paths = placedBlocks(architecture).flatMap(({ block }) => block.subBlocks);
  return paths.filter(
    ({ units }) =>
      units.some(({ groups, inChannels }) => groups > 1 && groups !== inChannels) &&
      units.slice(0, -1).some(({ outChannels }) => outChannels % multiple !== 0),
  ).length;
}

/** How a file is written, and what was decided about it for the report. */
interface DecidedExport {
  readonly settings: ExportModelOptions;
  readonly target: ExportTarget | undefined;
  readonly budget: FrozenBudget | undefined;
}

/** How a file is written, besides what is decided for its gates. */
async function formSettings(options: ExportRequest): Promise<ExportModelOptions> {
  const { imageSize, layout, for: target } = options;
  const { padChannelsTo = targetDefaults(target).padChannelsTo } = options;
  const lanes = options.cpuLanes ? await ownLanes(await loadOnnxRuntime()) : laneCounts[options.lanes ?? ''];
  return { layout, imageSizePx: imageSize, padChannelsTo, cpuLanes: lanes };
}

async function exportSettings(
  named: NamedNetwork,
  options: ExportRequest,
  io: CommandIo,
): Promise<DecidedExport> {
  const { architecture } = named;
  const { imageSize, budget, data, for: target } = options;
  const form = await formSettings(options);
  const quantisation = await exportQuantisation(named, options, io);
  const given = await readGatePattern(options, architecture);
  const isDynamic = gatedBlocks(architecture).length > 0;
  if (target === 'openvino' && isDynamic && given === undefined && budget === undefined) {
    throw usageError(
      `--for openvino: expected --budget SHARE (such as 0.5) or --pattern, by which gates are frozen: ${targetText(target, true)}.`,
    );
  }
  if (budget !== undefined && !isDynamic)
    throw usageError(
      `--budget: expected a network with gates, got ${architecture.name}, whose cost is constant.`,
    );
  const found =
    budget === undefined
      ? undefined
      : await budgetPattern(named, { budget, data, imageSizePx: imageSize }, io);
  return {
    settings: { ...form, precision: options.precision, quantisation, frozenGates: found?.gates ?? given },
    target,
    budget: found && budget !== undefined ? { share: budget, orderedBy: found.orderedBy } : undefined,
  };
}

function assertOneOf(first: string, one: unknown, second: string, other: unknown): void {
  if (one === undefined || other === undefined) return;
  throw usageError(`${second}: expected ${first} or ${second}, got both.`);
}

/** `dmnn export` */
export const exportCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .argument('<model>', `${anyModelForms}, or a saved cascade`)
      .requiredOption('--out <file>', 'the .onnx file to write')
      .option(
        '--layout <layout>',
        'how sub-blocks become If nodes: pairs (weights stored twice), sub-blocks (stored once, slower), patterns (fewest Ifs, largest file)',
        choiceOption('--layout', layouts),
        'pairs',
      )
      .option(
        '--lanes <count>',
        'use ONNX Runtime’s blocked CPU layout for 8 (AVX2) or 16 (AVX-512) lanes: fastest, but only runs on such processors',
        choiceOption('--lanes', ['8', '16'] as const),
      )
      .option('--cpu-lanes', 'the same for the processor of this machine, detected with onnxruntime-node')
      .option(
        '--pad-channels-to <count>',
        'pad hidden channels with zeros to a multiple of this (default: 16, or 4 where 16 would add more than half; 1 pads none)',
        integerOption('--pad-channels-to', { min: 1, max: 1024 }),
      )
      .option(
        '--precision <name>',
        'what maps and filters are kept in: f32, or int8 (a quarter of the bytes, and faster; after dmnn quantize)',
        choiceOption('--precision', exportPrecisions),
      )
      .option(
        '--quantize-images <folder>',
        'with --precision int8: observe ranges on the images of this folder, in place of what dmnn quantize wrote',
      )
      .option(
        '--pattern <bits>',
        'freeze the gates and leave the controllers out: 10,11,01 runs the sub-blocks marked 1 for every image',
      )
      .option(
        '--for <where>',
        'where the file will run: onnxruntime (portable; sessions of dmnn make it faster when they open it), web (portable, padded for WebAssembly), openvino (gates frozen by --budget or --pattern, since no file that decides is faster there than the undivided network)',
        choiceOption('--for', exportTargets),
      )
      .option(
        '--budget <share>',
        "freeze the gates: the sub-blocks that the controllers find most probable on training images, as many as this share of the undivided backbone's MACs pays for",
        numberOption('--budget', { above: 0, max: 2 }),
      )
      .option(
        '--data <data>',
        `whose training images --budget uses: ${trainingDataForms} (default: the run’s, if it is built-in or shapes)`,
      )
      .option('--frozen-gates <file>', 'the same as --pattern, read from a JSON file: [[true, false], …]')
      .option(
        '--image-size <px>',
        "image side in pixels (default: the network's own)",
        integerOption('--image-size', { min: 1, unit: 'pixels' }),
      )
      .option(
        '--no-verify',
        'write the file without running it on ONNX Runtime and comparing it with the model',
      )
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `
Examples:
  dmnn export runs/d20 --out d20.onnx
  dmnn export runs/d20 --out d20-fast.onnx --cpu-lanes
  dmnn export runs/d20 --out d20-int8.onnx --precision int8  # after dmnn quantize runs/d20 --data …
  dmnn export both --out both.onnx              # of dmnn eval A --then B … --save both: one file that stops
  dmnn export runs/d20 --out d20-openvino.onnx --for openvino --budget 0.5
  dmnn export dmnn50-n2 --out random.onnx       # zoo models have random weights, enough for timing`,
      );
  },
  request: exportRequest,
  run: exportFile,
});
