import { type Architecture, inferShapes } from '@dmnn/architecture';
import { computedText } from '@dmnn/architecture/internal';
import { closestName } from '@dmnn/foundation';
import type { Weights } from '@dmnn/weights';
import { fingerprintParts } from '@dmnn/weights/internal';

/**
 * What files of 8 bits need to know of a network: the ranges of its numbers, observed on images. A `Quantisation` of
 * `@dmnn/engine` is one: `quantiseNetwork` finds it, `dmnn quantize` writes it.
 */
export interface ExportQuantisation {
  /** The architecture's name. */
  readonly network: string;
  /** SHA-256 of the weights, in hexadecimal: it fits no others. */
  readonly weights: string;
  /** SHA-256 of what is in no weight: strides, padding, ε, activations. Absent in files of before. */
  readonly architecture?: string | undefined;
  /** Largest magnitude of each site: the image, and units and blocks by their paths. */
  readonly ranges: Readonly<Record<string, number>>;
}

/** Lists what is wrong with a quantisation for a network, one line each. */
export function quantisationProblems(
  architecture: Architecture,
  weights: Weights,
  quantisation: ExportQuantisation,
): string[] {
  const given = quantisation as unknown;
  if (typeof given !== 'object' || given === null) {
    return [`quantisation: expected what quantiseNetwork of @dmnn/engine gives, got ${typeof given}`];
  }
  const {
    network,
    weights: digest,
    architecture: computed,
    ranges,
  } = given as { readonly [key: string]: unknown };
  if (network !== architecture.name) {
    return [`quantisation: expected one of ${architecture.name}, got one of ${String(network)}`];
  }
  if (typeof ranges !== 'object' || ranges === null) {
    return [`quantisation.ranges: expected ranges by their sites, got ${typeof ranges}`];
  }
  const own = sha256(fingerprintParts(weights));
  if (own === undefined) {
    return ['quantisation: expected Node.js, where it is compared with the weights, got a browser'];
  }
  if (digest !== own) {
    return [
      `quantisation: expected one of these weights (SHA-256 ${own.slice(0, 12)}…), got one of others (${String(digest).slice(0, 12)}…)`,
    ];
  }
  if (computed !== undefined && computed !== sha256([computedText(architecture)])) {
    return [
      `quantisation: expected one of this architecture of ${architecture.name}, got one of another with the same weights: other strides, padding, ε or activations`,
    ];
  }
  return rangeProblems(architecture, ranges as Readonly<Record<string, unknown>>);
}

function rangeProblems(architecture: Architecture, ranges: Readonly<Record<string, unknown>>): string[] {
  const isRange = (value: unknown) =>
    typeof value === 'number' && value >= 0 && Math.fround(value) < Infinity;
  const wrong = Object.entries(ranges).find(([, value]) => !isRange(value));
  if (wrong) return [`quantisation.ranges.${wrong[0]}: expected a number from 0 on, got ${String(wrong[1])}`];
  const lacking = requiredSites(architecture).filter((site) => !Object.hasOwn(ranges, site));
  return lacking.map((site) => {
    const near = closestName(site, Object.keys(ranges));
    return `quantisation.ranges: expected the range of ${site}, got none${near === undefined ? '' : `, but ${near}`}`;
  });
}

/** Sites whose range a file cannot do without. */
function requiredSites(architecture: Architecture): string[] {
  const units = (path: string, count: number) => Array.from({ length: count }, (_, k) => `${path}.unit${k}`);
  const blocks = inferShapes(architecture).blocks.flatMap(({ path, block }) => [
    ...block.subBlocks.flatMap((each, n) => units(`${path}.subblock${n}`, each.units.length - 1)),
    ...(block.shortcut.kind === 'identity' ? [] : [path]),
  ]);
  const { stem, head } = architecture;
  return [IMAGE_SITE, ...units('stem', stem.units.length), ...blocks, ...units('head', head.units.length)];
}

/** Site of the image. */
export const IMAGE_SITE = 'image';

/** SHA-256, as the quantisation has it; undefined where there is no Node.js. */
function sha256(parts: Iterable<string | Uint8Array>): string | undefined {
  if (typeof process === 'undefined') return undefined;
  // no import: this module also runs in browsers
  const node = process as { getBuiltinModule?: (typeof process)['getBuiltinModule'] };
  const crypto = node.getBuiltinModule?.('node:crypto');
  if (!crypto) return undefined;
  const hash = crypto.createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
