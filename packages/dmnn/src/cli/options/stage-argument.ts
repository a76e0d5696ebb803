import { existsSync } from 'node:fs';
import { gatedBlocks } from '@dmnn/architecture';
import { alwaysMacs, countNetwork, countUndivided, flopsTable, fullMacs } from '@dmnn/flops';
import type { OpenedNetworkData } from '@dmnn/runs';
import { usageError } from '../terminal/usage-error.js';
import { numberOption } from './common-options.js';
import { readGatePattern } from './gate-pattern.js';

/** How help texts name a network of a cascade at a setting. */
export const settingForms =
  'RUN@width=0.5 (of a slimmable network), RUN@budget=0.4, RUN@threshold=0.7, RUN@pattern=10,11 or RUN@pattern=all (of one with gates)';

/** A setting as typed after a network. */
export type StageSetting =
  | { readonly kind: 'width'; readonly width: number }
  | { readonly kind: 'threshold'; readonly threshold: number }
  | { readonly kind: 'budget'; readonly budget: number }
  | { readonly kind: 'pattern'; readonly pattern: string };

/** A network of a cascade, as typed. */
export interface StageArgument {
  readonly path: string;
  /** Undefined: as it was trained. */
  readonly setting?: StageSetting | undefined;
}

const kinds: { readonly [kind in StageSetting['kind']]: (value: string, name: string) => StageSetting } = {
  width: (value, name) => ({ kind: 'width', width: numberOption(name, { above: 0, max: 1 })(value) }),
  budget: (value, name) => ({ kind: 'budget', budget: numberOption(name, { above: 0, max: 2 })(value) }),
  threshold: (value, name) => {
    const threshold = value.trim() === '' ? NaN : Number(value);
    if (threshold >= 0 && threshold <= 1) return { kind: 'threshold', threshold };
    throw usageError(
      `${name}: expected a probability from 0 (all gates open) to 1, got ${value === '' ? 'nothing' : value}`,
    );
  },
  pattern: (pattern) => ({ kind: 'pattern', pattern }),
};

/**
 * Reads a network of a cascade: a path, or a path with `@` and a setting. What is there under the whole text is a path, so
 * that folders with an `@` in their names are taken; `FOLDER/@width=0.5` is a setting whatever is there.
 *
 * @param option - as typed: `--then`
 * @throws DmnnError `DMNN_USAGE` if the setting is unknown, given twice, or out of range
 */
export function readStageArgument(option: string, text: string): StageArgument {
  if (existsSync(text)) return { path: text };
  const [, path = '', word = '', , value] = /^(.+)@([^@=/\\]*)(=([^@]*))?$/s.exec(text) ?? [];
  if (path === '' || (value === undefined && !existsSync(path))) return { path: text };
  const kind = Object.keys(kinds).find((each): each is StageSetting['kind'] => each === word);
  if (kind === undefined || value === undefined)
    throw usageError(
      `${option}: expected a setting that is one of ${settingForms}, got ${text}. If it is the name of a folder, the folder is not there.`,
    );
  const before = /@([^@=/\\]*)=[^@]*$/s.exec(path);
  if (before && !existsSync(path))
    throw usageError(
      `${option}: expected one setting of a network, got two in ${text}: ${before[1] ?? ''} and ${kind}. Leave one out.`,
    );
  return { path, setting: kinds[kind](value, `${option} ${text}, ${kind}`) };
}

/**
 * Refuses a setting where a network stands alone.
 *
 * @throws DmnnError `DMNN_USAGE` with the option that does the same
 */
export function assertNoSetting(argument: string, text: string): void {
  const { setting, path } = readStageArgument(argument, text);
  if (!setting) return;
  const alone = {
    width: 'dmnn eval RUN --width',
    budget: 'dmnn eval RUN --budgets',
    threshold: 'dmnn eval RUN --budgets',
    pattern: 'dmnn export RUN --pattern',
  };
  throw usageError(
    `${argument}: expected a setting only for a network of a cascade (dmnn eval … --then), got ${text}. For ${path} alone: ${alone[setting.kind]}; for a cascade in every command: dmnn eval … --then … --save FOLDER.`,
  );
}

/**
 * A network at a setting of its gates, except for a budget, which needs images.
 *
 * @param name - what messages call it: `--then runs/d20@pattern=all`
 * @throws DmnnError `DMNN_USAGE` if it has no gates, the pattern is not of them, or no threshold reaches the budget
 */
export async function atSetting(
  part: OpenedNetworkData,
  setting: StageSetting | undefined,
  name: string,
): Promise<OpenedNetworkData> {
  if (setting === undefined || setting.kind === 'width') return part;
  const { architecture } = part;
  if (gatedBlocks(architecture).length === 0)
    throw usageError(
      `${name}: expected a network with gates for a ${setting.kind}, got ${architecture.name}, which decides nothing. Leave the setting out.`,
    );
  const { withGates } = await import('@dmnn/runs');
  if (setting.kind === 'budget') {
    assertReachable(part, setting.budget, name);
    return part;
  }
  if (setting.kind === 'threshold') return withGates(part, { threshold: setting.threshold });
  if (setting.pattern === 'all') return withGates(part, { pattern: 'all' });
  const pattern = await readGatePattern({ pattern: setting.pattern }, architecture, name);
  return pattern ? withGates(part, { pattern }) : part;
}

/**
 * Refuses a budget that no threshold of a network's gates reaches, before any data is opened.
 *
 * @param budget - share of the undivided backbone's multiply–accumulates
 * @param name - what messages call it: `--then runs/d20@budget=0.4`
 * @throws DmnnError `DMNN_USAGE`
 */
function assertReachable({ architecture }: OpenedNetworkData, budget: number, name: string): void {
  const table = flopsTable(countNetwork(architecture));
  const undivided = countUndivided(architecture).macs;
  const [lowest, highest] = [alwaysMacs(table) / undivided, fullMacs(table) / undivided];
  if (budget >= lowest && budget <= highest) return;
  const [from, to] = [Math.ceil(lowest * 1000) / 1000, Math.floor(highest * 1000) / 1000];
  throw usageError(
    `${name}: expected a share of the undivided backbone's MACs from ${from} (all gates closed) to ${to} (all open), got ${budget}.${budget > highest ? ' All open: @pattern=all.' : ''}`,
  );
}
