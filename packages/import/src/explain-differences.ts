import type { Architecture } from '@dmnn/architecture';
import type { Weights } from '@dmnn/weights';

/** What tensors that nobody expects say about the network they belong to. */
const foreign: readonly (readonly [RegExp, string])[] = [
  [
    /^conv1\.\d+\.weight$/,
    "a stem of several convolutions, as timm's resnet50c, d, s and t; ours is one of 7×7",
  ],
  [/\.downsample\.2\./, "shortcuts with an average pooling, as timm's resnet50d; ours have none"],
  [/^maxpool\./, 'a stem that shrinks the image by a convolution; ours takes a maximum'],
  [/\.(?:se|attn|eca|fc1|fc2)\./, 'channel attention (squeeze and excitation or its like); ours has none'],
  [/(?:conv\w*|downsample\.0)\.bias$/, 'convolutions with a bias; ours have a batch norm instead'],
  [/^(?:stem|stages|head)\./, "a network of another family, as timm's resnetv2 or regnet"],
  [/^(?:aux_?\w*|AuxLogits|heads?)\./i, 'another head beside the classifier'],
];

/**
 * What differences probably mean: another variant of the network, another number of classes, a prefix.
 *
 * @param expected - names of theirs that were looked for
 * @param unexpected - names of theirs that nobody expects
 */
export function explainDifferences(
  architecture: Architecture,
  tensors: Weights,
  expected: readonly string[],
  unexpected: readonly string[],
  prefix: string,
): string[] {
  return [
    ...prefixHint(tensors, expected, prefix),
    ...foreignHints(unexpected, prefix),
    ...statisticsHint(tensors, expected),
    ...classesHint(architecture, tensors, expected),
  ];
}

function prefixHint(tensors: Weights, expected: readonly string[], prefix: string): string[] {
  const [name = ''] = tensors.keys();
  const first = name.slice(0, name.indexOf('.') + 1);
  if (prefix !== '' || first === '') return [];
  const found = (before: string) => expected.filter((each) => tensors.has(before + each)).length;
  if (found(first) <= found('')) return [];
  return [`The names in the file begin with '${first}': say so by the prefix (--prefix ${first}).`];
}

function foreignHints(unexpected: readonly string[], prefix: string): string[] {
  const names = unexpected.map((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name));
  const found = foreign.filter(([pattern]) => names.some((name) => pattern.test(name)));
  return found.map(
    ([, what]) => `The file has ${what}. Such a network computes something else and cannot be imported.`,
  );
}

function statisticsHint(tensors: Weights, expected: readonly string[]): string[] {
  const lacking = expected.some((name) => {
    const norm = /^(.*\.)running_mean$/.exec(name)?.[1];
    return norm !== undefined && !tensors.has(name) && tensors.has(`${norm}weight`);
  });
  return lacking
    ? [
        'Norms in the file have no running statistics: it is another norm (group norm), or batch norm without tracking.',
      ]
    : [];
}

function classesHint({ name, head }: Architecture, tensors: Weights, expected: readonly string[]): string[] {
  const weights = expected.flatMap((each) => tensors.get(each) ?? []);
  const matrix = weights.find(({ shape }) => shape.length === 2 && shape[1] === head.inFeatures);
  const classes = matrix?.shape[0];
  if (classes === undefined || classes === head.classes) return [];
  return [
    `The file has ${classes} classes and ${name} ${head.classes}: make it with as many (--classes ${classes}).`,
  ];
}
