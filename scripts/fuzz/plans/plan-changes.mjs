// Changes that know plans: fields, steps, lengths, and numbers of the weights.
import { bytesOf, caseOf, flag } from './plan-case.mjs';
import { fieldsOf, listsOf, stepsOf } from './plan-fields.mjs';

/**
 * @typedef {import('../frame/random.mjs').Random} Random
 * @typedef {import('./plan-case.mjs').PlanCase} PlanCase
 * @typedef {import('./plan-fields.mjs').PlanFields} PlanFields
 */

const INTEGERS = [
  ...[0, 1, -1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 1023],
  ...[
    2 ** 14,
    2 ** 14 + 1,
    2 ** 16,
    2 ** 16 + 1,
    2 ** 20,
    2 ** 22,
    2 ** 24,
    2 ** 30,
    2 ** 31 - 1,
    -(2 ** 31),
  ],
];
const bits = (/** @type {number} */ value) => new Int32Array(Float32Array.of(value).buffer)[0] ?? 0;
const REALS = [NaN, Infinity, -Infinity, -0, 0, 1, -1, 6, 1e-45, 1e-38, 3.4e38, -3.4e38, 1e10, -1e10].map(
  bits,
);

/** @param {(given: PlanCase, random: Random) => PlanCase} change @returns {import('../frame/changes.mjs').Change} */
const inCase = (change) => (bytes, random) => {
  const given = caseOf(bytes);
  return given === undefined ? bytes : bytesOf(change(given, random));
};

/** @param {(words: Int32Array, fields: PlanFields, random: Random) => Int32Array} change */
const inPlan = (change) =>
  inCase((given, random) => {
    const fields = fieldsOf(given.plan);
    return fields === undefined ? given : { ...given, plan: change(given.plan.slice(), fields, random) };
  });

/** A number for a field: near, far, or that of another field of its role. @param {Int32Array} words @param {PlanFields} plan */
function another(
  words,
  { fields },
  /** @type {number} */ at,
  /** @type {string} */ role,
  /** @type {Random} */ random,
) {
  if (role === 'bound') return random.pick(REALS);
  if (random.chance(0.4)) return words[random.pick(fields.filter((field) => field.role === role)).at];
  if (random.chance(0.5)) return words[at] + random.pick([1, -1, 2, -2]);
  return random.chance(0.5) ? random.below(9) : random.pick(INTEGERS);
}

/** @type {import('../frame/changes.mjs').Change} */
const oneField = inPlan((words, plan, random) => {
  const { at, role } = random.pick(plan.fields);
  words[at] = another(words, plan, at, role, random);
  return words;
});

/** A field of a step that computes, such as a stride: often still a plan, once it is repaired. @type {import('../frame/changes.mjs').Change} */
const oneShape = inPlan((words, plan, random) => {
  const places = stepsOf(plan.steps).flatMap(({ kind, places }) =>
    ['convolution', 'max-pool', 'widen'].includes(kind)
      ? ['kernel', 'stride', 'top', 'bottom', 'left', 'right', 'groups', 'join', 'adds'].flatMap(
          (name) => places[name] ?? [],
        )
      : [],
  );
  for (const { at } of plan.maps) places.push(at, at + 1, at + 1);
  words[random.pick(places)] = random.chance(0.8) ? random.below(12) : random.pick(INTEGERS);
  return words;
});

/** @type {import('../frame/changes.mjs').Change} */
const steps = inPlan((words, plan, random) => {
  const lists = listsOf(plan.steps).filter((list) => list.steps.length > 0);
  if (lists.length === 0) return words;
  const list = random.pick(lists);
  const step = random.pick(list.steps);
  const kind = random.below(4);
  if (kind === 0) return spliced(words, list, step.at, step.end, []);
  const other = random.pick(random.pick(lists).steps);
  const piece = [...words.subarray(other.at, other.end)];
  if (kind === 1) return spliced(words, list, step.at, step.at, piece);
  if (kind === 2) return spliced(words, list, step.at, step.end, piece);
  // another kind of step, whose fields are read from what follows
  words[step.at] = random.below(12);
  return words;
});

/** @param {Int32Array} words @param {import('./plan-fields.mjs').Steps} list @param {number} from @param {number} to @param {number[]} piece */
function spliced(words, list, from, to, piece) {
  const result = Int32Array.from([...words.subarray(0, from), ...piece, ...words.subarray(to)]);
  result[list.countAt] += (piece.length > 0 ? 1 : 0) - (to > from ? 1 : 0);
  return result;
}

/** A length or option of what the plan is run with. @type {import('../frame/changes.mjs').Change} */
const lengths = inCase((given, random) => {
  const near = (/** @type {number} */ value) =>
    random.chance(0.5)
      ? value + random.pick([1, -1, 2, -2])
      : random.chance(0.5)
        ? random.below(40)
        : random.pick(INTEGERS);
  const { flags, image, pattern, thresholds } = given;
  switch (random.below(8)) {
    case 0:
      return { ...given, image: near(image) };
    case 1:
      return { ...given, pattern: near(pattern), flags: flags | flag.pattern };
    case 2:
      return { ...given, thresholds: near(thresholds), flags: flags | flag.thresholds };
    case 3: {
      const lengths = given.lengths.slice();
      if (lengths.length > 0) lengths[random.below(lengths.length)] = near(random.pick([...lengths]));
      return { ...given, lengths };
    }
    case 4:
      return { ...given, lengths: given.lengths.slice(0, random.below(given.lengths.length + 1)) };
    default:
      return {
        ...given,
        flags: random.below(32) + 64 * random.below(32),
        threads: random.below(2),
        workers: random.below(2),
      };
  }
});

