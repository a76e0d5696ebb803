import { type Activation, type Architecture, validateArchitecture } from '@dmnn/architecture';
import { closestNames, printable } from '@dmnn/foundation';
import { type VariableSpec, type WeightTensor, type Weights, variableSpecs } from '@dmnn/weights';
import { explainDifferences } from './explain-differences.js';
import { type PrefixedSet, otherSets, prefixedSets } from './find-prefix.js';
import { ImportError } from './import-error.js';
import type { NameMap } from './name-map.js';
import { type NamesOf, nameMapOf, namingSchemes } from './name-map-of.js';
import { nameMapError } from './name-map-error.js';
import { wildcard } from './name-pattern.js';
import { fromPytorch, pytorchShape } from './pytorch-layout.js';
import { type ResolvedName, resolveNames } from './resolve-names.js';

/** Options of {@link importWeights}. */
export interface ImportOptions {
  /** The naming scheme of the tensors. @defaultValue that of `torchvision`, `timm`, `pytorch-cifar`, `efficientnet-pytorch` and `dmnn` which matches most of them */
  readonly names?: NamesOf | NameMap | undefined;
  /**
   * Prefix of the network's names, such as `module.`, or `ema.` in a file that has raw and averaged weights; empty for
   * none. Tensors without it are left out. @defaultValue found: the one after which the most names stand
   */
  readonly prefix?: string | undefined;
}

/** Options of {@link importTensorFile}. */
export interface ImportTensorFileOptions extends ImportOptions {
  /**
   * Activation between the linear layers of a head that has several, where the file decides how many.
   * @defaultValue relu, and `recognised.assumed` says so
   */
  readonly headActivation?: Activation | undefined;
  /**
   * What says how many linear layers the head has, if there is an architecture: it, or the file, of which the zoo's networks
   * know nothing. @defaultValue 'architecture'
   */
  readonly headOf?: 'architecture' | 'file' | undefined;
}

/** Imported weights. */
export interface ImportedWeights {
  /** Weights by our names and in our layouts, in the order of the variables. */
  readonly weights: Weights;
  /** The naming scheme of the tensors; `torchvision` if the names are the same in timm. */
  readonly names: NamesOf | 'map';
  /** The prefix of the names, given or found: `module.`; empty if there is none. */
  readonly prefix: string;
  /** Tensors that were left out: batch counters of batch norms, those that the map ignores, and `outsidePrefix`. */
  readonly ignored: readonly string[];
  /** Tensors that were left out since they do not have the given prefix, or have that of another set of weights. */
  readonly outsidePrefix: readonly string[];
}

/**
 * Imports the weights of a network from the tensors of an equivalent PyTorch network. Every variable must be present
 * with its shape, as finite float32, with variances ≥ 0, and there must be no other tensors; only
 * `num_batches_tracked` of imported batch norms is left out, and what is outside a prefix that you give.
 *
 * @param tensors - as returned by `readSafetensors`, in PyTorch's layouts: `[Cout, Cin / groups, k, k]`, `[out, in]`
 * @throws ArchitectureError if the architecture is invalid
 * @throws ImportError with every difference, similar names, and likely explanations; or if the file has several sets of
 *   the same weights and no prefix is given
 * @throws DmnnError `DMNN_NAME_MAP` if the map does not fit the architecture
 * @example
 * ```ts
 * import { importWeights } from '@dmnn/import';
 * import type { WeightTensor } from '@dmnn/weights';
 *
 * const architecture = {
 *   name: 'average-colour',
 *   imageSizePx: 32,
 *   inChannels: 3,
 *   stem: { units: [] },
 *   stages: [],
 *   head: { units: [], inFeatures: 3, classes: 2 },
 * };
 * const tensors = new Map<string, WeightTensor>([
 *   ['fc.weight', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
 *   ['fc.bias', { dtype: 'F32', shape: [2], data: Float32Array.of(7, 8) }],
 * ]);
 * const { weights } = importWeights(architecture, tensors, { names: { names: { 'head.linear': 'fc' } } });
 * console.log(weights.get('head.linear.weight')?.data.join()); // => 1,4,2,5,3,6
 * ```
 */
