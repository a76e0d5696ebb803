import { type Architecture, type ImagePreparation, gatedBlocks, placedBlocks } from '@dmnn/architecture';
import { exportError } from './export-error.js';
import type { ExportQuantisation } from './export-quantisation.js';
import { descriptionProblems } from './description-problems.js';

/**
 * How the gated sub-blocks of a block are written as `If`s.
 *
 * - `'sub-blocks'`: one `If` each. The smallest file.
 * - `'patterns'`: one tree of `If`s per block, with one leaf per gate pattern, in which the open sub-blocks are fused.
 *   Stores the weights 2ᴺ⁻¹ times.
 * - `'pairs'`: one such tree for every two sub-blocks. Stores the weights twice.
 */
export type IfLayout = 'sub-blocks' | 'pairs' | 'patterns';

/** Options of {@link exportOnnx}. */
export interface ExportOptions {
  /** Side of the square image, in pixels. @defaultValue the architecture's own */
  readonly imageSizePx?: number | undefined;
  /** How gated sub-blocks are written as `If`s. @defaultValue 'pairs' */
  readonly layout?: IfLayout | undefined;
  /**
   * Rounds hidden channels up to a multiple of this number with zero filters; CPUs have 8 or 16 lanes, and an engine
   * leaves its fast layout for widths such as 38. The logits are the same; `macs` does not count the padding. Paths with
   * grouped convolutions stay as they are. 1 adds none.
   *
   * @defaultValue `cpuLanes`; without it 16, but 4 for channels to which 16 would add more than half, such as 8
   */
  readonly padChannelsTo?: number | undefined;
  /**
   * Writes maps in the blocked layout of ONNX Runtime's CPU engine, in groups of as many channels as the processor
   * computes at once (see {@link cpuLanes}). Faster, because maps are not rearranged at the borders of `If`s. Such a
   * file only runs in ONNX Runtime on processors with this many lanes, and not in browsers: anywhere else it fails, or
   * its results are wrong (`DynamicSession` refuses it there). Hidden channels are padded to the lanes.
   */
  readonly cpuLanes?: 8 | 16 | undefined;
  /**
   * `[l][n]`: a fixed gate pattern for every image. The file has no controllers and no `If`, and contains only the open
   * sub-blocks: for engines without control flow.
   */
  readonly frozenGates?: readonly (readonly boolean[])[] | undefined;
  /**
   * `'int8'` keeps maps and filters in 8 bits: `QuantizeLinear` and `DequantizeLinear` around what each branch computes,
   * filters in multiples of one scale for each output channel, maps of one scale for each stage. Means, controllers, the
   * last layer and sums of sub-blocks that do not run as one path stay in float32. Needs `quantisation`.
   *
   * @defaultValue 'f32'
   */
  readonly precision?: 'f32' | 'int8' | undefined;
  /** Ranges of the network's numbers, for `'int8'`: what `quantiseNetwork` of `@dmnn/engine` finds. */
  readonly quantisation?: ExportQuantisation | undefined;
  /** `[class]`: names of the classes, stored in the file. */
  readonly classNames?: readonly string[] | undefined;
  /** How an image must be prepared for the network, stored in the file. */
  readonly preparation?: ImagePreparation | undefined;
}

/** Validated options with defaults. */
export interface CheckedOptions {
  readonly imageSizePx: number;
  readonly layout: IfLayout;
  readonly padChannelsTo: number | undefined;
  readonly cpuLanes: 8 | 16 | undefined;
  readonly frozenGates: readonly (readonly boolean[])[] | undefined;
  /** Of a file in 8 bits. */
  readonly quantisation: ExportQuantisation | undefined;
  readonly classNames: readonly string[] | undefined;
  readonly preparation: ImagePreparation | undefined;
}

const LAYOUTS: readonly IfLayout[] = ['sub-blocks', 'pairs', 'patterns'];
const PRECISIONS: readonly string[] = ['f32', 'int8'];
const KEYS = [
  'imageSizePx',
  'layout',
  'padChannelsTo',
  'cpuLanes',
  'frozenGates',
  'precision',
  'quantisation',
  'classNames',
  'preparation',
];

