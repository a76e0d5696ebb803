import { type Activation, activations } from './activations.js';
import type { ProblemCollector } from './problem-collector.js';

/** Channels and stride of a path; `undefined` for values that could not be read. */
export interface PathEnds {
  readonly inChannels: number | undefined;
  readonly outChannels: number | undefined;
  /** Product of the strides. */
  readonly stride: number | undefined;
}

const activationNames = Object.keys(activations) as readonly Activation[];

export function checkActivation(value: unknown, path: string, problems: ProblemCollector): void {
  problems.oneOf(value, path, activationNames);
}

/** Reads a convolution unit. */
export function checkUnit(value: unknown, path: string, problems: ProblemCollector): PathEnds {
  const fields = problems.record(value, path, [
    'kernelSize',
    'stride',
    'padding',
    'inChannels',
    'outChannels',
    'groups',
    'bias',
    'batchNorm',
    'activation',
  ]);
  if (!fields) return { inChannels: undefined, outChannels: undefined, stride: undefined };
  problems.whole(fields['kernelSize'], `${path}.kernelSize`, 1);
  const stride = problems.whole(fields['stride'], `${path}.stride`, 1);
  problems.whole(fields['padding'], `${path}.padding`, 0);
  const inChannels = problems.whole(fields['inChannels'], `${path}.inChannels`, 1);
  const outChannels = problems.whole(fields['outChannels'], `${path}.outChannels`, 1);
  const groups = problems.whole(fields['groups'], `${path}.groups`, 1);
  for (const [name, channels] of Object.entries({ inChannels, outChannels })) {
    if (groups !== undefined && channels !== undefined && channels % groups !== 0) {
      problems.report(`${path}.groups`, `a divisor of ${name} ${channels}`, groups);
    }
  }
  problems.boolean(fields['bias'], `${path}.bias`);
  problems.boolean(fields['batchNorm'], `${path}.batchNorm`);
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
  const padding = problems.whole(fields['padding'], `${path}.padding`, 0);
  // with more than half a window of padding, some windows would contain only padding, with the maximum −∞
  if (kernelSize !== undefined && padding !== undefined && 2 * padding > kernelSize) {
    problems.report(`${path}.padding`, `at most half of kernelSize ${kernelSize}`, padding);
  }
}
