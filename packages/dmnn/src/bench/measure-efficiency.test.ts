import { createArchitecture } from '@dmnn/backbones';
import { countNetwork, countUndivided, flopsTable, patternMacs } from '@dmnn/flops';
import { describe, expect, it } from 'vitest';
import { alternatingMinima } from './alternating-minima.js';
import type { BenchEngine, Contestant } from './contestant.js';
import { type MeasureOptions, measureBlocks, measureShares } from './measure-efficiency.js';
import type { OpenPattern } from './random-pattern.js';

const architecture = createArchitecture('dmnn-cifar-resnet20-n2');
const table = flopsTable(countNetwork(architecture));
const undividedMacs = countUndivided(architecture).macs;

/** A machine whose clock moves by what runs on it. */
function machine() {
  let time = 0;
  let held = 0;
  const contestant = (cost: () => number): Contestant => {
    held += 1;
    return {
      run: () => {
        time += cost();
        return Promise.resolve();
      },
      release: () => {
        held -= 1;
        return Promise.resolve();
      },
    };
  };
  return { now: () => time, held: () => held, contestant };
}

/** An engine that takes milliseconds by its multiply–accumulates. */
function engineOf(
  { contestant }: ReturnType<typeof machine>,
  batch: number,
  milliseconds: (macs: number) => number,
): BenchEngine {
  const ofPatterns = (patterns: readonly OpenPattern[]) =>
    patterns.reduce((sum, pattern) => sum + patternMacs(table, pattern), 0);
  return {
    name: 'made-up',
    batch,
    undivided: () => Promise.resolve(contestant(() => milliseconds(batch * undividedMacs))),
    dynamic: (patterns) => Promise.resolve(contestant(() => milliseconds(ofPatterns(patterns)))),
  };
}

async function all<Row>(rows: AsyncGenerator<Row>): Promise<Row[]> {
  const found: Row[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

describe('alternatingMinima', () => {
  it('stops between two runs, and lets signals come between them', async () => {
    const controller = new AbortController();
    let runs = 0;
    const one: Contestant = {
      run: () => {
        runs += 1;
        if (runs === 4) {
          setImmediate(() => {
            controller.abort(); // as a signal's listener is called
          });
        }
        return Promise.resolve();
      },
      release: () => Promise.resolve(),
    };
    const timing = { seconds: 1000, now: () => 0, signal: controller.signal };
    await expect(alternatingMinima([one, one], timing)).rejects.toMatchObject({ name: 'AbortError' });
    expect(runs).toBe(4);
  });

  it('takes turns and keeps the least of each', async () => {
    const { now, contestant } = machine();
    const turns: string[] = [];
    const slowing = (name: string, costs: number[]) =>
      contestant(() => {
        turns.push(name);
        return costs.shift() ?? 100;
      });
    // the first of each warms up
    const found = await alternatingMinima([slowing('a', [1, 9, 5, 7]), slowing('b', [1, 20, 30, 10])], {
      seconds: 0,
      now,
    });
    expect(found).toEqual([5, 10]);
    expect(turns.join('')).toBe('abababab');
  });

  it('runs for the requested time', async () => {
    const { now, contestant } = machine();
    let runs = 0;
    const counted = contestant(() => {
      runs += 1;
      return 50;
    });
    await alternatingMinima([counted, counted], { seconds: 1, now });
    expect(runs).toBe(2 + 20);
  });
});

describe('measureShares', () => {
  it.each([1, 8])(
    'finds efficiency 1 where time follows multiply-accumulates, at batch %i',
    async (batch) => {
      const world = machine();
      const engine = engineOf(world, batch, (macs) => macs / 1e6);
      const rows = await all(
        measureShares({ architecture, engine, seconds: 0, now: world.now, shares: [0, 0.5, 1] }),
      );
      expect(rows.map(({ openShare }) => openShare)).toEqual([0, 0.5, 1]);
      for (const { efficiency, timeRatio, macsRatio } of rows) {
        expect(efficiency).toBeCloseTo(1, 9);
        expect(timeRatio).toBeCloseTo(macsRatio, 9);
      }
      const last = rows.at(-1)!;
      expect(last.macsRatio).toBe(countNetwork(architecture).macs / undividedMacs);
      expect(last).toMatchObject({ model: architecture.name, engine: 'made-up', batch });
      expect(last.undividedMilliseconds).toBeCloseTo((batch * undividedMacs) / 1e6, 9);
      expect(world.held()).toBe(0);
    },
  );

  it('finds that nothing is gained where nothing is skipped', async () => {
    const world = machine();
    const engine = engineOf(world, 1, () => 10);
    const [row] = await all(
      measureShares({ architecture, engine, seconds: 0, now: world.now, shares: [0.25] }),
    );
    expect(row!.timeRatio).toBe(1);
    expect(row!.efficiency).toBeCloseTo(row!.macsRatio, 12);
  });

  it('releases what it opened when a reader stops or an engine fails', async () => {
    const world = machine();
    const engine = engineOf(world, 1, () => 10);
    const options = { architecture, engine, seconds: 0, now: world.now, shares: [0.25, 1] };
    for await (const row of measureShares(options)) {
      expect(row.openShare).toBe(0.25);
      break;
    }
    expect(world.held()).toBe(0);
    const failing = { ...engine, dynamic: () => Promise.resolve(world.contestant(() => { throw new Error('no'); })) }; // prettier-ignore
    await expect(all(measureShares({ ...options, engine: failing }))).rejects.toThrow('no');
    expect(world.held()).toBe(0);
  });
});

describe('measureBlocks', () => {
  it('prices every block by what it adds, whatever always runs', async () => {
    const world = machine();
    const engine = engineOf(world, 2, (macs) => 5 + macs / 1e6);
    const rows = await all(measureBlocks({ architecture, engine, seconds: 0, now: world.now }));
    expect(rows.map(({ block }) => block)).toHaveLength(9);
    const undivided = 5 + (2 * undividedMacs) / 1e6;
    rows.forEach((row, l) => {
      const macs = table.subBlockMacs[l]!.reduce((sum, each) => sum + each, 0);
      expect(row.macsRatio).toBeCloseTo(macs / undividedMacs, 9);
      expect(row.timeRatio).toBeCloseTo((2 * macs) / 1e6 / undivided, 9);
    });
    expect(world.held()).toBe(0);
  });

  it.each([
    ['shares', (options: MeasureOptions) => measureShares({ ...options, shares: [1] })],
    ['blocks', measureBlocks],
  ])('reports what failed first of %s, not that nothing can be released', async (_, measure) => {
    const released: string[] = [];
    const contestant = (name: string): Promise<Contestant> =>
      Promise.resolve({
        run: () => Promise.reject(new Error('out of memory')),
        release: () => {
          released.push(name);
          return Promise.reject(new Error(`${name} is busy`));
        },
      });
    const engine: BenchEngine = {
      name: 'made-up',
      batch: 1,
      undivided: () => contestant('undivided'),
      dynamic: () => contestant('dynamic'),
    };
    await expect(all<unknown>(measure({ architecture, engine, seconds: 0, now: () => 0 }))).rejects.toThrow(
      'out of memory',
    );
    expect(released).toEqual(['dynamic', 'undivided']);
  });
});
