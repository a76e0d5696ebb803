import { closestName, kindOf, parseJson } from '@dmnn/foundation';
import type { NetworkData } from '@dmnn/weights';
import { engineError } from '../errors/engine-error.js';
import { architectureFingerprint, weightsFingerprint } from './weights-fingerprint.js';

/** The site of the image, the first that is observed. */
export const IMAGE_SITE = 'image';

const FORMAT = 'dmnn quantisation';
const VERSION = 1;

/** How often a precision gave what float32 gave, on images that no range was taken from. */
export interface Agreement {
  /** Share of the images whose likeliest class is the same. */
  readonly sameClass: number;
  /** Share of the gates that are the same; 1 if there are none. */
  readonly sameGates: number;
}

/** What 8 bits need to know of a network: ranges of its numbers, observed on images. Plain data. */
export interface Quantisation {
  /** The architecture's name. */
  readonly network: string;
  /** SHA-256 of the weights, in hexadecimal: it fits no others. */
  readonly weights: string;
  /**
   * SHA-256 of what is in no weight (strides, padding, ε, activations), in hexadecimal. Absent in files of before it was written,
   * which fit whatever has the weights.
   */
  readonly architecture?: string | undefined;
  /** Images whose numbers were observed. */
  readonly images: number;
  /** Share of the magnitudes that a range covers. */
  readonly percentile: number;
  /** Largest magnitude of each site: the image, and units and blocks by their paths. */
  readonly ranges: Readonly<Record<string, number>>;
  /** What was found on other images; absent if nothing was compared. */
  readonly heldOut?:
    | {
        readonly images: number;
        readonly int8: Agreement;
        /** Absent where the processor has no bfloat16. */
        readonly bf16?: Agreement | undefined;
      }
    | undefined;
}

/** A quantisation as the text of its file, JSON. {@link parseQuantisation} reads it. */
export function quantisationText(quantisation: Quantisation): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, ...quantisation }, null, 2)}\n`;
}

/**
 * Reads the file of a quantisation.
 *
 * @param contents - its text, or its bytes
 * @param what - the file's name, for messages
 * @throws JsonError if it is not JSON; DmnnError `DMNN_ENGINE` if it is no quantisation, or of another version
 */
export function parseQuantisation(contents: string | Uint8Array, what = 'quantisation'): Quantisation {
  const { format, version, ...rest } = new Fields(parseJson(contents, { what }), what, [
    'format',
    'version',
    'network',
    'weights',
    'architecture',
    'images',
    'percentile',
    'ranges',
    'heldOut',
  ]).values;
  if (format !== FORMAT) throw damaged(`${what}: format`, `'${FORMAT}'`, format);
  if (version !== VERSION) {
    throw engineError(
      `${what}: version: expected ${VERSION}, got ${String(version)}`,
      'Quantise the network again, or read the file with the version of dmnn that wrote it.',
    );
  }
  return checkedQuantisation(rest, what);
}

/**
 * A quantisation that holds what its type says.
 *
 * @throws DmnnError `DMNN_ENGINE`
 */
export function checkedQuantisation(given: unknown, what = 'quantisation'): Quantisation {
  const keys = ['network', 'weights', 'architecture', 'images', 'percentile', 'ranges', 'heldOut'];
  const { values } = new Fields(given, what, keys);
  const { network, weights, architecture, images, percentile, ranges, heldOut } = values;
  if (typeof network !== 'string') throw damaged(`${what}: network`, 'a name', network);
  if (!isSha256(weights)) throw damaged(`${what}: weights`, 'a SHA-256 in hexadecimal', weights);
  if (architecture !== undefined && !isSha256(architecture))
    throw damaged(`${what}: architecture`, 'a SHA-256 in hexadecimal', architecture);
  assertCount(`${what}: images`, images);
  assertShare(`${what}: percentile`, percentile);
  const of = new Fields(ranges, `${what}: ranges`).values;
  for (const [site, range] of Object.entries(of)) {
    if (typeof range === 'number' && range >= 0 && Math.fround(range) < Infinity) continue;
    throw damaged(`${what}: ranges: ${site}`, 'a number from 0 on', range);
  }
  const checked = {
    ...{ network, weights },
    ...(architecture === undefined ? {} : { architecture }),
    ...{ images, percentile, ranges: of as Record<string, number> },
  };
  return heldOut === undefined
    ? checked
    : { ...checked, heldOut: checkedHeldOut(heldOut, `${what}: heldOut`) };
}

function checkedHeldOut(given: unknown, what: string): NonNullable<Quantisation['heldOut']> {
  const { images, int8, bf16 } = new Fields(given, what, ['images', 'int8', 'bf16']).values;
  assertCount(`${what}: images`, images);
  const wide = bf16 === undefined ? {} : { bf16: checkedAgreement(bf16, `${what}: bf16`) };
  return { images, int8: checkedAgreement(int8, `${what}: int8`), ...wide };
}

function checkedAgreement(given: unknown, what: string): Agreement {
  const { sameClass, sameGates } = new Fields(given, what, ['sameClass', 'sameGates']).values;
  assertShare(`${what}: sameClass`, sameClass);
  assertShare(`${what}: sameGates`, sameGates);
  return { sameClass, sameGates };
}

/**
 * Requires a quantisation to be of this network and these weights, as {@link openEngine} does.
 *
 * @throws DmnnError `DMNN_ENGINE` if the name, the architecture or the weights are others
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { assertQuantisationFits, locateEngine, quantiseNetwork } from '@dmnn/engine';
 * import { initialWeights } from '@dmnn/weights';
 *
 * const architecture = createArchitecture('cifar-resnet8', { classes: 10 });
 * const [own, other] = [1, 2].map((seed) => ({ architecture, weights: initialWeights(architecture, { seed }) }));
 * if (own && other && locateEngine().path !== undefined) {
 *   const quantisation = await quantiseNetwork(own, [new Float32Array(32 * 32 * 3).fill(0.5)]);
 *   assertQuantisationFits(quantisation, own);
 *   try {
 *     assertQuantisationFits(quantisation, other);
 *   } catch (error) {
 *     console.log((error as { code?: string }).code); // => DMNN_ENGINE
 *   }
 * }
 * ```
 */
