import { type MeanOverSeeds, meanOverSeeds } from '@dmnn/confidence';
import { printable } from '@dmnn/foundation';
import { countText, percentText } from '../../../text/count-text.js';
import { tableText } from '../../../text/table-text.js';
import type { CommandIo } from '../../terminal/command-io.js';
import { type ExitCode, DONE } from '../../terminal/exit-code.js';
import { usageError } from '../../terminal/usage-error.js';

/** Runs that differ in their seed alone. */
interface SeededRun {
  readonly run: string;
  readonly seed: number;
}

/** What a run's own evaluation prints with `--json`, as far as means over seeds are taken of it. */
interface MeasuredJson {
  readonly top1ErrorPercent: number;
  readonly meanMacs: number;
  readonly budget?: number;
  readonly unit?: string;
  readonly accuracyDrop?: number;
  readonly control?: ComparedJson;
  readonly against?: ComparedJson | null;
}

interface ComparedJson {
  readonly top1ErrorPercent: number;
  readonly difference: number;
}

interface FoundJson extends Partial<MeasuredJson> {
  readonly budgets?: readonly Partial<MeasuredJson>[];
  readonly cascades?: readonly MeasuredJson[];
}

/** A system over seeds: the same run under the same budget. */
interface SystemOverSeeds {
  readonly name: string;
  readonly top1ErrorPercent: MeanOverSeeds;
  readonly meanMacs: MeanOverSeeds;
  readonly control?: ComparedOverSeeds;
  readonly against?: ComparedOverSeeds;
}

interface ComparedOverSeeds {
  readonly top1ErrorPercent: number;
  /** Points of error less than those of what it is compared with. */
  readonly difference: MeanOverSeeds;
  /** `[seed]` */
  readonly differences: readonly number[];
  /** Below 0 beyond its interval over seeds. */
  readonly isBetter: boolean;
}

/**
 * Evaluates runs that differ in their seed, each as it would be alone, and prints means with their intervals over seeds.
 *
 * @param evaluate - evaluates one and prints JSON
 * @throws DmnnError `DMNN_USAGE` if they differ in more than their seed, or not in that
 */
export async function evaluateSeeds(
  folders: readonly string[],
  { json = false, alone }: { readonly json?: boolean | undefined; readonly alone: readonly string[] },
  evaluate: (folder: string, io: CommandIo) => Promise<ExitCode>,
  io: CommandIo,
): Promise<ExitCode> {
  const [option] = alone;
  if (option !== undefined) throw usageError(`${option}: expected one run, got ${folders.length}.`);
  const runs = await seededRuns(folders);
  const all: FoundJson[] = [];
  for (const { run, seed } of runs) {
    io.err(printable(`${run}, seed ${seed}`, Infinity));
    const printed: string[] = [];
    const code = await evaluate(run, { ...io, out: (text) => void printed.push(text) });
    if (code !== DONE) return code;
    all.push(JSON.parse(printed.join('\n')) as FoundJson);
  }
  const systems = systemsOver(all);
  if (json) {
    const own = runs.map((each, at) => ({ ...each, ...all[at] }));
    io.out(JSON.stringify({ runs: own, seeds: systems }, null, 2));
  } else io.out(seedsText(runs, systems));
  return DONE;
}

async function seededRuns(folders: readonly string[]): Promise<SeededRun[]> {
  const { loadRunConfig } = await import('@dmnn/runs');
  const recipes = [];
  for (const run of folders) recipes.push({ run, recipe: (await loadRunConfig(run)).recipe });
  const [first] = recipes;
  for (const { run, recipe } of recipes.slice(1)) {
    const plain: Readonly<Record<string, unknown>> = { ...recipe };
    const own: Readonly<Record<string, unknown>> = { ...first?.recipe };
    const differing = [...new Set([...Object.keys(plain), ...Object.keys(own)])].filter(
      (key) => key !== 'seed' && JSON.stringify(plain[key]) !== JSON.stringify(own[key]),
    );
    if (differing.length > 0)
      throw usageError(
        `run: expected runs that differ in their seed alone, got ${first?.run ?? ''} and ${run}, which also differ in ${differing.join(', ')}. Evaluate them one by one, or compare them with --against.`,
      );
  }
  const seeds = recipes.map(({ recipe }) => recipe.seed);
  const twice = recipes.find(({ recipe }, at) => seeds.indexOf(recipe.seed) < at);
  if (twice)
    throw usageError(
      `run: expected runs of different seeds, got seed ${twice.recipe.seed} twice, in ${recipes[seeds.indexOf(twice.recipe.seed)]?.run ?? ''} and ${twice.run}.`,
    );
  return recipes.map(({ run, recipe }) => ({ run, seed: recipe.seed }));
}

