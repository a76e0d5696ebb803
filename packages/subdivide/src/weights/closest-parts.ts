import type { ChannelPlan } from './part-channels.js';

/** Inputs and outputs of a convolution for every part, and the owner of each output. */
interface Grouping {
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
  readonly kept: number;
}

const RANDOM_STARTS = 6;
const MOST_ROUNDS = 30;

/**
 * Divides a convolution that mixes its channels among narrower ones with little loss: it chooses the inputs and the
 * outputs of each part in turn until nothing improves, from several starting points.
 *
 * Inputs may be in several parts. Every output belongs to one part. If there is room, the outputs that benefit most
 * are also computed in a second part, from that part's inputs, and the two results are weighted so that their
 * combined loss is minimal.
 *
 * @param energy - `[a · channels + b]`: dependence of the block's output on the weights from input a to output b
 * @param widths - number of inputs, and of outputs, of each part
 */
export function closestParts(energy: Float64Array, channels: number, widths: readonly number[]): ChannelPlan {
  const starts = [contiguousStart(channels, widths.length), distinctStart(energy, channels, widths.length)];
  const random = randomNumbers(channels);
  for (let i = 0; i < RANDOM_STARTS; i++)
    starts.push(Array.from({ length: channels }, () => Math.floor(random() * widths.length)));
  const found = starts.map((owner) => improved(energy, channels, widths, owner));
  const best = found.reduce((a, b) => (b.kept > a.kept ? b : a));
  const shares = best.outputs.map((outputs) => new Map(outputs.map((output) => [output, 1])));
  addCopies(energy, channels, widths, best, shares);
  const parts = best.inputs.map((inputs, n) => {
    const outputs = [...(shares[n] as Map<number, number>).keys()].sort((a, b) => a - b);
    return {
      between: [inputs, outputs],
      shares: outputs.map((output) => shares[n]?.get(output) as number),
    };
  });
  return { parts, lostShare: lostEnergyShare(energy, channels, parts) };
}

/**
 * Share of the energy that the parts lose: an input that reaches an output with only a share of its weight loses the
 * square of the rest.
 */
export function lostEnergyShare(energy: Float64Array, channels: number, parts: ChannelPlan['parts']): number {
  const reached = new Float64Array(energy.length);
  for (const { between, shares } of parts) {
    const [inputs, outputs] = [between[0] ?? [], between[1] ?? []];
    for (const [i, b] of outputs.entries())
      for (const a of inputs)
        reached[a * channels + b] = (reached[a * channels + b] as number) + (shares[i] as number);
  }
  let [lost, total] = [0, 0];
  for (const [i, value] of energy.entries()) {
    lost += value * (1 - (reached[i] as number)) ** 2;
    total += value;
  }
  return total === 0 ? 0 : lost / total;
}

function improved(
  energy: Float64Array,
  channels: number,
  widths: readonly number[],
  start: readonly number[],
): Grouping {
  let outputs = widths.map((_, n) => indicesOf(start, n));
  let best: Grouping = { inputs: [], outputs: [], kept: -1 };
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const inputs = widths.map((width, n) => bestInputs(energy, channels, outputs[n] ?? [], width));
    const values = inputs.map((list) => outputValues(energy, channels, list));
    outputs = ownedOutputs(values, channels, widths);
    const kept = outputs.reduce(
      (sum, list, n) => list.reduce((part, b) => part + (values[n]?.[b] as number), sum),
      0,
    );
    if (kept <= best.kept) break;
    best = { inputs, outputs, kept };
  }
  return best;
}

/** The inputs that contribute most to these outputs. */
function bestInputs(
  energy: Float64Array,
  channels: number,
  outputs: readonly number[],
  width: number,
): number[] {
  const scores = Array.from({ length: channels }, (_, a) => ({
    a,
    score: outputs.reduce((sum, b) => sum + (energy[a * channels + b] as number), 0),
  }));
  scores.sort((x, y) => y.score - x.score || x.a - y.a);
  return scores
    .slice(0, width)
    .map(({ a }) => a)
    .sort((x, y) => x - y);
}

/** `[b]`: energy of output b from these inputs. */
function outputValues(energy: Float64Array, channels: number, inputs: readonly number[]): Float64Array {
  const values = new Float64Array(channels);
  for (const a of inputs)
    for (let b = 0; b < channels; b++)
      values[b] = (values[b] as number) + (energy[a * channels + b] as number);
  return values;
}

/**
 * Assigns every output to the part with room that has most of its energy; outputs that would lose most come first.
 */
