import { type BootstrapDifference, pairedBootstrap } from '@dmnn/confidence';

/** What a system without choice reaches at the same cost, and the difference on the same images. */
export interface ControlFinding {
  readonly errorPercent: number;
  /** `[row]`: probability that it is wrong. */
  readonly wrong: Float64Array;
  /** Of the system's error itself, as shares. */
  readonly error: BootstrapDifference;
  /** The system's error less the control's, as shares: better if the whole interval is below 0. */
  readonly difference: BootstrapDifference;
}

/** Seed of the images that are drawn for intervals. */
const SEED = 1;

/**
 * Compares a system with its control.
 *
 * @param wrong - `[row]`: 1 where the system is wrong
 * @param control - `[row]`: probability that the control is wrong
 */
export function controlFinding(
  wrong: Uint8Array,
  control: { readonly errorPercent: number; readonly wrong: Float64Array },
): ControlFinding {
  return {
    ...control,
    error: pairedBootstrap(wrong, new Uint8Array(wrong.length), { seed: SEED }),
    difference: pairedBootstrap(wrong, control.wrong, { seed: SEED }),
  };
}

/** Whether a difference is below 0 beyond its interval over images. */
export function isBetter({ difference }: Pick<ControlFinding, 'difference'>): boolean {
  return difference.interval[1] < 0;
}

/** A comparison as `--json` prints it: points. */
export function comparisonJson({
  errorPercent,
  difference,
}: Pick<ControlFinding, 'errorPercent' | 'difference'>): {
  readonly top1ErrorPercent: number;
  readonly difference: number;
  readonly interval: readonly number[];
  readonly isBetter: boolean;
} {
  return {
    top1ErrorPercent: errorPercent,
    difference: 100 * difference.difference,
    interval: difference.interval.map((each) => 100 * each),
    isBetter: isBetter({ difference }),
  };
}

/** `−1.71 (−2.02 to −1.40)`, in points. */
export function differenceText({
  difference: { difference, interval },
}: Pick<ControlFinding, 'difference'>): string {
  const text = (share: number): string => (100 * share).toFixed(2).replace('-', '−');
  return `${text(difference)} (${text(interval[0])} to ${text(interval[1])})`;
}

/** `6.26 % ± 0.48` */
export function errorText(errorPercent: number, { error }: ControlFinding): string {
  return `${errorPercent.toFixed(2)} % ± ${(100 * error.halfWidth).toFixed(2)}`;
}
