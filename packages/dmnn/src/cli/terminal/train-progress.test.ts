import type { GatingOptimum, TrainEvent } from '@dmnn/trainer';
import { describe, expect, it } from 'vitest';
import type { CommandIo } from './command-io.js';
import { TrainProgress } from './train-progress.js';

const step: TrainEvent = {
  kind: 'step',
  step: 40,
  steps: 500,
  epoch: 0,
  epochs: 5,
  learningRate: 0.1,
  loss: {
    total: 2.3456,
    classification: 2.1,
    category: 0.01,
    executionRate: 0.1,
    flops: 0.1356,
    bounds: 0,
    distillation: 0,
  },
  top1ErrorPercent: 61.72,
  executionRate: 0.7104,
  target: 0.6,
  macsRatio: 0.7349,
  pace: { imagesPerSecond: 812.4, etaSeconds: 74.6 },
};

function world(isTerminal: boolean): {
  io: CommandIo;
  lines: string[];
  drawn: string[];
  clock: { ms: number };
} {
  const [lines, drawn, clock]: [string[], string[], { ms: number }] = [[], [], { ms: 0 }];
  const io: CommandIo = {
    out: () => undefined,
    err: (text) => void lines.push(text),
    redraw: (text) => void drawn.push(text),
    isTerminal,
    columns: 200,
    env: {},
    now: () => clock.ms,
    onInterrupt: () => () => undefined,
    respawn: () => Promise.resolve(0),
  };
  return { io, lines, drawn, clock };
}