/** @throws DmnnError `DMNN_EXPORT` listing every problem with the options */
export function checkedOptions(architecture: Architecture, options: ExportOptions): CheckedOptions {
  const { imageSizePx = architecture.imageSizePx, layout = 'pairs', cpuLanes, frozenGates } = options;
  const { classNames, preparation, quantisation } = options;
  const { padChannelsTo = cpuLanes } = options;
  const problems = Object.keys(options)
    .filter((key) => !KEYS.includes(key))
    .map((key) => `${key}: expected one of ${KEYS.join(', ')}`);
  if (!Number.isSafeInteger(imageSizePx) || imageSizePx < 1) {
    problems.push(`imageSizePx: expected a whole number of pixels, at least 1, got ${String(imageSizePx)}`);
  }
  if (!LAYOUTS.includes(layout)) {
    problems.push(
      `layout: expected ${LAYOUTS.map((each) => `'${each}'`).join(', ')}, got '${layout as string}'`,
    );
  }
  if (padChannelsTo !== undefined && !isPadding(padChannelsTo)) {
    problems.push(`padChannelsTo: expected a whole number in 1 … 1024, got ${String(padChannelsTo)}`);
  }
  problems.push(...precisionProblems(options));
  if (cpuLanes !== undefined) problems.push(...laneProblems(architecture, cpuLanes, padChannelsTo));
  if (frozenGates !== undefined) problems.push(...gateProblems(architecture, frozenGates));
  problems.push(...descriptionProblems(architecture, imageSizePx, options));
  if (problems.length > 0) {
    throw exportError(`options for ${architecture.name}`, problems, 'See ExportOptions of @dmnn/onnx.');
  }
  return { imageSizePx, layout, padChannelsTo, cpuLanes, frozenGates, quantisation, classNames, preparation };
}

function precisionProblems({ precision = 'f32', quantisation, cpuLanes }: ExportOptions): string[] {
  if (!PRECISIONS.includes(precision)) {
    return [`precision: expected 'f32' or 'int8', got ${JSON.stringify(precision)}`];
  }
  if (precision === 'f32') {
    return quantisation === undefined
      ? []
      : ["quantisation: expected with precision 'int8', got it with 'f32'"];
  }
  return [
    ...(quantisation === undefined
      ? [
          "quantisation: expected with precision 'int8', got none. quantiseNetwork of @dmnn/engine finds it, or dmnn quantize",
        ]
      : []),
    ...(cpuLanes === undefined ? [] : [`cpuLanes: expected none with precision 'int8', whose maps have no blocked layout, got ${String(cpuLanes)}`]), // prettier-ignore
  ];
}

function isPadding(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= 1024;
}

function laneProblems(
  architecture: Architecture,
  lanes: unknown,
  padChannelsTo: number | undefined,
): string[] {
  if (lanes !== 8 && lanes !== 16) return [`cpuLanes: expected 8 or 16, got ${String(lanes)}`];
  const problems: string[] = [];
  if (padChannelsTo !== lanes)
    problems.push(`padChannelsTo: expected ${lanes}, as cpuLanes, got ${String(padChannelsTo)}`);
  const { stem, head } = architecture;
  if (stem.units[0]?.groups !== 1)
    problems.push('stem: expected an ungrouped convolution first, as cpuLanes requires');
  const blocks = placedBlocks(architecture).flatMap(({ block }) => [
    ...block.subBlocks.flatMap(({ units }) => units),
    ...(block.shortcut.kind === 'projection' ? [block.shortcut.unit] : []),
  ]);
  const unfit = [...stem.units, ...blocks, ...head.units].find(
    ({ groups, inChannels, outChannels }) =>
      groups > 1 &&
      !(groups === inChannels && groups === outChannels) &&
      [inChannels, outChannels].some((channels) => (channels / groups) % lanes !== 0),
  );
  if (unfit) {
    const { groups, inChannels, outChannels } = unfit;
    problems.push(
      `cpuLanes: expected grouped convolutions with a multiple of ${lanes} channels per group, got ${inChannels} → ${outChannels} in ${groups} groups`,
    );
  }
  return problems;
}

function gateProblems(architecture: Architecture, gates: readonly (readonly boolean[])[]): string[] {
  const blocks = gatedBlocks(architecture);
  if (!Array.isArray(gates) || gates.length !== blocks.length) {
    const got = Array.isArray(gates) ? gates.length : typeof gates;
    return [`frozenGates: expected ${blocks.length} gated blocks, got ${got}`];
  }
  return blocks.flatMap(({ block, blockIndex }) => {
    const own: unknown = gates[blockIndex];
    const count = block.subBlocks.length;
    if (Array.isArray(own) && own.length === count && own.every((gate) => typeof gate === 'boolean'))
      return [];
    return [
      `frozenGates[${blockIndex}]: expected ${count} booleans, got ${own === undefined ? 'nothing' : JSON.stringify(own)}`,
    ];
  });
}
