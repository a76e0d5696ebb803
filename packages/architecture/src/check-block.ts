import type { BlockKind, Shortcut } from './block.js';
import { type PathEnds, checkActivation, checkUnit, checkUnits } from './check-units.js';
import type { Fields, ProblemCollector } from './problem-collector.js';
import type { Controller, StateController } from './controller.js';

const blockKinds: readonly BlockKind[] = ['bottleneck', 'basic', 'inverted-residual'];
const shortcutKinds: readonly Shortcut['kind'][] = ['identity', 'projection', 'pad', 'none'];

/** A block, with undefined for fields that could not be read. */
interface ReadBlock {
  readonly outChannels: number | undefined;
  readonly controller?: ReadController | undefined;
}

/**
 * Reads a block: its sub-blocks must have the same input and output channels and strides, and so must its shortcut.
 *
 * @param entering - input channels; if undefined, those of its first sub-block
 */
export function checkBlock(
  value: unknown,
  path: string,
  entering: number | undefined,
  problems: ProblemCollector,
): ReadBlock {
  const required = ['kind', 'shortcut', 'subBlocks', 'activation'];
  const fields = problems.record(value, path, required, ['bias', 'controller']);
  if (!fields) return { outChannels: undefined };
  problems.oneOf(fields['kind'], `${path}.kind`, blockKinds);
  checkActivation(fields['activation'], `${path}.activation`, problems);
  const ends = checkSubBlocks(fields['subBlocks'], `${path}.subBlocks`, entering, problems);
  const gated = fields['controller'] !== undefined;
  checkShortcut(fields['shortcut'], `${path}.shortcut`, ends, gated, problems);
  if (fields['bias'] !== undefined) checkBias(fields, path, problems);
  return {
    outChannels: ends.outChannels,
    controller: gated ? checkController(fields['controller'], `${path}.controller`, problems) : undefined,
  };
}

/** Without a shortcut the last unit of a path has a bias or a batch norm that does the same. */
function checkBias({ bias, shortcut }: Fields, path: string, problems: ProblemCollector): void {
  problems.boolean(bias, `${path}.bias`);
  if (bias !== true || (shortcut as { kind?: unknown } | null | undefined)?.kind !== 'none') return;
  problems.report(`${path}.bias`, 'false, since the block has no shortcut that it could be added to', bias);
}

