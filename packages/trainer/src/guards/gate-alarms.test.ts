import { createArchitecture } from '@dmnn/backbones';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GatingRecipe, MetricsRecord } from '@dmnn/runs';
import { epochLine } from '@dmnn/test-kit';
import { tinyRecipe } from '../fixtures/tiny-recipe.js';
import { gatingOptimum } from '../gates/gating-optimum.js';
import { gateAlarms } from './gate-alarms.js';
import type { GateAlarmContext } from './gate-findings.js';
import { type GateRecord, gateHistory } from './gate-record.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-n2', { classes: 100 });
const optimum = gatingOptimum(architecture, gating()).executionRate; // a little under 0.6

function gating(changes: Partial<GatingRecipe> = {}): GatingRecipe {
  return { ...tinyRecipe().gating!, noiseOffAfter: 0.8, ...changes };
}

function context(changes: Partial<GatingRecipe> = {}): GateAlarmContext {
  return { architecture, gating: gating(changes) };
}

type Rates = readonly [readonly [number, number], readonly [number, number], readonly [number, number]];

/** Evaluated epochs of ten. */
function epochs(...rates: readonly (readonly [tenth: number, rates: Rates])[]): GateRecord[] {
  return rates.map(([tenth, executionRates]) => ({
    epoch: tenth - 1,
    progress: tenth / 10,
    executionRates,
    trainingRate: null,
  }));
}

function kinds(history: readonly GateRecord[], of = context()): string[] {
  return gateAlarms(history, of).map(({ kind, blocks }) => `${kind} ${blocks.join()}`);
}

const well: Rates = [[1, 0.2], [0.4, 0.8], [0.3, 0.85]]; // prettier-ignore
const lastFixed: Rates = [[1, 0.3], [0.4, 0.85], [1, 0.001]]; // prettier-ignore
const firstClosed: Rates = [[0, 0.004], [1, 0.9], [0.9, 0.8]]; // prettier-ignore
const allFixed: Rates = [[1, 0.003], [0.998, 0], [0, 1]]; // prettier-ignore
const allOpen: Rates = [[1, 1], [1, 1], [1, 1]]; // prettier-ignore

const whole = 'stage0.block0,stage1.block0,stage2.block0';

