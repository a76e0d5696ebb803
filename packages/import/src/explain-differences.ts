import { printable } from '@dmnn/foundation';
import { type Architecture, headLayers } from '@dmnn/architecture';
import type { Weights } from '@dmnn/weights';

/** What unexpected tensors reveal about their network. */
const foreign: readonly (readonly [RegExp, string])[] = [
  [
    /^conv1\.\d+\.weight$/,
    "a stem of several convolutions, as in timm's resnet50c, d, s and t; ours has one 7×7 convolution",
  ],
  [/\.downsample\.2\./, "shortcuts with average pooling, as in timm's resnet50d; ours have none"],
  [/^maxpool\./, 'a stem that downsamples with a convolution; ours has a max pool'],
  [/\.(?:se|attn|eca|fc1|fc2)\./, 'channel attention (squeeze and excitation or similar); ours has none'],
  [/(?:conv\w*|downsample\.0)\.bias$/, 'convolutions with a bias; ours have a batch norm instead'],
  [/^(?:stem|stages|head)\./, "a network of another family, such as timm's resnetv2 or regnet"],
  [/^(?:aux_?\w*|AuxLogits|heads?)\./i, 'another head in addition to the classifier'],
];

/**
 * Likely explanations of differences: another variant of the network, another number of classes, other contents.
 *
 * @param expected - their names that were expected
 * @param unexpected - their names that were not expected
 */
export function explainDifferences(
  architecture: Architecture,
  tensors: Weights,
  expected: readonly string[],
  unexpected: readonly string[],
  prefix: string,
): string[] {
  return [
    ...outsideHint(tensors, expected, unexpected, prefix),
    ...foreignHints(unexpected, prefix),
    ...statisticsHint(tensors, expected),
    ...missingBiasHint(tensors, expected),
    ...headNormHint(unexpected),
    ...headHint(architecture, expected, unexpected, prefix),
    ...classesHint(architecture, tensors, expected),
  ];
}

/** The network is there, and so is something else: the state of an optimiser, another network. */
function outsideHint(
  tensors: Weights,
  expected: readonly string[],
  unexpected: readonly string[],
  prefix: string,
): string[] {
  const outside = unexpected.filter((name) => !name.startsWith(prefix)).length;
  if (outside === 0 || outside < unexpected.length || !expected.every((name) => tensors.has(name))) return [];
  return [
    `All tensors of the network begin with '${printable(prefix)}': set the prefix (--prefix ${printable(prefix)}) to leave out the ${outside} others.`,
  ];
}

function foreignHints(unexpected: readonly string[], prefix: string): string[] {
  const names = unexpected.map((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name));
  const found = foreign.filter(([pattern]) => names.some((name) => pattern.test(name)));
  return found.map(
    ([, what]) => `The file has ${what}. Such a network computes another function and cannot be imported.`,
  );
}

function statisticsHint(tensors: Weights, expected: readonly string[]): string[] {
  const lacking = expected.some((name) => {
    const norm = /^(.*\.)running_mean$/.exec(name)?.[1];
    return norm !== undefined && !tensors.has(name) && tensors.has(`${norm}weight`);
  });
  return lacking
    ? [
        'Norms in the file have no running statistics: they are another kind of norm (group norm), or batch norm without tracking.',
      ]
    : [];
}

/** Linear layers without a bias: `nn.Linear(…, bias=False)`. */
function missingBiasHint(tensors: Weights, expected: readonly string[]): string[] {
  const lacking = expected.filter((name) => {
    const layer = /^(.*)\.bias$/.exec(name)?.[1];
    return layer !== undefined && !tensors.has(name) && tensors.get(`${layer}.weight`)?.shape.length === 2;
  });
  if (lacking.length === 0) return [];
  const names = lacking.slice(0, 3).map((name) => printable(name, 60));
  return [
    `Linear layers in the file have no bias: save zeros as ${names.join(', ')}, which is the same function.`,
  ];
}

/** A batch norm between the linear layers of a head. */
function headNormHint(unexpected: readonly string[]): string[] {
  const norms = unexpected.flatMap((name) => {
    const layer = /^(.*)\.running_mean$/.exec(name)?.[1];
    return layer !== undefined && /(?:^|\.)(?:fc|_fc|linear|classifier|head)(?:\.|$)/.test(layer)
      ? [layer]
      : [];
  });
  if (norms.length === 0) return [];
  return [
    `The file's head has a batch norm (${norms
      .slice(0, 3)
      .map((name) => printable(name, 60))
      .join(
        ', ',
      )}), which heads here have not: fold it into the linear layer next to it (torch.nn.utils.fusion.fuse_linear_bn_eval where it follows one), and save the weights again.`,
  ];
}

/** The file's head has more linear layers than the architecture's. */
function headHint(
  { head }: Architecture,
  expected: readonly string[],
  unexpected: readonly string[],
  prefix: string,
): string[] {
  const linear = expected.find((name) =>
    /^(?:fc|_fc|linear|classifier)[.\d]*\.weight$/.test(name.slice(prefix.length)),
  );
  const [base = ''] = linear?.slice(prefix.length).split('.') ?? [];
  const inFile = unexpected.filter(
    (name) => name.startsWith(`${prefix}${base}.`) && /\.\d+\.weight$/.test(name),
  );
  if (base === '' || inFile.length < 2) return [];
  return [
    `The file's head has ${inFile.length} linear layers (${inFile
      .map((name) => printable(name, 60))
      .slice(0, 4)
      .join(
        ', ',
      )}), the architecture's ${headLayers(head).length}: leave the model out (--model) to have it recognised.`,
  ];
}

function classesHint({ name, head }: Architecture, tensors: Weights, expected: readonly string[]): string[] {
  const weights = expected.flatMap((each) => tensors.get(each) ?? []);
  const matrix = weights.find(
    ({ shape }) => shape.length === 2 && shape[1] === headLayers(head).at(-1)?.inputs,
  );
  const classes = matrix?.shape[0];
  if (classes === undefined || classes === head.classes) return [];
  return [
    `The file has ${classes} classes and ${name} ${head.classes}: create it with as many (--classes ${classes}).`,
  ];
}
