import type { Controller, StateController } from './controller.js';
import type { ProblemCollector } from './problem-collector.js';

const kinds: readonly Controller['kind'][] = ['state', 'squeeze'];
const previousStates: readonly StateController['previousState'][] = ['shared', 'per-block', 'none'];

/** A controller, with undefined for fields that could not be read. */
export interface ReadController {
  readonly path: string;
  readonly kind: Controller['kind'] | undefined;
  readonly hiddenUnits: number | undefined;
  /** Only in a state controller. */
  readonly previousState?: StateController['previousState'] | undefined;
  /** Only in a state controller. */
  readonly hiddenBias?: boolean | undefined;
}

/** Reads a controller. */
export function checkController(value: unknown, path: string, problems: ProblemCollector): ReadController {
  const kind = problems.kind(value, path, kinds);
  if (kind === undefined) return { path, kind, hiddenUnits: undefined };
  const keys = ['kind', 'hiddenUnits', ...(kind === 'state' ? ['previousState', 'hiddenBias'] : [])];
  const fields = problems.record(value, path, keys) ?? {};
  const hiddenUnits = problems.whole(fields['hiddenUnits'], `${path}.hiddenUnits`, 1);
  if (kind === 'squeeze') return { path, kind, hiddenUnits };
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

function carries({ previousState }: ReadController): boolean {
  return previousState === 'shared' || previousState === 'per-block';
}

function differ(a: unknown, b: unknown): boolean {
  return a !== undefined && b !== undefined && a !== b;
}