export function importWeights(
  architecture: Architecture,
  tensors: Weights,
  options: ImportOptions = {},
): ImportedWeights {
  const specs = variableSpecs(validateArchitecture(architecture));
  const { names, map, prefix, others } = chosenNames(architecture, specs, tensors, options);
  const resolved = resolvedNames(specs, names, map).map(({ spec, source }) => ({
    spec,
    source: prefix + source,
  }));
  const inside = ignoredNames(resolved, tensors, map);
  const known = new Set([...resolved.map(({ source }) => source), ...inside]);
  const unknown = [...tensors.keys()].filter((name) => !known.has(name));
  const isOutside = (name: string) =>
    options.prefix !== undefined &&
    (!name.startsWith(prefix) || others.some((other) => name.startsWith(other.prefix)));
  const outsidePrefix = unknown.filter(isOutside);
  const unexpected = unknown.filter((name) => !isOutside(name));
  const byShape = namesByShape(unknown, tensors);

  const problems = [
    ...resolved.flatMap((each) => tensorProblems(each, tensors, byShape, names)),
    ...unexpected.map((name) => `${printable(name)}: unexpected, got ${describe(tensors.get(name))}`),
  ];
  if (problems.length > 0) {
    const sources = resolved.map(({ source }) => source);
    const after = prefix === '' ? '' : ` after the prefix '${printable(prefix)}'`;
    throw new ImportError(
      `import: expected the tensors of ${architecture.name} by ${whoseNames[names]} names${after}, got:`,
      problems,
      explainDifferences(architecture, tensors, sources, unexpected, prefix),
    );
  }
  const weights = new Map<string, WeightTensor>();
  for (const { spec, source } of resolved) {
    const { name, shape } = spec;
    const theirs = tensors.get(source)?.data as Float32Array;
    const data = names === 'dmnn' ? theirs.slice() : fromPytorch(theirs, shape);
    weights.set(name, { dtype: 'F32', shape, data });
  }
  return { weights, names, prefix, ignored: [...inside, ...outsidePrefix], outsidePrefix };
}

const whoseNames: { readonly [names in NamesOf | 'map']: string } = {
  torchvision: "torchvision's",
  timm: "timm's",
  'pytorch-cifar': "pytorch-cifar's",
  'efficientnet-pytorch': "efficientnet-pytorch's",
  dmnn: 'our own',
  map: "the map's",
};

/** How the tensors of a file are named. */
interface ChosenNames {
  readonly names: NamesOf | 'map';
  readonly map: NameMap;
  readonly prefix: string;
  /** Other sets of the same names; empty unless a prefix was given. */
  readonly others: readonly PrefixedSet[];
}

/** The given or named map, or the one that matches the most tensors, with the prefix after which they stand. */
function chosenNames(
  architecture: Architecture,
  specs: readonly VariableSpec[],
  tensors: Weights,
  { names, prefix }: ImportOptions,
): ChosenNames {
  const maps = candidateMaps(architecture, tensors, names).map(({ whose, map }) => {
    const sources = resolvedNames(specs, whose, map).map(({ source }) => source);
    const patterns = (map.ignored ?? []).map(wildcard);
    const counting = [...tensors.keys()].filter((name) => !patterns.some((pattern) => pattern.test(name)));
    const [likeliest] = prefixedSets(counting, sources);
    const best: PrefixedSet =
      prefix === undefined
        ? (likeliest ?? { prefix: '', found: 0 })
        : { prefix, found: sources.filter((source) => tensors.has(prefix + source)).length };
    return { names: whose, map, sources, counting, ...best };
  });
  maps.sort((a, b) => b.found - a.found); // stable: torchvision first if both match equally
  const [best] = maps;
  const isOthers = best?.names === 'dmnn' && best.found === 0 && names === undefined;
  if (!best || isOthers) {
    throw new ImportError(
      `import: expected an undivided ResNet, ResNeXt or MobileNetV2, as in torchvision and timm, got ${architecture.name}.`,
      [],
      ['Import the undivided network, or pass a name map for your own network.'],
    );
  }
  const others = otherSets(best.counting, best.sources, best.prefix);
  if (prefix === undefined && others.length > 0)
    throw severalSets(architecture, [best, ...others], best.sources.length);
  return { ...best, others };
}

/** Our own names are their own sources; a map of them would be looked through for each. */
function resolvedNames(specs: readonly VariableSpec[], names: NamesOf | 'map', map: NameMap): ResolvedName[] {
  return names === 'dmnn' ? specs.map((spec) => ({ spec, source: spec.name })) : resolveNames(specs, map);
}

