import { gatedBlocks } from '@dmnn/architecture';
import { assertRecord, kindOf } from '@dmnn/foundation';
import { type NetworkData, constantGates, thresholdedGates } from '@dmnn/weights';

/**
 * How a network is used: a width of a slimmable network, or of one with gates the probability from which they open (what a
 * budget comes to), or the same gates for every image. One checkpoint at two settings is two networks of a cascade.
 */
export type NetworkSetting = { readonly width: number } | GateSetting;

/** What decides about gates in place of the controllers as trained. */
export type GateSetting =
  | {
      /** Probability from which a gate opens, in [0, 1]; as trained, 0.5. */
      readonly threshold: number;
    }
  | {
      /** `[l][n]`: whether sub-block n of gated block l runs; or every one. */
      readonly pattern: readonly (readonly boolean[])[] | 'all';
    };

/**
 * A network with other decisions about its gates: a network of its own, which everything takes that takes networks.
 * Controllers still run, and are counted. Its weights are those of the network, but for the last layers of controllers.
 *
 * @param network - with gates; may be at another setting of its gates, which is not undone
 * @returns the same with its `setting`, by which {@link saveCascade} names it
 * @throws RangeError if the network has no gates, or the threshold or pattern does not fit; WeightsError if weights do not fit
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { cascade, withGates } from '@dmnn/runs';
 * import { initialWeights } from '@dmnn/weights';
 *
 * const architecture = createArchitecture('dmnn-cifar-resnet8-n2', { classes: 10 });
 * const weights = initialWeights(architecture, { seed: 1 });
 * const normalisation = { channelMeans: [0.5, 0.5, 0.5], channelDeviations: [0.25, 0.25, 0.25] };
 * const network = { architecture, weights, ...normalisation };
 * const { parts } = cascade([withGates(network, { threshold: 0.9 }), withGates(network, { pattern: 'all' })], {
 *   thresholds: [0.8],
 * });
 * console.log(JSON.stringify(parts.map(({ setting }) => setting))); // => [{"threshold":0.9},{"pattern":"all"}]
 * ```
 */
export function withGates<Network extends NetworkData>(
  network: Network,
  setting: GateSetting,
): Network & { readonly setting: GateSetting } {
  assertRecord('setting', setting, 'an object with threshold or pattern');
  const given = Object.keys(setting);
  if (given.length !== 1 || !['threshold', 'pattern'].includes(given[0] as string))
    throw new RangeError(
      `setting: expected either threshold or pattern, got ${given.join(', ') || 'nothing'}`,
    );
  const { architecture } = network;
  const blocks = gatedBlocks(architecture);
  if (blocks.length === 0)
    throw new RangeError(
      `setting: expected a network with gates, got ${architecture.name}, which decides nothing. Leave the setting out.`,
    );
  if ('threshold' in setting) {
    const { weights } = thresholdedGates(network, setting.threshold);
    return { ...network, weights, setting };
  }
  const rows =
    setting.pattern === 'all' ? blocks.map(({ block }) => block.subBlocks.map(() => true)) : setting.pattern;
  if (!Array.isArray(rows))
    throw new RangeError(`pattern: expected a list for each gated block, or 'all', got ${kindOf(rows)}`);
  const { weights } = constantGates(network, rows as readonly (readonly boolean[])[]);
  return { ...network, weights, setting };
}

/**
 * A setting as a command line writes it after the network: `@width=0.5`, `@threshold=0.63`, `@pattern=10,11`.
 *
 * @example
 * ```ts
 * import { settingText } from '@dmnn/runs';
 *
 * console.log(settingText({ pattern: [[true, false], [true, true]] })); // => @pattern=10,11
 * ```
 */
export function settingText(setting: NetworkSetting): string {
  if ('width' in setting) return `@width=${setting.width}`;
  if ('threshold' in setting) return `@threshold=${Number(setting.threshold.toPrecision(4))}`;
  return `@pattern=${patternText(setting.pattern)}`;
}

type Pattern = Extract<GateSetting, { readonly pattern: unknown }>['pattern'];

/** A pattern as text: `10,11`, a word for each gated block with a digit for each of its sub-blocks, 1 for open; or `all`. */
export function patternText(pattern: Pattern): string {
  return pattern === 'all' ? pattern : pattern.map((row) => row.map(Number).join('')).join(',');
}

/** The pattern of a text of {@link patternText}; other digits count as closed. */
export function patternOfText(text: string): Pattern {
  return text === 'all' ? text : text.split(',').map((word) => Array.from(word, (digit) => digit === '1'));
}

/**
 * What the networks of a cascade are called: by their architectures, those at a setting with it, and those that would still
 * be called the same by their folders, too.
 *
 * @returns `[part]`
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { partNames } from '@dmnn/runs';
 *
 * const architecture = createArchitecture('cifar-resnet8');
 * const parts = ['runs/a', 'runs/b'].map((folder) => ({ architecture, source: { folder } }));
 * console.log(partNames(parts).join(', ')); // => cifar-resnet8 (runs/a), cifar-resnet8 (runs/b)
 * ```
 */
export function partNames(
  parts: readonly (Pick<NetworkData, 'architecture'> & {
    readonly setting?: NetworkSetting | undefined;
    readonly source?: { readonly folder: string } | undefined;
  })[],
): string[] {
  const short = parts.map(({ architecture: { name }, setting }) =>
    // a narrow network's name says its width
    setting === undefined || 'width' in setting ? name : `${name}${settingText(setting)}`,
  );
  const isShared = (name: string): boolean => short.filter((each) => each === name).length > 1;
  const long = short.map((name, at) => {
    const folder = parts[at]?.source?.folder;
    return isShared(name) && folder !== undefined ? `${name} (${folder})` : name;
  });
  // the same folder twice, or networks without one
  return long.map((name, at) =>
    long.some((other, index) => other === name && index !== at) ? `${name} #${at + 1}` : name,
  );
}