function checkSubBlocks(
  value: unknown,
  path: string,
  entering: number | undefined,
  problems: ProblemCollector,
): PathEnds {
  let first: PathEnds | undefined;
  problems.list(value, path, 1, (item, subBlockPath) => {
    const fields = problems.record(item, subBlockPath, ['units']);
    if (!fields) return;
    const inChannels = entering ?? first?.inChannels;
    const ends = checkUnits(fields['units'], `${subBlockPath}.units`, 1, inChannels, problems);
    first ??= ends;
    for (const [key, words] of [
      ['outChannels', 'have the output channels'],
      ['stride', 'have the strides (multiplied)'],
    ] as const) {
      const expected = first[key];
      if (expected !== undefined && ends[key] !== undefined && ends[key] !== expected) {
        problems.report(subBlockPath, `to ${words} of the first sub-block, ${expected}`, ends[key]);
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
  problems: ProblemCollector,
): void {
  const kind = problems.kind(value, path, shortcutKinds);
  switch (kind) {
    case undefined:
      return;
    case 'identity':
      problems.record(value, path, ['kind']);
      if (differ(ends.inChannels, ends.outChannels)) {
        const change = `${String(ends.inChannels)} to ${String(ends.outChannels)} channels`;
        problems.report(`${path}.kind`, `"projection" or "pad", since the block goes from ${change}`, kind);
      }
      if (differ(1, ends.stride)) {
        const change = `stride ${String(ends.stride)}`;
        problems.report(`${path}.kind`, `"projection" or "pad", since the sub-blocks have ${change}`, kind);
      }
      return;
    case 'projection': {
      const fields = problems.record(value, path, ['kind', 'unit']);
      const unit = checkUnit(fields?.['unit'], `${path}.unit`, problems);
      expectEnd(unit.inChannels, ends.inChannels, `${path}.unit.inChannels`, problems);
      expectEnd(unit.outChannels, ends.outChannels, `${path}.unit.outChannels`, problems);
      expectEnd(unit.stride, ends.stride, `${path}.unit.stride`, problems);
      return;
    }
    case 'pad': {
      const fields = problems.record(value, path, ['kind', 'stride', 'outChannels']);
      const stride = problems.whole(fields?.['stride'], `${path}.stride`, 1);
      const outChannels = problems.whole(fields?.['outChannels'], `${path}.outChannels`, 1);
      expectEnd(stride, ends.stride, `${path}.stride`, problems);
      expectEnd(outChannels, ends.outChannels, `${path}.outChannels`, problems);
      if (outChannels !== undefined && ends.inChannels !== undefined && outChannels < ends.inChannels) {
        problems.report(
          `${path}.outChannels`,
          `at least the ${ends.inChannels} incoming channels`,
          outChannels,
        );
      }
      return;
    }
    case 'none':
      problems.record(value, path, ['kind']);
      if (gated) {
        const expected = 'a shortcut, since the block has a controller and no output with all gates closed';
        problems.report(`${path}.kind`, expected, kind);
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
  problems: ProblemCollector,
): void {
  if (differ(got, expected)) problems.report(path, `the block's ${String(expected)}`, got);
}

const kinds: readonly Controller['kind'][] = ['state', 'squeeze', 'recurrent'];
const ownKeys: { readonly [kind in Controller['kind']]: readonly string[] } = {
  state: ['previousState', 'hiddenBias'],
  squeeze: [],
  recurrent: ['embedUnits'],
};
const previousStates: readonly StateController['previousState'][] = ['shared', 'per-block', 'none'];

/** A controller, with undefined for fields that could not be read. */
export interface ReadController {
  readonly path: string;
  readonly kind: Controller['kind'] | undefined;
  readonly hiddenUnits: number | undefined;
  /** Only in a recurrent controller. */
  readonly embedUnits?: number | undefined;
  /** Only in a state controller. */
  readonly previousState?: StateController['previousState'] | undefined;
  /** Only in a state controller. */
  readonly hiddenBias?: boolean | undefined;
}

/** Reads a controller. */
function checkController(value: unknown, path: string, problems: ProblemCollector): ReadController {
  const kind = problems.kind(value, path, kinds);
  if (kind === undefined) return { path, kind, hiddenUnits: undefined };
  const fields = problems.record(value, path, ['kind', 'hiddenUnits', ...ownKeys[kind]]) ?? {};
  const hiddenUnits = problems.whole(fields['hiddenUnits'], `${path}.hiddenUnits`, 1);
  if (kind === 'squeeze') return { path, kind, hiddenUnits };
  if (kind === 'recurrent') {
    const embedUnits = problems.whole(fields['embedUnits'], `${path}.embedUnits`, 1);
    return { path, kind, hiddenUnits, embedUnits };
  }
  return {
    path,
    kind,
    hiddenUnits,
    previousState: problems.oneOf(fields['previousState'], `${path}.previousState`, previousStates),
    hiddenBias: problems.boolean(fields['hiddenBias'], `${path}.hiddenBias`),
  };
}

/**
 * Checks that every state fits the next controller, and that all users of the shared matrix agree on its shape and
 * bias.
 *
 * @param controllers - controllers of the gated blocks, in order
 */
export function checkStates(controllers: readonly ReadController[], problems: ProblemCollector): void {
  if (controllers.some(({ kind }) => kind === 'recurrent')) {
    checkRecurrent(controllers, problems);
    return;
  }
  controllers.forEach((controller, l) => {
    const before = controllers[l - 1];
    if (!before?.kind || !carries(controller)) return;
    if (before.kind === 'squeeze') {
      const expected = `"none", since the controller before (${before.path}) has no state`;
      problems.report(`${controller.path}.previousState`, expected, controller.previousState);
    } else if (differ(controller.hiddenUnits, before.hiddenUnits)) {
      const expected = `the ${String(before.hiddenUnits)} of the controller before (${before.path}), whose state it takes`;
      problems.report(`${controller.path}.hiddenUnits`, expected, controller.hiddenUnits);
    }
  });
  const [first, ...others] = controllers.filter(({ previousState }) => previousState === 'shared');
  if (!first) return;
  for (const other of others) {
    for (const key of ['hiddenUnits', 'hiddenBias'] as const) {
      if (!differ(first[key], other[key])) continue;
      const expected = `${String(first[key])} as in ${first.path}, with which it shares the matrix of the previous state`;
      problems.report(`${other.path}.${key}`, expected, other[key]);
    }
  }
}

/** One LSTM runs through all of them. */
function checkRecurrent(controllers: readonly ReadController[], problems: ProblemCollector): void {
  const [first, ...others] = controllers.filter(({ kind }) => kind !== undefined);
  for (const other of others) {
    if (differ(first?.kind, other.kind)) {
      const expected = `"${String(first?.kind)}" as in ${String(first?.path)}, since a recurrent controller stands among its own kind only`;
      problems.report(`${other.path}.kind`, expected, other.kind);
      continue;
    }
    for (const key of ['embedUnits', 'hiddenUnits'] as const) {
      if (!differ(first?.[key], other[key])) continue;
      const expected = `${String(first?.[key])} as in ${String(first?.path)}, with which it shares the LSTM`;
      problems.report(`${other.path}.${key}`, expected, other[key]);
    }
  }
}

/** Whether both are known and not the same. */
function differ(a: unknown, b: unknown): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function carries({ previousState }: ReadController): boolean {
  return previousState === 'shared' || previousState === 'per-block';
}
