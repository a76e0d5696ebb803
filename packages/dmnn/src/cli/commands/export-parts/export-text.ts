import { codeString, printable } from '@dmnn/foundation';
import { shellWord } from '@dmnn/foundation/node';
import type { FileCascade, FileDescription } from '@dmnn/onnx';
import { countText } from '../../../text/count-text.js';
import type { ExportCheck } from '../../../verify/verify-export.js';
import { type ExportTarget, targetText } from './export-target.js';

/** Gates that a budget has frozen. */
export interface FrozenBudget {
  readonly share: number;
  readonly orderedBy: string;
}

/** A written file, for the report. */
export interface Exported {
  readonly file: string;
  readonly bytes: number;
  readonly trained: boolean;
  readonly description: FileDescription;
  readonly check: ExportCheck;
  readonly target: ExportTarget | undefined;
  readonly budget: FrozenBudget | undefined;
  /** Paths that stay as they are although others are padded. */
  readonly unpadded: number;
}

/** What `--json` prints. */
export function exportJson({
  file,
  bytes,
  trained,
  description,
  check,
  unpadded,
  target,
  budget,
}: Exported): object {
  const { name, imageSizePx, classes, subBlocks, alwaysMacs, undividedMacs, cascade } = description;
  const { cpuLanes: lanes = null, frozenGates = null, precision = 'f32' } = description;
  return {
    file,
    bytes,
    model: name,
    trained,
    imageSizePx,
    classes,
    subBlocks,
    precision,
    cpuLanes: lanes,
    frozenGates,
    leastMacs: cascade?.stages[0]?.alwaysMacs ?? alwaysMacs,
    mostMacs: mostMacs(description),
    undividedMacs,
    unpaddedPaths: unpadded,
    verified: 'compared' in check,
    unverifiedBecause: 'compared' in check ? null : check.unverifiedBecause,
    logitsDifference: 'compared' in check ? check.logitsDifference : null,
    for: target,
    budget: budget?.share,
    cascade,
  };
}

/** The report. */
export function exportText(exported: Exported): string {
  const { file, bytes, trained, description, check, unpadded, target, budget } = exported;
  const {
    name,
    imageSizePx,
    inChannels,
    classes,
    subBlocks,
    alwaysMacs,
    undividedMacs,
    cpuLanes: lanes,
    preparation,
    cascade,
  } = description;
  const decides = subBlocks.length > 0 || cascade !== undefined;
  const all = subBlocks.reduce((sum, count) => sum + count, 0);
  const whole = cascade
    ? `${countText(undividedMacs)} of the last network alone`
    : `${countText(undividedMacs)} of the undivided backbone`;
  return [
    `wrote ${printable(file, Infinity)}: ${(bytes / 1e6).toFixed(1)} MB`,
    `model   ${name}${trained ? '' : ', random weights'}: images of ${imageSizePx} × ${imageSizePx} px, ${classes} classes`,
    ...(cascade ? stageTexts(cascade, subBlocks.length > 0) : []),
    cascade
      ? `MACs    ${countText(cascade.stages[0]?.alwaysMacs ?? 0)} of an image that stops first${subBlocks.length > 0 ? ', all sub-blocks closed,' : ''} to ${countText(mostMacs(description))}; ${whole}`
      : subBlocks.length > 0
        ? `MACs    ${countText(alwaysMacs)} with all ${all} sub-blocks closed to ${countText(mostMacs(description))} with all open; ${whole}`
        : `MACs    ${countText(alwaysMacs)} for every image; ${whole}`,
    ...(target === undefined ? [] : [`for     ${targetText(target, description.frozenGates !== undefined)}`]),
    ...(budget === undefined
      ? []
      : [
          `budget  ${budget.share} of the undivided backbone's MACs: the sub-blocks that are most probable on ${budget.orderedBy}`,
        ]),
    ...(description.precision === undefined
      ? []
      : [
          '8 bits  QuantizeLinear and DequantizeLinear around convolutions; controllers and the last layer in float32',
        ]),
    checkText(check, description),
    ...(unpadded === 0
      ? []
      : [`not padded: ${unpadded} paths with grouped convolutions, whose channels cannot be padded`]),
    ...(lanes === undefined
      ? []
      : [
          `runs only on ONNX Runtime on processors of ${lanes} lanes: elsewhere it fails or gives wrong results`,
        ]),
    ...(preparation ? [`run it: dmnn predict IMAGE --model ${shellWord(file)}`] : []),
    `${preparation ? '   or   ' : 'run it: '}DynamicSession.create(${codeString(file)}) of @dmnn/onnx, or any ONNX Runtime: image float [${decides ? 1 : 'N'}, ${inChannels}, ${imageSizePx}, ${imageSizePx}] → logits${subBlocks.length > 0 ? ', gates' : ''}, macs${cascade ? ', stage, confidence' : ''}`,
  ].join('\n');
}

/**
 * `stages  2: cifar-resnet20, if its probability is ≥ 0.93; cifar-resnet56`, a line each.
 *
 * @param decides - whether gates decide what an image costs beyond what always runs
 */
function stageTexts({ parts, by, combine, stages }: FileCascade, decides: boolean): string[] {
  const whose = combine === 'mean' ? 'the mean of all that ran answers' : 'the last that ran answers';
  return [
    `stages  ${stages.length}, numbered as in the output stage; ${whose}`,
    ...stages.map(({ part, exit, threshold, alwaysMacs }, s) => {
      const name = `${parts[part] ?? ''}${exit === undefined ? '' : `, exit ${exit}`}`;
      const stops = threshold === undefined ? 'all others' : `${by} ≥ ${threshold.toPrecision(4)}`;
      return `  ${s}     ${name}: ${stops}, ${decides ? 'at least ' : ''}${countText(alwaysMacs)} MACs until here`;
    }),
  ];
}

function checkText(check: ExportCheck, { subBlocks, cascade, precision }: FileDescription): string {
  if (!('compared' in check)) return `check   not run: ${check.unverifiedBecause}`;
  const { compared, undecided, logitsDifference } = check;
  if (precision !== undefined) {
    const others = undecided === 0 ? '' : `; ${undecided} left out, where 8 bits open other gates`;
    return `check   run on ${compared} seeded images: logits within ${logitsDifference.toExponential(1)} of the network's largest in float32${others}. dmnn quantize says what 8 bits cost on real ones`;
  }
  const gates = `${cascade ? 'equal stages, ' : ''}${subBlocks.length > 0 ? 'equal gates, ' : ''}`;
  const left =
    undecided === 0
      ? ''
      : `; ${undecided} left out, where rounding decides a gate${cascade ? ' or where the image stops' : ''}`;
  const images = cascade ? 'images, also through all stages,' : 'images';
  return `check   run on ${compared} seeded ${images} as the network${cascade ? 's' : ''}: ${gates}logits within ${logitsDifference.toExponential(1)} of the largest${left}`;
}

function mostMacs({ alwaysMacs, subBlockMacs }: FileDescription): number {
  return subBlockMacs.flat().reduce((sum, macs) => sum + macs, alwaysMacs);
}
