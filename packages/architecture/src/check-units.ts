import { type Activation, activations } from './activations.js';
import type { Findings } from './findings.js';

/** What is known of the two ends of a path: `undefined` where it could not be read. */
export interface PathEnds {
  readonly inChannels: number | undefined;
  readonly outChannels: number | undefined;
  /** Product of the strides. */
  readonly stride: number | undefined;
}

const activationNames = Object.keys(activations) as readonly Activation[];

export function checkActivation(value: unknown, path: string, findings: Findings): void {
  findings.oneOf(value, path, activationNames);
}

/** Reads a convolution unit. */
export function checkUnit(value: unknown, path: string, findings: Findings): PathEnds {
  const fields = findings.record(value, path, [
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
  findings.whole(fields['kernelSize'], `${path}.kernelSize`, 1);
  const stride = findings.whole(fields['stride'], `${path}.stride`, 1);
  findings.whole(fields['padding'], `${path}.padding`, 0);
  const inChannels = findings.whole(fields['inChannels'], `${path}.inChannels`, 1);
  const outChannels = findings.whole(fields['outChannels'], `${path}.outChannels`, 1);
  const groups = findings.whole(fields['groups'], `${path}.groups`, 1);
  for (const [name, channels] of Object.entries({ inChannels, outChannels })) {
    if (groups !== undefined && channels !== undefined && channels % groups !== 0) {
      findings.report(`${path}.groups`, `a divisor of ${name} ${channels}`, groups);
    }
  }
  findings.boolean(fields['bias'], `${path}.bias`);
  findings.boolean(fields['batchNorm'], `${path}.batchNorm`);
  checkActivation(fields['activation'], `${path}.activation`, findings);
  return { inChannels, outChannels, stride };
}

/**
 * Reads units in sequence, each of which must take the channels that the one before gives.
 *
 * @param entering - channels that enter the first; unknown: whatever it takes
 */
export function checkUnits(
  value: unknown,
  path: string,
  least: number,
  entering: number | undefined,
  findings: Findings,
): PathEnds {
  let channels = entering;
  let stride: number | undefined = 1;
  const units = findings.list(value, path, least, (item, unitPath) => {
    const unit = checkUnit(item, unitPath, findings);
    if (channels !== undefined && unit.inChannels !== undefined && unit.inChannels !== channels) {
      findings.report(`${unitPath}.inChannels`, `the ${channels} that enter`, unit.inChannels);
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

/** Reads a maximum pool. */
export function checkPool(value: unknown, path: string, findings: Findings): void {
  const fields = findings.record(value, path, ['kernelSize', 'stride', 'padding']);
  if (!fields) return;
  const kernelSize = findings.whole(fields['kernelSize'], `${path}.kernelSize`, 1);
  findings.whole(fields['stride'], `${path}.stride`, 1);
  const padding = findings.whole(fields['padding'], `${path}.padding`, 0);
  // beyond half a window, some windows would hold nothing but padding, and their maximum is −∞
  if (kernelSize !== undefined && padding !== undefined && 2 * padding > kernelSize) {
    findings.report(`${path}.padding`, `at most half of kernelSize ${kernelSize}`, padding);
  }
}
