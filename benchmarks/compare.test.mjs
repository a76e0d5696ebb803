import { expect, it } from 'vitest';
import { alternate } from './compare.mjs';

/**
 * A side whose answers and use of the processor are written down.
 *
 * @param {string} name @param {string[]} log
 * @param {{ ms?: (call: number) => number, cpu?: () => number | null }} [answers]
 */
function side(name, log, { ms = () => 1, cpu = () => 0 } = {}) {
  let calls = 0;
  return {
    measure(/** @type {number} */ count) {
      log.push(`${name}${count}`);
      calls++;
      return Promise.resolve({ ms: Array.from({ length: count }, () => ms(calls)) });
    },
    cpuSeconds: cpu,
  };
}

it('lets the sides measure in turn, and keeps their rounds apart', async () => {
  const log = [];
  const sides = {
    ours: side('A', log, { ms: (call) => 10 * call }),
    peer: side('B', log, { ms: (call) => call }),
  };
  const { ms } = await alternate(sides, { rounds: 3, measurements: 2, settleMs: 0 });
  expect(log).toEqual(['A2', 'B2', 'A2', 'B2', 'A2', 'B2']);
  // prettier-ignore
  expect(ms).toEqual({ ours: [[10, 10], [20, 20], [30, 30]], peer: [[1, 1], [2, 2], [3, 3]] });
});

it('works with one side', async () => {
  const log = [];
  const { ms } = await alternate({ ours: side('A', log) }, { rounds: 2, measurements: 1, settleMs: 0 });
  expect(log).toEqual(['A1', 'A1']);
  expect(ms).toEqual({ ours: [[1], [1]] });
});

it('reports a side that is busy while it should wait', async () => {
  let spun = 0;
  const sides = { ours: side('A', []), peer: side('B', [], { cpu: () => (spun += 1) }) };
  const { busyWhileIdle } = await alternate(sides, { rounds: 1, measurements: 1, settleMs: 0 });
  expect(busyWhileIdle).toEqual(['peer']);
});

it('cannot tell where processor time is unknown', async () => {
  const sides = { ours: side('A', []), peer: side('B', [], { cpu: () => null }) };
  const { busyWhileIdle, othersCores } = await alternate(sides, {
    rounds: 1,
    measurements: 1,
    settleMs: 0,
  });
  expect(busyWhileIdle).toEqual([]);
  expect(othersCores).toBeNull();
});