/** Systems that every run has, in the order of the first. */
function systemsOver(all: readonly FoundJson[]): SystemOverSeeds[] {
  const measured = all.map((found) => new Map(systemsOf(found).map((each) => [nameOf(each), each])));
  const names = [...(measured[0]?.keys() ?? [])];
  return names.flatMap((name) => {
    const own = measured.flatMap((systems) => systems.get(name) ?? []);
    if (own.length < all.length) return []; // a budget that some run does not reach
    const control = comparedOver(own.map((each) => each.control));
    const against = comparedOver(own.map((each) => each.against));
    return [
      {
        name,
        top1ErrorPercent: meanOverSeeds(own.map((each) => each.top1ErrorPercent)),
        meanMacs: meanOverSeeds(own.map(({ meanMacs }) => meanMacs)),
        ...(control && { control }),
        ...(against && { against }),
      },
    ];
  });
}

function systemsOf(found: FoundJson): MeasuredJson[] {
  if (found.cascades) return [...found.cascades];
  const isMeasured = (each: Partial<MeasuredJson>): each is MeasuredJson =>
    each.top1ErrorPercent !== undefined && each.meanMacs !== undefined;
  return [found, ...(found.budgets ?? [])].filter(isMeasured);
}

function nameOf({ budget, unit, accuracyDrop }: MeasuredJson): string {
  if (accuracyDrop !== undefined) return `${accuracyDrop} points`;
  if (budget === undefined) return 'as trained';
  return unit === 'msPerImage' ? `${budget} ms` : percentText(budget);
}

function comparedOver(all: readonly (ComparedJson | null | undefined)[]): ComparedOverSeeds | undefined {
  const own = all.flatMap((each) => each ?? []);
  if (own.length === 0 || own.length < all.length) return undefined;
  const differences = own.map(({ difference }) => difference);
  const difference = meanOverSeeds(differences);
  return {
    top1ErrorPercent: own.reduce((sum, each) => sum + each.top1ErrorPercent, 0) / own.length,
    ...{ difference, differences },
    isBetter: difference.interval[1] < 0,
  };
}

function seedsText(runs: readonly SeededRun[], systems: readonly SystemOverSeeds[]): string {
  const right = (head: string) => ({ head, align: 'right' as const });
  const kinds = (['control', 'against'] as const).filter((kind) => systems.some((each) => each[kind]));
  const heads = { control: 'control', against: 'static' };
  return [
    `means over ${runs.length} seeds (${runs.map(({ seed }) => seed).join(', ')}), with their 95 % intervals over seeds by Student's t\n`,
    tableText(
      [
        right(''),
        right('mean MACs'),
        right('top-1 error'),
        ...kinds.flatMap((kind) => [right(heads[kind]), right('difference'), right('of each seed')]),
      ],
      systems.map((system) => [
        system.name,
        countText(system.meanMacs.mean),
        `${system.top1ErrorPercent.mean.toFixed(2)} % ± ${system.top1ErrorPercent.halfWidth.toFixed(2)}`,
        ...kinds.flatMap((kind) => comparedCells(system[kind])),
      ]),
    ),
    ...kinds.map((kind) => {
      const compared = systems.flatMap((each) => each[kind] ?? []);
      const worse = compared.filter((each) => !each.isBetter).length;
      const what = kind === 'control' ? 'the control' : 'static networks at equal cost';
      return worse === 0
        ? `better than ${what}, beyond the 95 % interval over seeds`
        : `no better than static networks: ${worse} of ${compared.length} do not differ from ${what} beyond the 95 % interval over seeds`;
    }),
  ].join('\n');
}

function comparedCells(compared: ComparedOverSeeds | undefined): string[] {
  if (!compared) return ['–', '–', '–'];
  const signed = (value: number): string => value.toFixed(2).replace('-', '−');
  const { difference, differences, top1ErrorPercent } = compared;
  return [
    `${top1ErrorPercent.toFixed(2)} %`,
    `${signed(difference.mean)} ± ${difference.halfWidth.toFixed(2)}`,
    differences.map(signed).join(', '),
  ];
}
