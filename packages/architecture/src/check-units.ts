import { type Activation, activations } from './activations.js';
import type { FixedPadding, PaddingSides } from './conv-unit.js';
import type { ProblemCollector } from './problem-collector.js';

/** Channels and stride of a path; `undefined` for values that could not be read. */
export interface PathEnds {
  readonly inChannels: number | undefined;
  readonly outChannels: number | undefined;
  /** Product of the strides. */
  readonly stride: number | undefined;
}

/** All activations. */
export const activationNames = Object.keys(activations) as readonly Activation[];

export function checkActivation(value: unknown, path: string, problems: ProblemCollector): void {
  problems.oneOf(value, path, activationNames);
}

/** Reads a convolution unit. */
export function checkUnit(value: unknown, path: string, problems: ProblemCollector): PathEnds {
  const fields = problems.record(
    value,
    path,
    [
      'kernelSize',
      'stride',
      'padding',
      'inChannels',
      'outChannels',
      'groups',
      'bias',
      'batchNorm',
      'activation',
    ],
    ['epsilon'],
  );
  if (!fields) return { inChannels: undefined, outChannels: undefined, stride: undefined };
  problems.whole(fields['kernelSize'], `${path}.kernelSize`, 1);
  const stride = problems.whole(fields['stride'], `${path}.stride`, 1);
  checkPadding(fields['padding'], `${path}.padding`, problems);
  const inChannels = problems.whole(fields['inChannels'], `${path}.inChannels`, 1);
  const outChannels = problems.whole(fields['outChannels'], `${path}.outChannels`, 1);
  const groups = problems.whole(fields['groups'], `${path}.groups`, 1);
  for (const [name, channels] of Object.entries({ inChannels, outChannels })) {
    if (groups !== undefined && channels !== undefined && channels % groups !== 0) {
      problems.report(`${path}.groups`, `a divisor of ${name} ${channels}`, groups);
    }
  }
  problems.boolean(fields['bias'], `${path}.bias`);
  const batchNorm = problems.boolean(fields['batchNorm'], `${path}.batchNorm`);
  const { epsilon } = fields;
  if (epsilon !== undefined) {
    if (batchNorm === false)
      problems.report(`${path}.epsilon`, 'none, since there is no batch norm', epsilon);
    else if (typeof epsilon !== 'number' || !Number.isFinite(epsilon) || epsilon <= 0)
      problems.report(`${path}.epsilon`, 'a finite number above 0', epsilon);
  }
  checkActivation(fields['activation'], `${path}.activation`, problems);
  return { inChannels, outChannels, stride };
}

/**
 * Reads consecutive units; the input channels of each must equal the output channels of the previous one.
 *
 * @param entering - input channels of the first unit; if undefined, any number
 */
export function checkUnits(
  value: unknown,
  path: string,
  least: number,
  entering: number | undefined,
  problems: ProblemCollector,
): PathEnds {
  let channels = entering;
  let stride: number | undefined = 1;
  const units = problems.list(value, path, least, (item, unitPath) => {
    const unit = checkUnit(item, unitPath, problems);
    if (channels !== undefined && unit.inChannels !== undefined && unit.inChannels !== channels) {
      problems.report(`${unitPath}.inChannels`, `the ${channels} incoming channels`, unit.inChannels);
    }
    channels = unit.outChannels;
    stride = stride === undefined || unit.stride === undefined ? undefined : stride * unit.stride;
    return unit;
  });
  const readable = Array.isArray(value);
  return {
    inChannels: units[0] ? units[0].inChannels : entering,
    outChannels: readable ? channels : undefined,
    stride: readable ? stride : undefined,
  };
}

/** Reads a max pool. */
export function checkPool(value: unknown, path: string, problems: ProblemCollector): void {
  const fields = problems.record(value, path, ['kernelSize', 'stride', 'padding']);
  if (!fields) return;
  const kernelSize = problems.whole(fields['kernelSize'], `${path}.kernelSize`, 1);
  problems.whole(fields['stride'], `${path}.stride`, 1);
  const padding = checkPadding(fields['padding'], `${path}.padding`, problems);
  if (padding === undefined || kernelSize === undefined) return;
  // with more than half a window of padding, some windows would contain only padding, with the maximum −∞
  const most = typeof padding === 'number' ? padding : Math.max(...Object.values(padding).map(Number));
  if (2 * most > kernelSize)
    problems.report(`${path}.padding`, `at most half of kernelSize ${kernelSize}`, most);
}

const sides = ['top', 'bottom', 'left', 'right'] as const satisfies readonly (keyof PaddingSides)[];

/** Reads a padding; returns it if its size is known and valid. */
function checkPadding(value: unknown, path: string, problems: ProblemCollector): FixedPadding | undefined {
  if (value === 'same') return undefined;
  if (typeof value !== 'object' || value === null) {
    if (typeof value !== 'string') return problems.whole(value, path, 0);
    problems.report(path, 'pixels, "same", or top, bottom, left and right', value);
    return undefined;
  }
  const fields = problems.record(value, path, sides);
  if (!fields) return undefined;
  const read = sides.map((side) => problems.whole(fields[side], `${path}.${side}`, 0));
  const [top, bottom, left, right] = read;
  if (top === undefined || bottom === undefined || left === undefined || right === undefined)
    return undefined;
  if (top + bottom !== left + right) {
    problems.report(
      path,
      `left + right of ${top + bottom}, as top + bottom, since maps are square`,
      left + right,
    );
  }
  return { top, bottom, left, right };
}
