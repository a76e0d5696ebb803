import {
  type CascadeSettings,
  type Combination,
  type ConfidenceMeasure,
  combinations,
  confident,
} from '@dmnn/confidence';
import { DmnnError, assertList, kindOf } from '@dmnn/foundation';
import type { Model } from '../model/model.js';

/**
 * Networks that are run one after the other, each only for the images of which those before it are not sure enough; or one
 * network with exits, in which the same goes for what follows an exit.
 */
export interface Cascade<Part extends Model = Model> {
  /** In their order, each with its own preprocessing. */
  readonly parts: readonly Part[];
  /** Of all stages: {@link cascadeStages}. */
  readonly settings: CascadeSettings;
}

/** Where a stage of a cascade answers. */
export interface CascadePlace {
  /** Index of the network. */
  readonly part: number;
  /** Index of its exit; undefined: at its head. */
  readonly exit?: number | undefined;
}

/** Options of {@link cascade}. */
export interface CascadeOptions {
  /** One for each stage except the last, from 0 (all images stop) to 1. */
  readonly thresholds: readonly number[];
  /** Whose probabilities answer. @defaultValue 'mean' */
  readonly combine?: Combination | undefined;
  /** @defaultValue 'probability' */
  readonly by?: ConfidenceMeasure | undefined;
  /** One for each stage, as calibrated. @defaultValue 1 for each */
  readonly temperatures?: readonly number[] | undefined;
}

/**
 * The stages of a cascade, at each of which an image may stop: of each network its exits, in their order, then its head.
 *
 * @example
 * ```ts
 * import { withExits } from '@dmnn/architecture';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { cascadeStages } from '@dmnn/runs';
 *
 * const small = withExits(createArchitecture('cifar-resnet8'), { exits: [0] });
 * const large = createArchitecture('cifar-resnet14');
 * const stages = cascadeStages([{ architecture: small }, { architecture: large }]);
 * console.log(stages.map(({ part, exit }) => `${part}:${exit ?? 'head'}`).join(' ')); // => 0:0 0:head 1:head
 * ```
 */
export function cascadeStages(parts: readonly Pick<Model, 'architecture'>[]): CascadePlace[] {
  return parts.flatMap(({ architecture: { exits = [] } }, part) => [
    ...exits.map((_, exit) => ({ part, exit })),
    { part },
  ]);
}

/**
 * A cascade of networks with the same classes, as plain data. Their preprocessing may differ: each has its own means,
 * deviations and image size.
 *
 * @throws DmnnError `DMNN_CASCADE` if networks differ in classes or in their order; those without class names are compared by
 *   number alone
 * @throws RangeError if there are fewer than two stages, or thresholds or temperatures do not fit them
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { cascade } from '@dmnn/runs';
 * import { initialWeights } from '@dmnn/weights';
 *
 * const network = (name: string) => {
 *   const architecture = createArchitecture(name, { classes: 10 });
 *   const weights = initialWeights(architecture, { seed: 1 });
 *   return { architecture, weights, channelMeans: [0.5, 0.5, 0.5], channelDeviations: [0.25, 0.25, 0.25] };
 * };
 * const { settings } = cascade([network('cifar-resnet8'), network('cifar-resnet14')], { thresholds: [0.8] });
 * console.log(settings.combine, settings.temperatures); // => mean [ 1, 1 ]
 * ```
 */
export function cascade<Part extends Model>(parts: readonly Part[], options: CascadeOptions): Cascade<Part> {
  assertList('parts', parts, 'a list of networks');
  const stages = cascadeStages(parts);
  if (stages.length < 2)
    throw new RangeError(`parts: expected at least two networks, or one with exits, got ${parts.length}`);
  const { thresholds, combine = 'mean', by = 'probability', temperatures = stages.map(() => 1) } = options;
  assertSameClasses(parts);
  assertCount('thresholds', thresholds, stages.length - 1, 'one for each stage except the last');
  assertCount('temperatures', temperatures, stages.length, 'one for each stage');
  for (const [index, threshold] of thresholds.entries()) {
    try {
      confident({ threshold, by });
    } catch (error) {
      throw error instanceof RangeError && error.message.startsWith('threshold')
        ? new RangeError(`thresholds[${index}]: ${error.message.slice('threshold: '.length)}`)
        : error;
    }
  }
  const wrong = temperatures.findIndex((each) => !(Number.isFinite(each) && each > 0));
  if (wrong >= 0)
    throw new RangeError(`temperatures[${wrong}]: expected a number > 0, got ${kindOf(temperatures[wrong])}`);
  if (!combinations.some((each) => each === combine))
    throw new RangeError(`combine: expected 'last' or 'mean', got ${combine}`);
  return { parts, settings: { by, combine, temperatures: [...temperatures], thresholds: [...thresholds] } };
}

/**
 * Checks that networks have the same classes in the same order, by name where names are known.
 *
 * @throws DmnnError `DMNN_CASCADE`
 */
export function assertSameClasses(parts: readonly Model[]): void {
  const [first, ...others] = parts;
  if (!first) return;
  for (const other of others) {
    const [classes, own] = [first, other].map(({ architecture }) => architecture.head.classes);
    if (own !== classes) {
      throw cascadeError(
        `expected the ${classes ?? 0} classes of ${first.architecture.name}, got ${own ?? 0} of ${other.architecture.name}`,
        'Networks of a cascade answer the same question.',
      );
    }
    const names = parts.find(({ classNames }) => classNames)?.classNames;
    const differing =
      other.classNames && names ? other.classNames.findIndex((name, at) => name !== names[at]) : -1;
    if (differing < 0) continue;
    throw cascadeError(
      `expected class ${differing} to be ${JSON.stringify(names?.[differing])}, got ${JSON.stringify(other.classNames?.[differing])} of ${other.architecture.name}`,
      'Networks of a cascade have the same classes in the same order: train or import the network with them.',
    );
  }
}

function assertCount(name: string, values: readonly number[], count: number, what: string): void {
  assertList(name, values, 'a list of numbers');
  if (values.length !== count)
    throw new RangeError(`${name}: expected ${count}, ${what}, got ${values.length}`);
}

function cascadeError(problem: string, remedy: string): DmnnError {
  return new DmnnError('DMNN_CASCADE', `cascade: ${problem}. ${remedy}`);
}
