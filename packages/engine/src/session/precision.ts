import type { Agreement } from '../quantisation/quantisation.js';
import { engineError } from '../errors/engine-error.js';

/**
 * Numbers in which an engine computes maps and filters; controllers are in float32 always, and so are sums within a
 * convolution of `'bf16'`; those of `'int8'` are exact. The last layer is in float32, but for its weights where they are
 * 2^18 or more, which `'bf16'` and `'int8'` keep in bfloat16.
 */
export type Precision = 'f32' | 'bf16' | 'int8';

/** What can be asked for. */
export type PrecisionChoice = Precision | 'auto';

/** All that can be asked for, in the order in which messages name them. */
const precisionChoices: readonly PrecisionChoice[] = ['f32', 'bf16', 'int8', 'auto'];

const names: Readonly<Record<Precision, string>> = { f32: 'float32', bf16: 'bfloat16', int8: 'int8' };

/** Share of the images whose likeliest class a precision must keep to be taken by itself. */
const LEAST_SAME_CLASS = 0.995;

/** The precision that is taken, and why. */
export interface ChosenPrecision {
  readonly precision: Precision;
  /** A sentence part: `bfloat16 takes 0.2 of float32's time here` */
  readonly reason: string;
}

/** A network in a precision, which can be timed. */
export interface Timed {
  /** Runs an image. */
  run(): Promise<unknown>;
}

/** A precision that `auto` may take in place of float32. */
export interface Candidate {
  readonly precision: 'bf16' | 'int8';
  /** What it keeps of float32's answers; undefined: not known, and not asked. */
  readonly kept?: { readonly images: number; readonly agreement: Agreement } | undefined;
}

/** @throws DmnnError `DMNN_ENGINE` */
export function assertPrecision(value: unknown): asserts value is PrecisionChoice {
  if ((precisionChoices as readonly unknown[]).includes(value)) return;
  throw engineError(
    `precision: expected ${precisionChoices.join(', ')}, got ${typeof value === 'string' ? `'${value}'` : String(value)}`,
    'Leave it out for auto.',
  );
}

/** Rounds of which the fastest counts. */
const ROUNDS = 3;

/**
 * Takes the precision of least time among those that keep float32's answers.
 *
 * @param candidates - in place of float32; with none, that is taken
 * @param open - opens the network in a precision; all are kept by the caller
 * @param now - milliseconds of a clock
 */
export async function fastestPrecision(
  candidates: readonly Candidate[],
  open: (precision: Precision) => Timed,
  now: () => number = () => performance.now(),
): Promise<ChosenPrecision> {
  const timed = [{ precision: 'f32' as Precision }, ...candidates].map(({ precision }) => ({
    precision,
    network: open(precision),
    ms: Infinity,
  }));
  for (const { network } of timed) await network.run(); // prepares
  for (let round = 0; round < ROUNDS; round++) {
    for (const each of timed) {
      const began = now();
      await each.network.run();
      each.ms = Math.min(each.ms, now() - began);
    }
  }
  const msOf = (precision: Precision) => timed.find((each) => each.precision === precision)?.ms ?? Infinity;
  const wideMs = msOf('f32');
  const taken = timed
    .filter(({ precision }) => keeps(candidates.find((each) => each.precision === precision)))
    .reduce((best, each) => (each.ms < best.ms ? each : best));
  const texts = candidates.map(({ precision, kept }) => {
    const time = `${names[precision]} takes ${(msOf(precision) / wideMs).toFixed(2)} of the time of float32 on this machine`;
    if (!kept) return time;
    const share = `${(100 * kept.agreement.sameClass).toFixed(1)} %`;
    const verdict = keeps({ precision, kept }) ? '' : `, fewer than ${100 * LEAST_SAME_CLASS} %`;
    return `${time} and keeps the likeliest class of ${share} of ${kept.images} held-out images${verdict}`;
  });
  return { precision: taken.precision, reason: texts.join('; ') };
}

function keeps(candidate: Candidate | undefined): boolean {
  return !candidate?.kept || candidate.kept.agreement.sameClass >= LEAST_SAME_CLASS;
}