describe('TrainProgress', () => {
  it('shows loss, error, gates against their target, cost, pace and time left', () => {
    const { io, lines } = world(false);
    new TrainProgress(io).show(step);
    expect(lines).toEqual([
      'epoch 1/5  step 40/500  loss 2.346  error 61.7 %  gates 0.710 (target 0.60)  MACs 73.5 %  812 images/s  ETA 1 min 15 s',
    ]);
  });

  it('leaves the gates out where there are none', () => {
    const { io, lines } = world(false);
    new TrainProgress(io).show({ ...step, executionRate: null, target: null, macsRatio: 1 });
    expect(lines[0]).toContain('error 61.7 %  MACs 100.0 %');
  });

  it('writes a line every ten seconds where nobody watches, and never redraws', () => {
    const { io, lines, drawn, clock } = world(false);
    const progress = new TrainProgress(io, 'static');
    for (let second = 0; second < 25; second++) {
      clock.ms = 1000 * second;
      progress.show(step);
    }
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^static: epoch 1\/5/);
    expect(drawn.filter((text) => text !== '')).toEqual([]);
  });

  it('redraws one line in a terminal, no wider than it, ten times a second at most', () => {
    const { io, lines, drawn, clock } = world(true);
    const progress = new TrainProgress({ ...io, columns: 40 });
    for (let ms = 0; ms < 1000; ms += 10) {
      clock.ms = ms;
      progress.show(step);
    }
    expect(lines).toEqual([]);
    expect(drawn).toHaveLength(10);
    expect(drawn[0]).toBe('epoch 1/5  step 40/500  ETA 1 min 15 s');
  });

  it.each([
    [
      120,
      'seed 1: epoch 1/5  step 40/500  loss 2.346  error 61.7 %  gates 0.710 (target 0.60)  MACs 73.5 %  ETA 1 min 15 s',
    ],
    [
      100,
      'seed 1: epoch 1/5  step 40/500  loss 2.346  error 61.7 %  gates 0.710 (target 0.60)  ETA 1 min 15 s',
    ],
    [80, 'seed 1: epoch 1/5  step 40/500  loss 2.346  error 61.7 %  ETA 1 min 15 s'],
    [60, 'seed 1: epoch 1/5  step 40/500  loss 2.346  ETA 1 min 15 s'],
    [30, 'seed 1: ETA 1 min 15 s'],
  ])('keeps the time left in %i columns, and of the rest what is most important', (columns, line) => {
    const { io, drawn } = world(true);
    new TrainProgress({ ...io, columns }, 'seed 1').show(step);
    expect(drawn).toEqual([line]);
    expect(line.length).toBeLessThan(columns);
  });

  it('has the time left in every width, whatever the numbers', () => {
    for (let columns = 24; columns < 160; columns++) {
      const { io, drawn } = world(true);
      new TrainProgress({ ...io, columns }).show({
        ...step,
        ...{ step: 123_456, steps: 600_600, epoch: 99, epochs: 120 },
        pace: { imagesPerSecond: 1234.5, etaSeconds: 1e6 },
      });
      expect(drawn[0]).toMatch(/ETA 11 d 13 h$/);
      expect(drawn[0]?.length).toBeLessThan(columns);
    }
  });

  it('says what an epoch’s evaluation found, and nothing where there was none', () => {
    const { io, lines } = world(false);
    const progress = new TrainProgress(io);
    progress.show({
      kind: 'epoch',
      epoch: 1,
      epochs: 5,
      step: 100,
      best: true,
      evaluation: {
        images: 10_000,
        skippedImages: [],
        error: { top1ErrorPercent: 54.321, classificationLoss: 2, predictions: [] },
        cost: { meanMacs: 27e6, macsRatio: 0.661, perImageMacs: [] },
        gates: { executionRates: [], executionRate: 0.62, perImageGates: [] },
        timing: { msPerImage: 1 },
      },
    });
    progress.show({ kind: 'epoch', epoch: 2, epochs: 5, step: 150, best: false });
    expect(lines).toEqual(['epoch 2/5  test error 54.32 %  gates 0.620  MACs 66.1 %  10000 images  (best)']);
  });

  it('says how pruning goes, and what it left', () => {
    const { io, lines } = world(false);
    const progress = new TrainProgress(io);
    const round = { round: 2, removed: 20, macs: 3e7, macsRatio: 0.745, parameters: 2.1e5 };
    progress.show({ kind: 'pruning', ...round, loss: 1.23456 });
    progress.show({ kind: 'pruning', ...round, loss: null });
    progress.show({ kind: 'begun', from: 'cifar-resnet20', pruned: { ...round, loss: null } });
    expect(lines).toEqual([
      'pruning, round 2  20 channels removed  MACs 74.5 %  210.0 k parameters  loss 1.235 before it',
      'pruning, round 2  20 channels removed  MACs 74.5 %  210.0 k parameters',
      'starts from the weights of cifar-resnet20, without 20 of its channels',
    ]);
  });

  it('says what gates shall come to', () => {
    const { io, lines } = world(false);
    const optimum = { targetOf: 'both', lossTarget: 0.4, executionRate: 0.36312, blockRates: [], flopsRate: 0.4421, macsRatio: 0.4432 } as const; // prettier-ignore
    const show = (of: GatingOptimum): void => {
      new TrainProgress(io, 'gated').show({ kind: 'start', step: 0, steps: 500, epochs: 5, optimum: of });
    };
    show(optimum);
    show({ ...optimum, targetOf: 'rate', lossTarget: 0.431234 });
    show({ ...optimum, targetOf: 'flops' });
    show({ ...optimum, targetOf: 'blocks' });
    const rest = "gates 0.363, 0.442 of the network's MACs, 44.3 % of the undivided backbone's";
    expect(lines).toEqual([
      `gated: target: t = 0.4: both resource losses are least at ${rest}`,
      'gated: step 0/500: the first takes longest',
      `gated: target: t = 0.431, chosen for the rate: both resource losses are least at ${rest}`,
      'gated: step 0/500: the first takes longest',
      `gated: target: t = 0.4, chosen for the cost: both resource losses are least at ${rest}`,
      'gated: step 0/500: the first takes longest',
      `gated: target: one for each block, on average ${rest}`,
      'gated: step 0/500: the first takes longest',
    ]);
  });

  it('says where a run goes on and what is to be known, and keeps checkpoints to itself', () => {
    const { io, lines } = world(false);
    const progress = new TrainProgress(io);
    progress.show({
      kind: 'start',
      step: 40,
      steps: 500,
      epochs: 5,
      resumedFrom: 'run/checkpoints/step-00000040',
    });
    progress.show({ kind: 'checkpoint', path: 'run/checkpoints/step-00000080', step: 80 });
    progress.show({ kind: 'warning', message: 'threads: 2 then, 1 now' });
    expect(lines).toEqual([
      'resumed at step 40 of 500 from run/checkpoints/step-00000040',
      'step 40/500: the first takes longest',
      'threads: 2 then, 1 now',
    ]);
  });
});
