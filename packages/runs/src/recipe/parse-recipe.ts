import { z } from 'zod';
import { describeIssue } from './describe-issue.js';
import type { Recipe } from './recipe.js';
import { RecipeError } from './recipe-error.js';
import { policySchema } from './policy-recipe.js';

/**
 * Checks a recipe and fills in what it leaves out.
 *
 * @param value - plain data, as read from JSON; `name`, `model`, `epochs` and `batchSize` are required
 * @throws RecipeError listing every problem; an unknown key comes with the nearest known one
 * @example
 * ```ts
 * import { parseRecipe } from '@dmnn/runs';
 *
 * const recipe = parseRecipe({ name: 'mine', model: { name: 'cifar-resnet20' }, epochs: 5, batchSize: 128 });
 * console.log(recipe.optimiser.momentum, recipe.learningRate.kind); // => 0.9 cosine
 * ```
 */
export function parseRecipe(value: unknown): Recipe {
  const schema = recipeSchema();
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new RecipeError(
    subjectOf(value),
    result.error.issues.flatMap((issue) => describeIssue(issue, schema, value)),
  );
}

function subjectOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string'
    ? `recipe ${value.name}`
    : 'recipe';
}

/** The values allowed in `optimiser.decay`: `all`, or roles of variables of `@dmnn/network`. */
const decayRoles = [
  'all',
  'convolution',
  'dense-convolution',
  'linear',
  'bias',
  'gamma',
  'beta',
  'controller-weight',
  'controller-bias',
  'category-weight',
  'category-bias',
] as const;

/** Weights decay; batch norms and biases do not. */
const usualDecay = ['convolution', 'linear', 'controller-weight', 'category-weight'] as const;

