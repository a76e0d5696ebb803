import type { BlockKind, Shortcut } from './block.js';
import { type ReadController, checkController } from './check-controller.js';
import { type PathEnds, checkActivation, checkUnit, checkUnits } from './check-units.js';
import type { Findings } from './findings.js';

const blockKinds: readonly BlockKind[] = ['bottleneck', 'basic', 'inverted-residual'];
const shortcutKinds: readonly Shortcut['kind'][] = ['identity', 'projection', 'pad', 'none'];

/** A block, as far as it could be read. */
export interface ReadBlock {
  readonly outChannels: number | undefined;
  readonly controller?: ReadController;
}

/**
 * Reads a block: its sub-blocks must start and end alike, and its shortcut must end as they do.
 *
 * @param entering - channels that enter; unknown: those that its first sub-block takes
 */
export function checkBlock(
  value: unknown,
  path: string,
  entering: number | undefined,
  findings: Findings,
): ReadBlock {
  const required = ['kind', 'shortcut', 'subBlocks', 'activation'];
  const fields = findings.record(value, path, required, ['controller']);
  if (!fields) return { outChannels: undefined };
  findings.oneOf(fields['kind'], `${path}.kind`, blockKinds);
  checkActivation(fields['activation'], `${path}.activation`, findings);
  const ends = checkSubBlocks(fields['subBlocks'], `${path}.subBlocks`, entering, findings);
  const gated = fields['controller'] !== undefined;
  checkShortcut(fields['shortcut'], `${path}.shortcut`, ends, gated, findings);
  return {
    outChannels: ends.outChannels,
    ...(gated ? { controller: checkController(fields['controller'], `${path}.controller`, findings) } : {}),
  };
}

function checkSubBlocks(
  value: unknown,
  path: string,
  entering: number | undefined,
  findings: Findings,
): PathEnds {
  let first: PathEnds | undefined;
  findings.list(value, path, 1, (item, subBlockPath) => {
    const fields = findings.record(item, subBlockPath, ['units']);
    if (!fields) return;
    const inChannels = entering ?? first?.inChannels;
    const ends = checkUnits(fields['units'], `${subBlockPath}.units`, 1, inChannels, findings);
    first ??= ends;
    for (const [key, words] of [
      ['outChannels', 'give the channels'],
      ['stride', 'have the strides (multiplied)'],
    ] as const) {
      const expected = first[key];
      if (expected !== undefined && ends[key] !== undefined && ends[key] !== expected) {
        findings.report(subBlockPath, `to ${words} of the first sub-block, ${expected}`, ends[key]);
      }
    }
  });
  return {
    inChannels: entering ?? first?.inChannels,
    outChannels: first?.outChannels,
    stride: first?.stride,
  };
}

function checkShortcut(
  value: unknown,
  path: string,
  ends: PathEnds,
  gated: boolean,
  findings: Findings,
): void {
  const kind = findings.kind(value, path, shortcutKinds);
  switch (kind) {
    case undefined:
      return;
    case 'identity':
      findings.record(value, path, ['kind']);
      if (differ(ends.inChannels, ends.outChannels)) {
        const change = `${String(ends.inChannels)} to ${String(ends.outChannels)} channels`;
        findings.report(`${path}.kind`, `"projection" or "pad", since the block goes from ${change}`, kind);
      }
      if (differ(1, ends.stride)) {
        const change = `stride ${String(ends.stride)}`;
        findings.report(`${path}.kind`, `"projection" or "pad", since the sub-blocks have ${change}`, kind);
      }
      return;
    case 'projection': {
      const fields = findings.record(value, path, ['kind', 'unit']);
      const unit = checkUnit(fields?.['unit'], `${path}.unit`, findings);
      expectEnd(unit.inChannels, ends.inChannels, `${path}.unit.inChannels`, findings);
      expectEnd(unit.outChannels, ends.outChannels, `${path}.unit.outChannels`, findings);
      expectEnd(unit.stride, ends.stride, `${path}.unit.stride`, findings);
      return;
    }
    case 'pad': {
      const fields = findings.record(value, path, ['kind', 'stride', 'outChannels']);
      const stride = findings.whole(fields?.['stride'], `${path}.stride`, 1);
      const outChannels = findings.whole(fields?.['outChannels'], `${path}.outChannels`, 1);
      expectEnd(stride, ends.stride, `${path}.stride`, findings);
      expectEnd(outChannels, ends.outChannels, `${path}.outChannels`, findings);
      if (outChannels !== undefined && ends.inChannels !== undefined && outChannels < ends.inChannels) {
        findings.report(`${path}.outChannels`, `at least the ${ends.inChannels} that enter`, outChannels);
      }
      return;
    }
    case 'none':
      findings.record(value, path, ['kind']);
      if (gated) {
        const expected = 'a shortcut, since the block has a controller and gives nothing with all gates off';
        findings.report(`${path}.kind`, expected, kind);
      }
      return;
    default:
      kind satisfies never;
  }
}

function expectEnd(
  got: number | undefined,
  expected: number | undefined,
  path: string,
  findings: Findings,
): void {
  if (differ(got, expected)) findings.report(path, `the block's ${String(expected)}`, got);
}

function differ(a: number | undefined, b: number | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}