function ownedOutputs(
  values: readonly Float64Array[],
  channels: number,
  widths: readonly number[],
): number[][] {
  const room = [...widths];
  const short = widths.reduce((sum, width) => sum + width, 0) < channels;
  const order = Array.from({ length: channels }, (_, b) => {
    const [first = 0, second = 0] = values.map((of) => of[b] as number).sort((x, y) => y - x);
    return { b, urgency: short ? first : first - second };
  }).sort((x, y) => y.urgency - x.urgency || x.b - y.b);
  const outputs: number[][] = widths.map(() => []);
  for (const { b } of order) {
    const free = widths.map((_, n) => n).filter((n) => (room[n] as number) > 0);
    if (free.length === 0) break;
    const n = free.reduce((x, y) => ((values[y]?.[b] as number) > (values[x]?.[b] as number) ? y : x));
    outputs[n]?.push(b);
    room[n] = (room[n] as number) - 1;
  }
  return outputs.map((list) => list.sort((x, y) => x - y));
}

interface Copy {
  readonly output: number;
  readonly owner: number;
  readonly other: number;
  readonly gain: number;
  /** Weight of the owner, in [0, 1]. */
  readonly share: number;
}

/** Fills the remaining room: first with the second copies that gain most, then with channels that start at zero. */
function addCopies(
  energy: Float64Array,
  channels: number,
  widths: readonly number[],
  { inputs, outputs }: Grouping,
  shares: readonly Map<number, number>[],
): void {
  const roomOf = (n: number): number => (widths[n] as number) - (shares[n]?.size ?? 0);
  const copies = outputs.flatMap((list, owner) =>
    list.flatMap((output) =>
      widths.flatMap((_, other) =>
        other === owner || roomOf(other) < 1
          ? []
          : [copyOf(energy, channels, inputs, { output, owner, other })],
      ),
    ),
  );
  copies.sort((x, y) => y.gain - x.gain || x.output - y.output || x.other - y.other);
  const copied = new Set<number>();
  for (const { output, owner, other, share } of copies) {
    if (copied.has(output) || roomOf(other) < 1) continue;
    copied.add(output);
    shares[owner]?.set(output, share);
    shares[other]?.set(output, 1 - share);
  }
  for (const part of shares) {
    const n = shares.indexOf(part);
    for (let b = 0; b < channels && roomOf(n) > 0; b++) if (!part.has(b)) part.set(b, 0);
  }
}

/**
 * The gain of a second copy. Let m be the energy that only the owner loses, o that which only the other part loses,
 * and c that which both lose: weighted by s and 1 − s they lose c + s² m + (1 − s)² o, which is minimal at s = o / (m
 * + o).
 */
function copyOf(
  energy: Float64Array,
  channels: number,
  inputs: readonly (readonly number[])[],
  { output, owner, other }: Pick<Copy, 'output' | 'owner' | 'other'>,
): Copy {
  const [own, others] = [new Set(inputs[owner]), new Set(inputs[other])];
  let [ownerMisses, otherMisses] = [0, 0];
  for (let a = 0; a < channels; a++) {
    const value = energy[a * channels + output] as number;
    if (own.has(a) && !others.has(a)) otherMisses += value;
    if (!own.has(a) && others.has(a)) ownerMisses += value;
  }
  const sum = ownerMisses + otherMisses;
  const share = sum === 0 ? 0.5 : otherMisses / sum;
  const gain = sum === 0 ? 0 : ownerMisses - (ownerMisses * otherMisses) / sum;
  return { output, owner, other, gain, share };
}

function contiguousStart(channels: number, parts: number): number[] {
  return Array.from({ length: channels }, (_, b) => Math.floor((b * parts) / channels));
}

/** Outputs with the least in common seed the parts; each of the others joins the most similar one. */
function distinctStart(energy: Float64Array, channels: number, parts: number): number[] {
  const columns = Array.from({ length: channels }, (_, b) =>
    unitVector(Float64Array.from({ length: channels }, (_, a) => energy[a * channels + b] as number)),
  );
  const leaders = [0];
  while (leaders.length < parts) {
    const likeness = columns.map((column) =>
      Math.max(...leaders.map((leader) => product(column, columns[leader] as Float64Array))),
    );
    leaders.push(likeness.indexOf(Math.min(...likeness)));
  }
  return columns.map((column) => {
    const likeness = leaders.map((leader) => product(column, columns[leader] as Float64Array));
    return likeness.indexOf(Math.max(...likeness));
  });
}

function unitVector(vector: Float64Array): Float64Array {
  const length = Math.sqrt(product(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}

function product(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

function indicesOf(owner: readonly number[], part: number): number[] {
  return owner.flatMap((n, b) => (n === part ? [b] : []));
}

/** The same numbers in [0, 1) every time: a linear congruential generator, good enough for starting points. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