export function assertQuantisationFits(quantisation: Quantisation, network: NetworkData): void {
  const { name } = network.architecture;
  if (quantisation.network !== name) {
    throw engineError(
      `quantisation: expected one of ${name}, got one of ${quantisation.network}`,
      'Quantise this network.',
    );
  }
  const weights = weightsFingerprint(network.weights);
  if (quantisation.weights === weights) {
    const { architecture = architectureFingerprint(network.architecture) } = quantisation;
    if (architecture === architectureFingerprint(network.architecture)) return;
    throw engineError(
      `quantisation: expected one of this architecture of ${name}, got one of another with the same weights: other strides, padding, ε or activations`,
      'Quantise this network.',
    );
  }
  throw engineError(
    `quantisation: expected one of these weights of ${name} (SHA-256 ${weights.slice(0, 12)}…), got one of others (${quantisation.weights.slice(0, 12)}…)`,
    'Quantise the network again: its weights have changed.',
  );
}

/** The fields of an object, all of them known. */
class Fields {
  readonly values: Readonly<Record<string, unknown>>;

  /** @param keys - undefined: any */
  constructor(given: unknown, what: string, keys?: readonly string[]) {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw damaged(what, 'an object', given);
    }
    this.values = given as Record<string, unknown>;
    const unknown = keys && Object.keys(given).find((key) => !keys.includes(key));
    if (keys === undefined || unknown === undefined) return;
    const near = closestName(unknown, keys);
    throw engineError(
      `${what}: expected ${keys.join(', ')}, got '${unknown}'`,
      near === undefined ? REMEDY : `Do you mean ${near}?`,
    );
  }
}

function isSha256(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

const REMEDY = 'Quantise the network again.';

function damaged(what: string, expected: string, got: unknown): Error {
  const text = typeof got === 'string' ? `'${got.slice(0, 80)}'` : kindOf(got);
  return engineError(`${what}: expected ${expected}, got ${text}`, REMEDY);
}

function assertCount(what: string, value: unknown): asserts value is number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  throw damaged(what, 'a whole number from 1 on', value);
}

function assertShare(what: string, value: unknown): asserts value is number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return;
  throw damaged(what, 'a share from 0 to 1', value);
}