/** Weights, image, pattern and thresholds share these. @type {import('../frame/changes.mjs').Change} */
const numbers = inCase((given, random) => {
  if (given.numbers.length === 0) return given;
  const numbers = given.numbers.slice();
  for (let i = random.below(3); i >= 0; i--) numbers[random.below(numbers.length)] = random.pick(REALS);
  return { ...given, numbers };
});

export const changes = [
  oneField,
  oneField,
  oneField,
  oneShape,
  oneShape,
  oneShape,
  steps,
  steps,
  lengths,
  numbers,
];

/** Makes channels, sizes and lengths fit again, step by step, so that what was changed runs. @param {Uint8Array} bytes */
export function repaired(bytes) {
  const given = caseOf(bytes);
  const fields = given && fieldsOf(given.plan);
  if (given === undefined || fields === undefined) return bytes;
  const [plan, lengths] = [given.plan.slice(), given.lengths.slice()];
  const { maps, vectors } = fields;
  /** @param {number} map @param {'channels' | 'size'} what @param {number} value */
  const setMap = (map, what, value) => {
    const to = maps[map];
    if (to === undefined) return;
    to[what] = value;
    plan[to.at + (what === 'channels' ? 0 : 1)] = value;
  };
  const window = (/** @type {number} */ size, /** @type {Record<string, number>} */ step) =>
    Math.max(
      1,
      Math.floor(
        (size + (step.top ?? 0) + (step.bottom ?? 0) - (step.kernel ?? 1)) / Math.max(1, step.stride ?? 1),
      ) + 1,
    );
  const setLength = (/** @type {number} */ index, /** @type {number} */ length) => {
    if (index >= 0 && index < lengths.length) lengths[index] = length;
  };
  for (const step of stepsOf(fields.steps)) {
    const { kind, fields: own, places } = step;
    const set = (/** @type {string} */ name, /** @type {number} */ value) => {
      own[name] = value;
      plan[places[name] ?? 0] = value;
    };
    const [from, to] = [maps[own.from ?? -1], maps[own.to ?? -1]];
    if (kind === 'convolution' && from && to) {
      const { parts = 1, join = 0 } = own;
      set('in', join === 0 ? from.channels : Math.floor(from.channels / Math.max(1, parts)));
      set('out', join === 2 ? to.channels : Math.floor(to.channels / Math.max(1, parts)));
      const { in: inner = 1, out: outer = 1, groups = 1, kernel = 1 } = own;
      if (groups < 1 || inner % groups !== 0 || outer % groups !== 0) set('groups', 1);
      setMap(own.to ?? 0, 'size', window(from.size, own));
      if (own.added !== undefined) {
        setMap(own.added, 'channels', to.channels);
        setMap(own.added, 'size', to.size);
      }
      for (const at of step.weights)
        setLength(plan[at], (outer * inner * kernel * kernel) / (own.groups ?? 1));
      for (const at of step.biases) setLength(plan[at], outer);
    } else if (kind === 'max-pool' && from && to) {
      setMap(own.to ?? 0, 'channels', from.channels);
      setMap(own.to ?? 0, 'size', window(from.size, own));
    } else if (kind === 'widen' && from && to) {
      setMap(own.to ?? 0, 'size', Math.ceil(from.size / Math.max(1, own.stride ?? 1)));
    } else if ((kind === 'copy' || kind === 'add' || kind === 'activate') && from && to) {
      setMap(own.to ?? 0, 'channels', from.channels);
      setMap(own.to ?? 0, 'size', from.size);
      if (own.bias !== undefined) setLength(own.bias, from.channels);
    } else if (kind === 'mean' && from && vectors[own.to ?? -1]) {
      const vector = vectors[own.to ?? 0];
      if (vector) plan[vector.at] = vector.length = from.channels;
    } else if (kind === 'linear') {
      const [x, y] = [vectors[own.from ?? -1]?.length ?? 0, vectors[own.to ?? -1]?.length ?? 0];
      setLength(own.weight ?? -1, x * y);
      if (own.bias !== undefined) setLength(own.bias, y);
    } else if (kind === 'exit') {
      const [mine, all] = [vectors[own.logits ?? -1], vectors[fields.logits]];
      if (mine && all) plan[mine.at] = mine.length = all.length;
    }
  }
  const [first] = maps;
  const image = first ? first.channels * first.size * first.size : given.image;
  return bytesOf({
    ...given,
    plan,
    lengths,
    image: Number.isSafeInteger(image) && image < 2 ** 31 ? image : given.image,
  });
}
