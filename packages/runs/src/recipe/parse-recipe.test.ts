import { describe, expect, it } from 'vitest';
import { parseRecipe } from './parse-recipe.js';
import { RecipeError } from './recipe-error.js';

const least = { name: 'mine', model: { name: 'cifar-resnet20' }, epochs: 5, batchSize: 128 };

function problemsOf(value: unknown): readonly string[] {
  try {
    parseRecipe(value);
  } catch (error) {
    expect(error).toBeInstanceOf(RecipeError);
    expect(error).toMatchObject({ code: 'DMNN_RECIPE' });
    return (error as RecipeError).problems;
  }
  throw new Error('nothing was thrown');
}

describe('parseRecipe', () => {
  it('fills in what is left out', () => {
    expect(parseRecipe(least)).toEqual({
      name: 'mine',
      description: '',
      data: 'cifar100',
      seed: 1,
      model: { name: 'cifar-resnet20', subBlocks: null, widths: null, controller: null },
      epochs: 5,
      batchSize: 128,
      accumulation: 1,
      augmentation: 'pad-crop-flip',
      optimiser: {
        momentum: 0.9,
        nesterov: true,
        weightDecay: 1e-4,
        decay: ['convolution', 'linear', 'controller-weight', 'category-weight'],
      },
      learningRate: { kind: 'cosine', from: 0.1, to: 0, warmUpEpochs: 0 },
      labelSmoothing: 0,
      gating: null,
      evaluation: { everyEpochs: 1, batchSize: 200, execution: 'masked' },
      checkpoints: { everySteps: 0, keep: 2 },
      log: { everySteps: 10 },
    });
  });

  it('fills in what gating leaves out, by the paper where it says', () => {
    expect(parseRecipe({ ...least, gating: { targetRate: 0.6 } }).gating).toEqual({
      targetRate: 0.6,
      targetFallUntil: 0,
      resourceWeight: 2,
      resourceRiseUntil: 0,
      openingRate: 0.88,
      temperature: { kind: 'constant', from: 1, to: 1 },
      noiseOffAfter: 1,
      bounds: null,
      category: { weights: 'paper' },
    });
  });

  it('fills in what pruning leaves out, and allows none with gates or widths', () => {
    expect(parseRecipe({ ...least, pruning: { macsRatio: 0.7 } }).pruning).toEqual({
      macsRatio: 0.7,
      criterion: 'activation',
      channelsPerRound: 100,
      stepsPerRound: 30,
      scoredBatches: 1,
      batchSize: 32,
      learningRate: 0.001,
    });
    expect(problemsOf({ ...least, pruning: { macsRatio: 1 } }).join()).toMatch(/pruning\.macsRatio/);
    expect(problemsOf({ ...least, pruning: { macsRatio: 0.7 }, gating: { targetRate: 0.6 } })).toEqual([
      expect.stringMatching(/^pruning: expected none with gating/),
    ]);
    expect(problemsOf({ ...least, pruning: { macsRatio: 0.7 }, slimmable: { widths: [0.5, 1] } })).toEqual([
      expect.stringMatching(/^pruning: expected none with slimmable/),
    ]);
  });

  it('requires gates that are held open to learn afterwards', () => {
    const gating = { targetRate: 0.6, gatesOpenUntil: 0.5 };
    expect(parseRecipe({ ...least, gating }).gating?.gatesOpenUntil).toBe(0.5);
    expect(problemsOf({ ...least, gating: { ...gating, gatesLearnUntil: 0.5 } })).toEqual([
      'gating.gatesOpenUntil: expected less than gatesLearnUntil 0.5, got 0.5',
    ]);
    expect(problemsOf({ ...least, gating: { ...gating, gatesOpenUntil: 1 } })).toHaveLength(1);
  });

  it('keeps ConvNet-AIG’s targets out of recipes that do not name them, and bounds out of those that do', () => {
    const gating = { targetRate: 0.6, layerTargets: [1, 0.6] };
    expect(parseRecipe({ ...least, gating }).gating?.layerTargets).toEqual([1, 0.6]);
    expect(problemsOf({ ...least, gating: { ...gating, layerTargets: [0] } })[0]).toMatch(
      /gating.layerTargets/,
    );
    expect(problemsOf({ ...least, gating: { ...gating, bounds: {} } })).toEqual([
      'gating.bounds: expected null with layerTargets, got bounds around one target',
    ]);
  });

  it('leaves a complete recipe as it is', () => {
    const recipe = parseRecipe({ ...least, gating: { targetRate: 0.6, bounds: {}, category: null } });
    expect(parseRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
  });

  it('asks what was meant by unknown keys, at any depth, in unions too', () => {
    expect(
      problemsOf({
        ...least,
        batchsize: 3,
        gating: { targetRat: 0.5, targetRate: 0.5, temperature: { form: 5 } },
        learningRate: { kind: 'step', from: 0.1, atEpochs: [1], facto: 0.5 },
        model: { name: 'a', controller: { kind: 'squeeze', hiddenUnit: 3 } },
      }),
    ).toEqual([
      'model.controller.hiddenUnit: unknown key, did you mean hiddenUnits?',
      'learningRate.facto: unknown key, did you mean factor?',
      'gating.temperature.form: unknown key, did you mean from?',
      'gating.targetRat: unknown key, did you mean targetRate?',
      'batchsize: unknown key, did you mean batchSize?',
    ]);
  });

  it('lists what is known where no key is near', () => {
    expect(problemsOf({ ...least, log: { xxxxxxxxx: 1 } })).toEqual([
      'log.xxxxxxxxx: unknown key, known are everySteps',
    ]);
  });

  it.each([
    ['gating.targetRate', 0, { gating: { targetRate: 0 } }],
    ['gating.targetRate', 1.1, { gating: { targetRate: 1.1 } }],
    ['epochs', 0, { epochs: 0 }],
    ['batchSize', 1.5, { batchSize: 1.5 }],
    ['optimiser.momentum', 1, { optimiser: { momentum: 1 } }],
    ['learningRate.from', -1, { learningRate: { kind: 'cosine', from: -1 } }],
    ['checkpoints.keep', 1, { checkpoints: { keep: 1 } }],
    ['labelSmoothing', 1, { labelSmoothing: 1 }],
    ['seed', -1, { seed: -1 }],
  ])('names %s and the value %s that is out of range', (path, value, change) => {
    const [problem, ...others] = problemsOf({ ...least, ...change });
    expect(problem).toMatch(new RegExp(`^${path}: .*, got ${value}$`));
    expect(others).toEqual([]);
  });

  it.each([
    [NaN, 'epochs'],
    [Infinity, 'epochs'],
    ['5', 'epochs'],
  ])('rejects %s where a number belongs', (value, key) => {
    expect(problemsOf({ ...least, [key]: value })[0]).toMatch(/^epochs: /);
  });

  it.each([
    [{ accumulation: 3 }, 'accumulation: expected a divisor of batchSize 128, got 3'],
    [{ optimiser: { momentum: 0 } }, 'optimiser.nesterov: expected false without momentum, got true'],
    [
      { learningRate: { kind: 'cosine', from: 1, warmUpEpochs: 5 } },
      'learningRate.warmUpEpochs: expected less than epochs 5, got 5',
    ],
    [
      { learningRate: { kind: 'step', from: 1, atEpochs: [3, 2] } },
      'learningRate.atEpochs: expected increasing epochs after the warm-up, got 3, 2',
    ],
  ])('rejects what does not go together: %o', (change, problem) => {
    expect(problemsOf({ ...least, ...change })).toEqual([problem]);
  });

  it('takes a prototype for an unknown key', () => {
    expect(problemsOf(JSON.parse('{"__proto__": {"epochs": 5}}')).join()).toMatch(/__proto__: unknown key/);
  });

  it('has a problem a line, whatever names and keys hold', () => {
    const value = { ...least, name: 'a\u001b[2J\nb', 'key\nof two lines': 1, epochs: -1 };
    try {
      parseRecipe(value);
      expect.unreachable();
    } catch (error) {
      const { message, problems } = error as RecipeError;
      expect(message.split('\n')).toHaveLength(1 + problems.length);
      expect(message).toContain('a\\u001b[2J\\u000ab');
      expect(problems.join()).toContain('key\\u000aof two lines: unknown key');
    }
  });

  it('rejects what is not an object', () => {
    expect(problemsOf(null)[0]).toMatch(/expected object/);
  });
});

describe('gates that learn by regression', () => {
  const gating = { targetRate: 0.5, regression: { of: 'norm' } };
  const mine = (changes: object) =>
    parseRecipe({ name: 'mine', model: { name: 'dmnn50-n2' }, epochs: 5, batchSize: 8, gating, ...changes });

  it('need a trained network that stays as it is', () => {
    expect(mine({ fineTuning: { trainable: 'controllers' } }).gating?.regression).toEqual({ of: 'norm' });
    const expected = "gating.regression: expected fineTuning.trainable 'controllers'";
    expect(() => mine({})).toThrow(expected);
    expect(() => mine({ fineTuning: {} })).toThrow(expected);
  });

  it('refuse settings that would do nothing', () => {
    for (const setting of [
      { bounds: {} },
      { gatesOpenUntil: 0.5 },
      { gatesLearnUntil: 0.5 },
      { policy: { kind: 'fixed', pattern: '10' } },
    ]) {
      const [name] = Object.keys(setting);
      expect(() =>
        mine({ gating: { ...gating, ...setting }, fineTuning: { trainable: 'controllers' } }),
      ).toThrow(`gating.${name}: expected none with regression`);
    }
  });
});