describe('gateAlarms', () => {
  it('is silent while gates decide, also where one of a block’s is always open', () => {
    for (const tenth of [1, 4, 9, 10]) expect(kinds(epochs([tenth, well]))).toEqual([]);
    expect(gateAlarms([], context())).toEqual([]);
  });

  it('reports a closed block at any time, with figures and what to change', () => {
    const [alarm, ...more] = gateAlarms(epochs([1, firstClosed]), context({ bounds: { weight: 5 } }));
    expect(more).toEqual([]);
    expect(alarm).toMatchObject({ kind: 'closed-blocks', epoch: 0, blocks: ['stage0.block0'] });
    expect(alarm?.message).toMatch(
      /^after epoch 1: stage0\.block0 \(gates 0\.000 0\.004\) has closed: none of its sub-blocks runs for 0\.5 % of the images, .*a larger gating\.bounds\.weight \(now 5\)/,
    );
    expect(gateAlarms(epochs([1, firstClosed]), context())[0]?.message).toContain(
      'gating.bounds={"weight":5} (now null)',
    );
  });

  it('reports fixed blocks once the noise is off, and after a third where it never goes', () => {
    const block = ['fixed-blocks stage2.block0'];
    expect(kinds(epochs([7, lastFixed]))).toEqual([]);
    expect(kinds(epochs([8, lastFixed]))).toEqual([]); // the epoch that has ended was noisy
    expect(kinds(epochs([9, lastFixed]))).toEqual(block);
    const noisy = context({ noiseOffAfter: 1 });
    expect(kinds(epochs([3, lastFixed]), noisy)).toEqual([]);
    expect(kinds(epochs([4, lastFixed]), noisy)).toEqual(block);
    expect(gateAlarms(epochs([4, lastFixed]), noisy)[0]?.message).toContain(
      'gating.noiseOffAfter=0.8 (now 1)',
    );
  });

  it('reports a network that treats all images alike after a third, noise or not, and then not block by block', () => {
    expect(kinds(epochs([3, allFixed]))).toEqual([]);
    expect(kinds(epochs([4, allFixed]))).toEqual([`fixed-network ${whole}`, `off-target ${whole}`]);
    const [alarm] = gateAlarms(epochs([4, allFixed]), context());
    expect(alarm?.message).toContain('all 3 gated blocks run the same sub-blocks for every image');
    expect(alarm?.message).toContain('at a mean rate of 0.500.');
    expect(alarm?.message).toContain('Noise on the gates ends at 0.8 of training');
  });

  it('does not mind that all is open while that is asked for, or nothing is', () => {
    for (const changes of [{ targetRate: 1 }, { resourceWeight: 0 }])
      expect(kinds(epochs([10, allOpen]), context(changes))).toEqual([]);
    expect(kinds(epochs([4, allOpen]), context({ targetFallUntil: 1 }))).toEqual([`fixed-network ${whole}`]);
    expect(kinds(epochs([4, allOpen]), context({ targetFallUntil: 1, targetRate: 0.98 }))).toEqual([]);
  });

  it('reports a rate further than 0.03 from the joint optimum, above and below', () => {
    const at = (rate: number): Rates => [[rate, rate], [rate, rate], [rate, rate]]; // prettier-ignore
    const off = [`off-target ${whole}`];
    expect(kinds(epochs([4, at(optimum + 0.029)]))).toEqual([]);
    expect(kinds(epochs([4, at(optimum - 0.029)]))).toEqual([]);
    expect(kinds(epochs([4, at(optimum + 0.031)]))).toEqual(off);
    expect(kinds(epochs([4, at(optimum - 0.031)]))).toEqual(off);
    expect(kinds(epochs([3, at(0.9)]))).toEqual([]); // too early
    expect(kinds(epochs([5, at(0.9)]), context({ resourceRiseUntil: 0.6 }))).toEqual([]); // not yet in force
    expect(kinds(epochs([5, at(0.9)]), context({ targetFallUntil: 0.6 }))).toEqual([]); // not yet asked for
    expect(kinds(epochs([6, at(0.9)]), context({ targetFallUntil: 0.6, resourceRiseUntil: 0.6 }))).toEqual(
      off,
    );
    expect(kinds(epochs([9, at(0.9)]), context({ resourceWeight: 0 }))).toEqual([]);
    const [alarm] = gateAlarms(epochs([4, at(0.75)]), context());
    expect(alarm?.message).toBe(
      `after epoch 4: gates are open at a mean rate of 0.750, ${(0.75 - optimum).toFixed(3)} above ${optimum.toFixed(3)}, ` +
        'the joint optimum of Eq. 12 and 14 at t = 0.600. Try, one at a time: a larger gating.resourceWeight (now 2).',
    );
  });

  it('names the option for who wanted a rate of t', () => {
    const target = 0.2;
    const { executionRate } = gatingOptimum(architecture, gating({ targetRate: target }));
    const rate = target + 0.025;
    expect(rate - executionRate).toBeGreaterThan(0.03); // the head and the stem cost too
    const history = epochs([10, [[rate, rate], [rate, rate], [rate, rate]]]); // prettier-ignore
    expect(gateAlarms(history, context({ targetRate: target }))[0]?.message).toContain(
      'gating.targetOf=rate makes it the optimum',
    );
    expect(kinds(history, context({ targetRate: target, targetOf: 'rate' }))).toEqual([]);
  });

  it('says so where the rate is as wanted with the noise of training', () => {
    const [record] = epochs([5, [[0.9, 0.8], [0.9, 0.8], [0.9, 0.8]]]); // prettier-ignore
    const history = [{ ...record!, trainingRate: 0.6 }];
    expect(gateAlarms(history, context())[0]?.message).toContain('noise ends at 0.8 of training');
    expect(gateAlarms(history, context({ noiseOffAfter: 1 }))[0]?.message).toContain(
      'During training, with noise, the mean rate is 0.600, which is on target: gating.noiseOffAfter=0.8 (now 1)',
    );
  });

  it('knows that gates which learn no more have no noise, and may have stopped too early', () => {
    const stopping = context({ gatesLearnUntil: 0.6 });
    const [record] = epochs([5, [[0.9, 0.8], [0.9, 0.8], [0.9, 0.8]]]); // prettier-ignore
    expect(gateAlarms([{ ...record!, trainingRate: 0.6 }], stopping)[0]?.message).toContain(
      'noise ends at 0.6 of training (gating.gatesLearnUntil)',
    );
    const later = epochs([8, [[0.9, 0.8], [0.9, 0.8], [0.9, 0.8]]]); // prettier-ignore
    expect(gateAlarms(later, stopping)[0]?.message).toContain('a later gating.gatesLearnUntil (now 0.6)');
    expect(kinds(epochs([6, lastFixed]), stopping)).toEqual([]);
    expect(kinds(epochs([7, lastFixed]), stopping)).toEqual(['fixed-blocks stage2.block0']);
  });

  it('lets gates that were held open settle for a third of what is left', () => {
    const held = context({ gatesOpenUntil: 0.4, noiseOffAfter: 1 });
    for (const tenth of [2, 4]) expect(kinds(epochs([tenth, allOpen]), held)).toEqual([]);
    expect(kinds(epochs([5, allFixed]), held)).toEqual([]);
    expect(kinds(epochs([6, allFixed]), held)).toEqual([`fixed-network ${whole}`, `off-target ${whole}`]);
    expect(kinds(epochs([5, firstClosed]), held)).toEqual(['closed-blocks stage0.block0']);
    const [alarm] = gateAlarms(epochs([5, firstClosed]), held);
    expect(alarm?.message).toContain('gating.targetFallUntil=0.7 (now 0)'); // 0.4 would have passed already
    expect(alarm?.message).toContain('gating.resourceRiseUntil=0.58 (now 0)');
  });

  it('judges ConvNet-AIG’s blocks by their own targets, and asks nothing of those without', () => {
    const own = { layerTargets: 'same' as const, category: null };
    expect(kinds(epochs([10, well]), context({ ...own, targetRate: 0.59 }))).toEqual([]);
    expect(kinds(epochs([10, well]), context({ ...own, targetRate: 0.8 }))).toEqual([`off-target ${whole}`]);
    expect(gateAlarms(epochs([10, well]), context({ ...own, targetRate: 0.8 }))[0]?.message).toContain(
      'below 0.800, the mean of the blocks’ targets',
    );
    const layerTargets = [1, 0.6, 0.6];
    const open: Rates = [[1, 1], [0.4, 0.8], [0.4, 0.8]]; // prettier-ignore
    expect(kinds(epochs([10, open]), context({ ...own, layerTargets }))).toEqual([]);
  });

  it('reports once, again when the pattern changes, and all at the end', () => {
    const noisy = context({ noiseOffAfter: 1 });
    const swapped: Rates = [[1, 0.3], [0.4, 0.85], [0.001, 1]]; // prettier-ignore
    const block = ['fixed-blocks stage2.block0'];
    const story = epochs([4, lastFixed], [5, lastFixed], [6, well], [7, lastFixed], [8, swapped], [9, swapped], [10, swapped]); // prettier-ignore
    const reported = story.map((_, i) => kinds(story.slice(0, i + 1), noisy));
    expect(reported).toEqual([block, [], [], [], block, [], block]);
  });

  it('reports a rate again when it has gone 0.03 further off, or to the other side', () => {
    const rates = [0.7, 0.72, 0.731, 0.7, 0.5, 0.49].map((rate): Rates => [[rate, rate], [rate, rate], [rate, rate]]); // prettier-ignore
    const story = epochs(...rates.map((at, i): [number, Rates] => [4 + i, at]));
    expect(story.map((_, i) => kinds(story.slice(0, i + 1)).length)).toEqual([1, 0, 1, 0, 1, 0]);
  });

  it('refuses rates of another network, and what is no rate', () => {
    const wrong = { ...epochs([4, well])[0]!, executionRates: [[1, 0.2], [0.4]] };
    expect(() => gateAlarms([wrong], context())).toThrow(
      'history, epoch 3: expected rates of 2, 2, 2 sub-blocks, one list for each gated block of dmnn-cifar-resnet8-n2, got 2, 1',
    );
    expect(() => gateAlarms(epochs([4, [[NaN, 1], [1, 1], [1, 1]]]), context())).toThrow('got NaN'); // prettier-ignore
  });
});