function candidateMaps(
  architecture: Architecture,
  tensors: Weights,
  names: ImportOptions['names'],
): { readonly whose: NamesOf | 'map'; readonly map: NameMap }[] {
  if (typeof names === 'object') return [{ whose: 'map', map: names }];
  return (names ? [names] : namingSchemes).flatMap((whose) => {
    const map = nameMapOf(architecture, whose, tensors);
    return map ? [{ whose, map }] : [];
  });
}

function severalSets({ name }: Architecture, sets: readonly PrefixedSet[], all: number): ImportError {
  const quoted = sets.map(({ prefix }) => `'${printable(prefix, 100)}'`);
  return new ImportError(
    `import: expected one set of the tensors of ${name}, got ${sets.length}, as of raw and averaged (EMA) weights:`,
    sets.map(({ prefix, found }, i) =>
      prefix === ''
        ? `without a prefix: ${found} of ${all} tensors`
        : `after ${quoted[i] as string}: ${found} of ${all} tensors`,
    ),
    [
      `Choose one by its prefix: ${quoted
        .map((each) => `--prefix ${each}`)
        .slice(0, 5)
        .join(', or ')}.`,
    ],
  );
}

/** Batch counters of the imported batch norms, and tensors that the map ignores. */
function ignoredNames(
  resolved: readonly ResolvedName[],
  tensors: Weights,
  { ignored = [] }: NameMap,
): string[] {
  const counters = resolved
    .map(({ source }) => /^(.*\.)running_mean$/.exec(source)?.[1])
    .filter((norm) => norm !== undefined)
    .map((norm) => `${norm}num_batches_tracked`)
    .filter((name) => tensors.get(name)?.data.length === 1); // of any type: a cast to half converts it, too
  const sources = new Set(resolved.map(({ source }) => source));
  const problems: string[] = [];
  const named = ignored.flatMap((text) => {
    const pattern = wildcard(text);
    const fitting = [...tensors.keys()].filter((name) => pattern.test(name));
    if (fitting.length === 0)
      problems.push(`ignored: expected existing tensors, got ${printable(text)}, which matches none`);
    const wanted = fitting.find((name) => sources.has(name));
    if (wanted !== undefined)
      problems.push(
        `ignored: expected tensors that no variable needs, got ${printable(text)}, which matches ${printable(wanted)}`,
      );
    return fitting;
  });
  if (problems.length > 0) throw nameMapError(problems);
  return [...new Set([...counters, ...named])];
}

function tensorProblems(
  { spec, source }: ResolvedName,
  tensors: Weights,
  unknown: ReadonlyMap<string, readonly string[]>,
  names: NamesOf | 'map',
): string[] {
  const wanted = names === 'dmnn' ? spec.shape : pytorchShape(spec);
  const expected = `${spec.name}: expected ${printable(source)}, F32 [${wanted.join(', ')}]`;
  const tensor = tensors.get(source);
  if (!tensor) {
    const [near] = closestNames(source, unknown.get(wanted.join()) ?? [], 1);
    return [`${expected}, got nothing${near === undefined ? '' : `; did you mean ${printable(near)}?`}`];
  }
  const size = wanted.reduce((product, length) => product * length, 1);
  if (tensor.dtype !== 'F32' || !sameShape(tensor.shape, wanted))
    return [`${expected}, got ${describe(tensor)}`];
  if (tensor.data.length !== size) return [`${expected}, got ${tensor.data.length} numbers`];
  const lowest = spec.role === 'moving-variance' ? 0 : -Infinity;
  const at = tensor.data.findIndex((value) => !Number.isFinite(value) || value < lowest);
  if (at < 0) return [];
  const what = lowest === 0 ? 'finite numbers ≥ 0' : 'finite numbers';
  return [`${expected} of ${what}, got ${tensor.data[at] as number} at index ${at}`];
}

/** Names by the shape of their tensors, not all of them where they are very many: whoever reads a name knows it by then. */
function namesByShape(names: readonly string[], tensors: Weights): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const shape = tensors.get(name)?.shape.join() ?? '';
    const group = groups.get(shape);
    if (!group) groups.set(shape, [name]);
    else if (group.length < 200) group.push(name);
  }
  return groups;
}

function sameShape(shape: readonly number[] | undefined, wanted: readonly number[]): boolean {
  return shape?.length === wanted.length && shape.every((length, i) => length === wanted[i]);
}

function describe(tensor: WeightTensor | undefined): string {
  return tensor ? `${tensor.dtype} [${printable(tensor.shape.join(', '), 100)}]` : 'nothing';
}
