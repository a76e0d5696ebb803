import { engineError } from './engine-error.js';

/** Numbers in which an engine computes maps and filters; sums, controllers and the last layer are in float32 always. */
export type Precision = 'f32' | 'bf16';

/** What can be asked for. */
export type PrecisionChoice = Precision | 'auto';

const choices: readonly string[] = ['f32', 'bf16', 'auto'] satisfies PrecisionChoice[];

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

/** @throws DmnnError `DMNN_ENGINE` */
export function assertPrecision(value: unknown): asserts value is PrecisionChoice {
  if (choices.includes(value as string)) return;
  throw engineError(
    `precision: expected ${choices.join(', ')}, got ${typeof value === 'string' ? `'${value}'` : String(value)}`,
    'Leave it out for auto.',
  );
}

/** Rounds of which the fastest counts. */
const ROUNDS = 3;

/**
 * Chooses: bfloat16 only where the processor has its instructions, and with `auto` only if it takes less time.
 *
 * @param hasBfloat16 - whether the processor computes with it
 * @param open - opens the network in a precision; both are kept by the caller
 * @param now - milliseconds of a clock
 */
export async function chosenPrecision(
  choice: PrecisionChoice,
  hasBfloat16: boolean,
  open: (precision: Precision) => Timed,
  now: () => number = () => performance.now(),
): Promise<ChosenPrecision> {
  if (choice === 'f32') return { precision: 'f32', reason: 'as asked' };
  if (!hasBfloat16) return { precision: 'f32', reason: 'this processor has no instructions for bfloat16' };
  if (choice === 'bf16') return { precision: 'bf16', reason: 'as asked' };
  const [wide, narrow] = [open('f32'), open('bf16')];
  const timed = async (one: Timed): Promise<number> => {
    const began = now();
    await one.run();
    return now() - began;
  };
  await wide.run(); // prepares
  await narrow.run();
  let [wideMs, narrowMs] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    wideMs = Math.min(wideMs, await timed(wide));
    narrowMs = Math.min(narrowMs, await timed(narrow));
  }
  const precision = narrowMs < wideMs ? 'bf16' : 'f32';
  const share = (narrowMs / wideMs).toFixed(2);
  return { precision, reason: `bfloat16 takes ${share} of the time of float32 on this machine` };
}