describe('gateAlarms, as laws', () => {
  const rate = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1));
  const pair = fc.tuple(rate, rate);
  const rates = fc.tuple(pair, pair, pair);
  const histories = fc.array(rates, { minLength: 1, maxLength: 8 });
  const recipes = fc.constantFrom(context(), context({ noiseOffAfter: 1, targetFallUntil: 0.5 }));
  const story = (list: readonly Rates[]): GateRecord[] =>
    epochs(...list.map((one, i): [number, Rates] => [i + 1, one]));

  it('has nothing to add when nothing has changed', () => {
    fc.assert(
      fc.property(histories, recipes, (list, of) => {
        const same = story(list);
        const last = { ...same.at(-1)!, epoch: 9 };
        expect(gateAlarms([...same, last], of)).toEqual([]);
      }),
    );
  });

  it('says at the end what it would of that epoch alone', () => {
    fc.assert(
      fc.property(histories, rates, recipes, (list, end, of) => {
        const last = epochs([10, end]);
        expect(gateAlarms([...story(list), ...last], of)).toEqual(gateAlarms(last, of));
      }),
    );
  });

  it('never advises one setting in two ways, in the alarms of an epoch and those that still stand', () => {
    const advised = (message: string): [string, string][] => [
      ...[...message.matchAll(/a (larger|smaller|later) (gating[\w.]+)/g)].map(
        ([, way, path]): [string, string] => [path!, way!],
      ),
      ...[...message.matchAll(/(gating[\w.]+)=(\S+) \(now/g)].map(([, path, value]): [string, string] => [
        path!,
        value!,
      ]),
      // noise that is to end is not to end later
      ...[...message.matchAll(/ends at \S+ of training \((gating[\w.]+)\)/g)].map(
        ([, path]): [string, string] => [path!, 'as it is'],
      ),
    ];
    const settings = fc.record({
      resourceWeight: fc.constantFrom(0.5, 2, 4),
      targetFallUntil: fc.constantFrom(0, 0.5, 0.7),
      noiseOffAfter: fc.constantFrom(0.6, 1),
      gatesLearnUntil: fc.constantFrom(undefined, 0.5, 0.9),
      gatesOpenUntil: fc.constantFrom(undefined, 0.3),
      bounds: fc.constantFrom(null, { weight: 1 }),
    });
    const collapsed = fc.constantFrom<Rates>(firstClosed, allFixed, lastFixed, [[0, 0], [0, 0], [0, 0]]); // prettier-ignore
    const story = fc.array(fc.oneof(rates, collapsed), { minLength: 1, maxLength: 10 });
    let both = 0;
    fc.assert(
      fc.property(story, settings, fc.constantFrom(null, 0.59), (list, changes, trainingRate) => {
        const history = epochs(...list.map((one, i): [number, Rates] => [i + 1, one])).map((record) => ({
          ...record,
          trainingRate,
        }));
        const of = context(changes);
        const news = gateAlarms(history, of);
        // a last epoch of its own reports all that is wrong with it
        const standing = gateAlarms(history.slice(-1), of);
        const ways = new Map<string, Set<string>>();
        for (const { message } of [...news, ...standing])
          for (const [path, way] of advised(message)) ways.set(path, (ways.get(path) ?? new Set()).add(way));
        if (standing.length > 1) both++;
        for (const [path, said] of ways) expect([path, [...said]]).toEqual([path, [[...said][0]]]);
      }),
      { numRuns: 150 },
    );
    expect(both).toBeGreaterThan(10);
  });

  it('has the rate wait for closed blocks where both would pull at one setting', () => {
    const history = epochs([5, [[0, 0.004], [0.3, 0.2], [0.3, 0.1]]]); // prettier-ignore
    const alarms = gateAlarms(history, context({ resourceWeight: 4 }));
    expect(alarms.map(({ kind }) => kind)).toEqual(['closed-blocks', 'off-target']);
    expect(alarms[0]?.message).toContain('a smaller gating.resourceWeight (now 4)');
    expect(alarms[1]?.message).toContain('First see to the blocks that decide nothing.');
    expect(alarms[1]?.message).not.toContain('larger gating.resourceWeight');
  });

  it('says nothing of gates that all decide at the joint optimum', () => {
    const offset = fc.double({ min: 0, max: 0.3, noNaN: true });
    fc.assert(
      fc.property(offset, fc.integer({ min: 1, max: 10 }), (away, tenth) => {
        const block = [optimum - away, optimum + away] as const;
        expect(kinds(epochs([tenth, [block, block, block]]))).toEqual([]);
      }),
    );
  });
});

describe('gateHistory', () => {
  it('has the evaluated epochs, and nothing else of a log', () => {
    const trainingRate = 0.7;
    const evaluated = epochLine({
      epoch: 1,
      step: 8,
      trainingRate,
      evaluation: { executionRates: well },
    });
    const log: MetricsRecord[] = [
      {
        kind: 'start',
        from: 'cifar-resnet8',
        evaluation: { ...evaluated.evaluation! },
        clock: { ...evaluated.clock, msPerImage: 1 },
      },
      { kind: 'unknown', line: { kind: 'later' } },
      epochLine({ epoch: 0, step: 4, trainingRate }),
      evaluated,
      { kind: 'alarm', alarm: 'off-target', epoch: 1, step: 8, blocks: [], message: '' },
    ];
    expect(gateHistory(log, 16)).toEqual([
      { epoch: 1, progress: 0.5, executionRates: well, trainingRate: 0.7 },
    ]);
  });
});