/** The schema of a recipe, with its defaults. Built on demand: modules do no work at import. */
export function recipeSchema(): z.ZodType<Recipe> {
  const positiveInteger = z.int().min(1);
  const share = z.number().min(0).max(1);
  const rate = z.number().gt(0).lte(1);
  const finite = z.number().min(0);
  const warmUpEpochs = finite.default(0);

  const model = z.strictObject({
    name: z.string().min(1),
    subBlocks: positiveInteger.nullable().default(null),
    widths: z
      .union([z.enum(['paper', 'solver', 'share', 'lanes']), z.array(positiveInteger).min(1)])
      .nullable()
      .default(null),
    controller: z
      .discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('state'),
          hiddenUnits: positiveInteger.default(32),
          previousState: z.enum(['shared', 'per-block', 'none']).default('shared'),
          hiddenBias: z.boolean().default(false),
        }),
        z.strictObject({ kind: z.literal('squeeze'), hiddenUnits: positiveInteger.default(16) }),
        z.strictObject({
          kind: z.literal('recurrent'),
          embedUnits: positiveInteger.default(10),
          hiddenUnits: positiveInteger.default(10),
        }),
      ])
      .nullable()
      .default(null),
    // omitted when not set, so that the digest of runs made before this option existed does not change
    blockBias: z.boolean().optional(),
  });

  const learningRate = z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('constant'), from: finite, warmUpEpochs }),
    z.strictObject({ kind: z.literal('cosine'), from: finite, to: finite.default(0), warmUpEpochs }),
    z.strictObject({
      kind: z.literal('step'),
      from: finite,
      factor: rate.default(0.1),
      atEpochs: z.array(positiveInteger).min(1),
      warmUpEpochs,
    }),
  ]);

  const openRate = z.number().gt(0).lt(1);
  const perSubBlock = <N extends z.ZodNumber>(number: N) =>
    z.union([number, z.array(number).min(1), z.array(z.array(number).min(1)).min(1)]);
  const gating = z.strictObject({
    targetRate: rate,
    targetOf: z.enum(['both', 'rate', 'flops']).optional(), // absent, as below
    gatesOpenUntil: share.optional(), // absent, as below
    targetFallUntil: share.default(0),
    // omitted when not set, so that the digest of runs made before this option existed does not change
    layerTargets: z.union([z.literal('same'), z.array(rate).min(1)]).optional(),
    resourceWeight: finite.default(2),
    resourceRiseUntil: share.default(0),
    openingRate: z.union([perSubBlock(openRate), z.literal('in-turn')]).default(0.88),
    openingScale: z.union([perSubBlock(finite), z.literal('first')]).optional(), // absent, as above
    policy: policySchema().optional(), // absent, as above
    regression: z.strictObject({ of: z.enum(['norm', 'loss']) }).optional(), // absent, as above
    temperature: z
      .strictObject({
        kind: z.enum(['constant', 'linear', 'exponential']).default('constant'),
        from: z.number().gt(0).default(1),
        to: z.number().gt(0).default(1),
      })
      .prefault({}),
    noiseOffAfter: share.default(1),
    gatesLearnUntil: share.optional(),
    bounds: z
      .strictObject({ weight: finite.default(1) })
      .nullable()
      .default(null),
    category: z
      .strictObject({ weights: z.union([z.literal('paper'), z.array(finite).min(1)]).default('paper') })
      .nullable()
      .prefault({}),
  });

  const factor = z.number().gt(0);
  const fineTuning = z.strictObject({
    trainable: z.enum(['all', 'controllers', 'exits', 'head']).default('all'),
    learningRateFactors: z
      .strictObject({
        trunk: factor.optional(),
        controllers: factor.optional(),
        exits: factor.optional(),
        head: factor.optional(),
      })
      .optional(), // absent, as above
    channelOrder: z.enum(['contiguous', 'importance']).optional(), // absent, as above
    calibrationImages: z.int().min(0).default(512),
    distillation: z
      .strictObject({ temperature: z.number().gt(0).default(4), weight: z.number().gt(0).default(1) })
      .nullable()
      .default(null),
  });

  const perExit = <N extends z.ZodNumber>(number: N) => z.union([number, z.array(number).min(1)]);
  const exits = z.strictObject({
    after: perExit(z.int().min(0)),
    convolutions: z.int().min(0).default(0),
    weights: perExit(finite).default(1),
    distillation: z
      .strictObject({ temperature: z.number().gt(0).default(4), weight: z.number().gt(0).default(1) })
      .nullable()
      .default(null),
  });

  const pruning = z.strictObject({
    macsRatio: z.number().gt(0).lt(1),
    criterion: z.enum(['activation', 'gate']).default('activation'),
    channelsPerRound: positiveInteger.default(100),
    stepsPerRound: z.int().min(0).default(30),
    scoredBatches: positiveInteger.default(1),
    batchSize: positiveInteger.default(32),
    learningRate: z.number().gt(0).default(0.001),
  });

  return z
    .strictObject({
      name: z.string().min(1),
      description: z.string().default(''),
      data: z.enum(['built-in', 'shapes', 'cifar10', 'cifar100', 'imagenet', 'folder']).default('cifar100'),
      seed: z.int().min(0).max(0xffffffff).default(1),
      model,
      epochs: positiveInteger,
      batchSize: positiveInteger,
      accumulation: positiveInteger.default(1),
      augmentation: z.enum(['pad-crop-flip', 'random-resized-crop', 'none']).default('pad-crop-flip'),
      imageSizePx: positiveInteger.optional(),
      optimiser: z
        .strictObject({
          momentum: z.number().min(0).lt(1).default(0.9),
          nesterov: z.boolean().default(true),
          weightDecay: finite.default(1e-4),
          decay: z.array(z.enum(decayRoles)).default([...usualDecay]),
        })
        .prefault({}),
      learningRate: learningRate.prefault({ kind: 'cosine', from: 0.1 }),
      labelSmoothing: z.number().min(0).lt(1).default(0),
      slimmable: z.strictObject({ widths: z.array(rate).min(2) }).optional(), // absent, as above
      pruning: pruning.optional(), // absent, as above
      exits: exits.optional(), // absent, as above
      gating: gating.nullable().default(null),
      // omitted when not set, as above
      fineTuning: fineTuning.optional(),
      evaluation: z
        .strictObject({
          everyEpochs: positiveInteger.default(1),
          batchSize: positiveInteger.default(200),
          execution: z.enum(['masked', 'skipping']).default('masked'),
          noisyGates: z.boolean().optional(), // absent, as above
        })
        .prefault({}),
      checkpoints: z
        .strictObject({ everySteps: z.int().min(0).default(0), keep: z.int().min(2).default(2) })
        .prefault({}),
      log: z.strictObject({ everySteps: positiveInteger.default(10) }).prefault({}),
    })
    .check(
      z.superRefine((recipe, context) => {
        const problem = (path: string[], message: string) => {
          context.addIssue({ code: 'custom', path, message });
        };
        if (recipe.batchSize % recipe.accumulation !== 0) {
          problem(
            ['accumulation'],
            `expected a divisor of batchSize ${recipe.batchSize}, got ${recipe.accumulation}`,
          );
        }
        if (recipe.optimiser.nesterov && recipe.optimiser.momentum === 0) {
          problem(['optimiser', 'nesterov'], 'expected false without momentum, got true');
        }
        if (recipe.gating?.layerTargets !== undefined && recipe.gating.bounds) {
          problem(['gating', 'bounds'], 'expected null with layerTargets, got bounds around one target');
        }
        const { gatesOpenUntil = 0, gatesLearnUntil = 1 } = recipe.gating ?? {};
        if (gatesOpenUntil > 0 && gatesOpenUntil >= gatesLearnUntil) {
          problem(
            ['gating', 'gatesOpenUntil'],
            `expected less than gatesLearnUntil ${gatesLearnUntil}, got ${gatesOpenUntil}`,
          );
        }
        const { layerTargets, targetOf = 'both' } = recipe.gating ?? {};
        if (layerTargets !== undefined && targetOf !== 'both') {
          problem(['gating', 'targetOf'], `expected both with layerTargets, got ${targetOf}`);
        }
        const { regression, policy, openingScale } = recipe.gating ?? {};
        const { trainable = 'all' } = recipe.fineTuning ?? {};
        if (regression && trainable !== 'controllers') {
          problem(
            ['gating', 'regression'],
            `expected fineTuning.trainable 'controllers', since gates learn what sub-blocks of a trained network contribute, got ${recipe.fineTuning ? `'${trainable}'` : 'no fineTuning'}`,
          );
        }
        if (regression) {
          const unused = {
            policy: policy !== undefined && policy.kind !== 'sampled',
            bounds: Boolean(recipe.gating?.bounds),
            gatesOpenUntil: gatesOpenUntil > 0,
            gatesLearnUntil: gatesLearnUntil < 1,
            openingScale: openingScale !== undefined,
          };
          for (const [name, isSet] of Object.entries(unused))
            if (isSet)
              problem(
                ['gating', name],
                'expected none with regression, in which all gates are open, got settings',
              );
        }
        for (const other of ['gating', 'slimmable'] as const) {
          if (!recipe.pruning || !recipe[other]) continue;
          problem(
            ['pruning'],
            `expected none with ${other}, since only a network with a single path and width can be pruned`,
          );
        }
        for (const other of ['pruning', 'slimmable'] as const) {
          if (!recipe.exits || !recipe[other]) continue;
          problem(['exits'], `expected none with ${other}, whose networks have one classifier`);
        }
        const { widths = [] } = recipe.slimmable ?? {};
        if (
          recipe.slimmable &&
          (widths.at(-1) !== 1 || widths.some((one, i) => one <= (widths[i - 1] ?? 0)))
        ) {
          problem(
            ['slimmable', 'widths'],
            `expected increasing factors that end at 1, got ${widths.join(', ')}`,
          );
        }
        const { warmUpEpochs: warmUp } = recipe.learningRate;
        if (warmUp > 0 && warmUp >= recipe.epochs) {
          problem(
            ['learningRate', 'warmUpEpochs'],
            `expected less than epochs ${recipe.epochs}, got ${warmUp}`,
          );
        }
        if (recipe.learningRate.kind === 'step') {
          const { atEpochs } = recipe.learningRate;
          if (atEpochs.some((epoch, i) => epoch <= (atEpochs[i - 1] ?? warmUp))) {
            problem(
              ['learningRate', 'atEpochs'],
              `expected increasing epochs after the warm-up, got ${atEpochs.join(', ')}`,
            );
          }
        }
      }),
    );
}
