// Two sides in turn: A, B, A, B, …, so that a machine that becomes slower becomes so for both.
import { setTimeout as sleep } from 'node:timers/promises';
import { machineBusySeconds } from './machine.mjs';

/** Threads of a side that has just answered may still spin for a while, waiting for more work. */
const SETTLE_MS = 300;

/** An idle side that uses more of one core than this disturbs the other. */
const MOST_IDLE_SHARE = 0.05;

/** @typedef {{ measure(count: number): Promise<{ ms: number[] }>, cpuSeconds(): number | null }} Side */

/**
 * Lets sides measure in turn; while one does, the others wait.
 *
 * @param {Readonly<Record<string, Side>>} sides
 * @param {{ rounds: number, measurements: number, settleMs?: number, onRound?: (round: number, ms: Record<string, number[] | undefined>) => void }} options
 * @returns {Promise<{ ms: Record<string, number[][]>, busyWhileIdle: string[], othersCores: number | null }>} times by
 *   side, `[round][measurement]`; the sides that were not idle while another measured; processors that were kept busy by
 *   anything but the sides, on average, null where that cannot be known
 */
export async function alternate(sides, options) {
  const { rounds, measurements, settleMs = SETTLE_MS, onRound } = options;
  const names = Object.keys(sides);
  /** @type {Record<string, number[][]>} */
  const ms = Object.fromEntries(names.map((name) => [name, []]));
  const busy = new Set();
  const others = watchOthers(Object.values(sides));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      await sleep(settleMs);
      const idle = names.filter((other) => other !== name);
      const before = idle.map((other) => sides[other].cpuSeconds());
      const began = performance.now();
      const answer = await sides[name].measure(measurements);
      const seconds = (performance.now() - began) / 1000;
      for (const [i, other] of idle.entries()) {
        const [then, now] = [before[i], sides[other].cpuSeconds()];
        if (then !== null && now !== null && now - then > MOST_IDLE_SHARE * seconds + 0.02) busy.add(other); // 0.02 s: twice what the kernel counts in
      }
      ms[name].push(answer.ms);
    }
    onRound?.(round, Object.fromEntries(names.map((name) => [name, ms[name].at(-1)])));
  }
  return { ms, busyWhileIdle: [...busy], othersCores: others() };
}

/**
 * @param {readonly Side[]} sides
 * @returns {() => number | null} processors that others have kept busy since, on average
 */
function watchOthers(sides) {
  const now = () => {
    /** @type {(number | null)[]} */
    const used = sides.map((side) => side.cpuSeconds());
    const machine = machineBusySeconds();
    if (machine === null) return null;
    return used.reduce(
      (left, seconds) => (left === null || seconds === null ? null : left - seconds),
      machine,
    );
  };
  const [before, began] = [now(), performance.now()];
  return () => {
    const after = now();
    if (before === null || after === null) return null;
    return Math.max(0, (1000 * (after - before)) / (performance.now() - began));
  };
}
