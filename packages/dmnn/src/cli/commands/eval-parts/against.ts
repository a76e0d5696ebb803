import { type InterpolatedSystem, interpolatedSystem } from '@dmnn/confidence';
import { countText, percentText } from '../../../text/count-text.js';
import { tableText } from '../../../text/table-text.js';
import { usageError } from '../../terminal/usage-error.js';
import {
  type ControlFinding,
  comparisonJson,
  controlFinding,
  differenceText,
  isBetter,
} from '../../../control/control-finding.js';
import type { StaticSystem } from './static-system.js';

/** A system that is compared. */
export interface ComparedSystem {
  readonly data: string;
  readonly errorPercent: number;
  readonly meanMacs: number;
  readonly indices: ArrayLike<number>;
  readonly wrong: Uint8Array;
}

/** A system next to static networks at its cost. */
export interface AgainstFinding {
  readonly system: Pick<ComparedSystem, 'errorPercent' | 'meanMacs'>;
  /** Undefined if every static network costs more. */
  readonly found:
    | {
        readonly comparison: Pick<ControlFinding, 'errorPercent' | 'difference'>;
        readonly meanMacs: number;
        readonly mix: readonly { readonly name: string; readonly share: number }[];
        /** Whether the images are the same, so that the interval is of the differences of each. */
        readonly paired: boolean;
      }
    | undefined;
}

/**
 * Compares a system with static networks at its mean cost, the line between the two neighbours in MACs.
 *
 * @throws DmnnError `DMNN_USAGE` if the static networks were not measured on the same images, or on other data
 */
export function againstStatic(system: ComparedSystem, statics: readonly StaticSystem[]): AgainstFinding {
  const [first] = statics;
  const other = statics.find((each) => !sameImages(each, first as StaticSystem));
  if (!first || other)
    throw usageError(
      `--against: expected networks measured on the same images, got ${first?.path ?? 'none'} and ${other?.path ?? 'none'}, which were not.`,
    );
  if (first.data !== system.data)
    throw usageError(
      `--against: expected networks measured on ${system.data}, got ${first.path}, measured on ${first.data}.`,
    );
  const between = interpolatedSystem(
    statics.map(({ wrong, meanMacs: meanCost }) => ({ wrong, meanCost })),
    system.meanMacs,
  );
  if (!between) return { system, found: undefined };
  const paired = sameImages(first, system);
  return {
    system,
    found: {
      paired,
      comparison: paired ? controlFinding(system.wrong, between) : unpaired(system, between),
      meanMacs: between.meanCost,
      mix: between.mix.map(({ system: at, share }) => ({ name: statics[at]?.name ?? '', share })),
    },
  };
}

type Images = Pick<ComparedSystem, 'data' | 'indices'>;

function sameImages(one: Images, other: Images): boolean {
  return (
    one.data === other.data &&
    one.indices.length === other.indices.length &&
    Array.from(one.indices).every((index, row) => index === other.indices[row])
  );
}

/** Of different images: normal, from both variances. */
function unpaired(
  system: ComparedSystem,
  control: InterpolatedSystem,
): Pick<ControlFinding, 'errorPercent' | 'difference'> {
  const [own, other] = [momentsOf(system.wrong), momentsOf(control.wrong)];
  const difference = own.mean - other.mean;
  const halfWidth = 1.959964 * Math.sqrt(own.squaredError + other.squaredError);
  return {
    errorPercent: control.errorPercent,
    difference: {
      ...{ difference, halfWidth, resamples: 0 },
      interval: [difference - halfWidth, difference + halfWidth],
    },
  };
}

function momentsOf(values: ArrayLike<number>): { readonly mean: number; readonly squaredError: number } {
  const all = Array.from(values);
  const mean = all.reduce((sum, each) => sum + each, 0) / all.length;
  const variance = all.reduce((sum, each) => sum + (each - mean) ** 2, 0) / Math.max(1, all.length - 1);
  return { mean, squaredError: variance / all.length };
}

/** The comparison as `--json` prints it; null if every static network costs more. */
export function againstJson({ found }: AgainstFinding): object | null {
  if (!found) return null;
  const { comparison, meanMacs, mix, paired } = found;
  return { ...comparisonJson(comparison), meanMacs, mix, paired };
}

/** Comparisons as text. @param names - of the systems: `as trained`, budgets */
export function againstText(all: readonly AgainstFinding[], names: readonly string[]): string {
  const right = { align: 'right' as const };
  const compared = all.flatMap(({ found }) => found ?? []);
  const better = compared.filter(({ comparison }) => isBetter(comparison)).length;
  const cheaper = all.length - compared.length;
  return [
    tableText(
      [
        { head: '', ...right },
        { head: 'mean MACs', ...right },
        { head: 'top-1 error', ...right },
        { head: 'static', ...right },
        { head: 'difference', ...right },
        { head: 'which' },
      ],
      all.map(({ system, found }, at) => [
        names[at] ?? '',
        countText(system.meanMacs),
        `${system.errorPercent.toFixed(2)} %`,
        found ? `${found.comparison.errorPercent.toFixed(2)} %` : '–',
        found ? differenceText(found.comparison) : '–',
        found ? mixText(found) : 'every static network costs more',
      ]),
    ),
    'static networks at equal cost: the line between the two neighbours in MACs, as a random share of the images under each would give',
    ...(compared.some(({ paired }) => !paired)
      ? ['they were measured on other images, so that the interval is not of the differences of each image']
      : []),
    better === compared.length && cheaper === 0
      ? 'better than static networks at equal cost, beyond the 95 % interval over images'
      : `no better than static networks: ${compared.length - better} of ${all.length} do not differ from those at equal cost beyond the 95 % interval over images${cheaper > 0 ? `, ${cheaper} cost less than any of them` : ''}`,
  ].join('\n');
}

function mixText({ mix, meanMacs }: NonNullable<AgainstFinding['found']>): string {
  const [only, other] = mix;
  if (only && !other) return `${only.name}, ${countText(meanMacs)}`;
  return mix.map(({ name, share }) => `${name} for ${percentText(share)}`).join(', ');
}
