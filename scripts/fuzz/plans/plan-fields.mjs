// The structure of an encoded plan, as src/plan/encode-plan.ts of @dmnn/engine writes it: where each field is, whatever
// its value. What cannot be followed is left to the core, which refuses it.

/**
 * @typedef {{ at: number, role: string }} Field a place among the words of a plan, and what the number there is
 * @typedef {object} Step
 * @property {string} kind
 * @property {number} at of its first word
 * @property {number} end after its last word
 * @property {Record<string, number>} fields the value of each field, by name
 * @property {Record<string, number>} places where it is
 * @property {number[]} weights of a convolution: places of the indices of its filter's parts
 * @property {number[]} biases
 * @property {Steps[]} cases of a branch; of an exit, its steps
 * @typedef {{ countAt: number, steps: Step[] }} Steps
 * @typedef {object} PlanFields
 * @property {Field[]} fields all of them
 * @property {{ channels: number, size: number, slot: number, at: number }[]} maps
 * @property {{ length: number, at: number }[]} vectors
 * @property {number} tensors
 * @property {number} logits index of their vector
 * @property {Steps} steps
 */

const PADDING = 'top:size bottom:size left:size right:size';

/** Fields of the kinds of steps, in order, with their roles; a convolution and a branch have more. */
const steps = /** @type {const} */ ([
  [
    'convolution',
    'from:map to:map parts:small join:join kernel:size in:channels out:channels groups:channels',
  ],
  ['max-pool', `from:map to:map kernel:size stride:size ${PADDING}`],
  ['mean', 'from:map to:vector'],
  ['linear', 'from:vector to:vector weight:tensor biased:flag'],
  ['decide', 'from:vector gates:gates'],
  ['branch', 'gates:gates first:small bits:small'],
  ['widen', 'from:map to:map stride:size'],
  ['copy', 'from:map to:map'],
  ['add', 'from:map to:map'],
  ['activate', 'from:map to:map biased:flag'],
  ['observe', 'from:map first:small channels:channels site:small'],
  ['exit', 'logits:vector'],
  ['cell', 'from:vector cell:vector hidden:vector first:flag'],
]);
const MOST_BITS = 6;
const DEEPEST = 5;

/** @param {Int32Array} words @returns {PlanFields | undefined} undefined if it ends too early, or goes on after its end */
export function fieldsOf(words) {
  try {
    return new Walk(words).plan();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

class Walk {
  #words;
  #at = 0;
  /** @type {Field[]} */
  #fields = [];

  /** @param {Int32Array} words */
  constructor(words) {
    this.#words = words;
  }

  /** @returns {PlanFields} */
  plan() {
    this.#next('magic');
    this.#next('version');
    const maps = this.#list('count', () => {
      const at = this.#at;
      const map = {
        at,
        channels: this.#next('channels'),
        size: this.#next('size'),
        slot: this.#next('slot'),
      };
      this.#next('kept');
      this.#next('bound');
      return map;
    });
    const vectors = this.#list('count', () => ({ at: this.#at, length: this.#next('channels') }));
    const tensors = this.#next('count');
    this.#list('count', () => this.#next('small'));
    const logits = this.#next('vector');
    this.#next('small'); // sites
    const steps = this.#steps(0);
    if (this.#at !== this.#words.length) throw new RangeError('more words');
    return { fields: this.#fields, maps, vectors, tensors, logits, steps };
  }

  /** @param {string} role */
  #next(role) {
    if (this.#at >= this.#words.length) throw new RangeError('the end');
    this.#fields.push({ at: this.#at, role });
    return this.#words[this.#at++];
  }

  /** @template T @param {string} role of the count @param {() => T} one @returns {T[]} */
  #list(role, one) {
    const count = this.#next(role);
    return this.#many(count, one);
  }

  /** @template T @param {number} count @param {() => T} one @returns {T[]} */
  #many(count, one) {
    if (count < 0 || count > this.#words.length) throw new RangeError('a count');
    return Array.from({ length: count }, one);
  }

  /** @param {number} depth @returns {Steps} */
  #steps(depth) {
    if (depth > DEEPEST) throw new RangeError('too deep');
    const countAt = this.#at;
    return { countAt, steps: this.#list('count', () => this.#step(depth)) };
  }

  /** @param {number} depth @returns {Step} */
  #step(depth) {
    const at = this.#at;
    const named = steps[this.#next('kind')];
    if (named === undefined) throw new RangeError('a kind');
    const [kind, layout] = named;
    /** @type {Step} */
    const step = { kind, at, end: at, fields: {}, places: {}, weights: [], biases: [], cases: [] };
    const read = (/** @type {string} */ text) => {
      for (const field of text.split(' ')) {
        const [name = '', role = ''] = field.split(':');
        step.places[name] = this.#at;
        step.fields[name] = this.#next(role);
      }
    };
    read(layout);
    const place = () => {
      this.#next('tensor');
      return this.#at - 1;
    };
    if (kind === 'convolution') {
      step.weights = this.#many(step.fields.parts ?? 0, place);
      step.biases = this.#many(step.fields.parts ?? 0, place);
      read(`stride:size ${PADDING} adds:flag`);
      if (step.fields.adds === 1) read('added:map');
      read('curve:curve low:bound high:bound');
    } else if (kind === 'linear') {
      if (step.fields.biased === 1) read('bias:tensor');
      read('curve:curve low:bound high:bound adds:flag bfloat16:flag');
    } else if (kind === 'activate') {
      if (step.fields.biased === 1) read('bias:tensor');
      read('curve:curve low:bound high:bound');
    } else if (kind === 'branch') {
      const bits = step.fields.bits ?? 0;
      if (bits < 0 || bits > MOST_BITS) throw new RangeError('too many gates');
      step.cases = this.#many(2 ** bits, () => this.#steps(depth + 1));
    } else if (kind === 'exit') {
      step.cases = [this.#steps(depth + 1)];
    }
    step.end = this.#at;
    return step;
  }
}

/** All lists of steps, those within branches too. @param {Steps} steps @returns {Steps[]} */
export function listsOf(steps) {
  return [steps, ...steps.steps.flatMap(({ cases }) => cases.flatMap(listsOf))];
}

/** All steps, those within branches too, in order. @param {Steps} steps @returns {Step[]} */
export function stepsOf(steps) {
  return steps.steps.flatMap((step) => [step, ...step.cases.flatMap(stepsOf)]);
}

/**
 * The work of a plan: numbers that it keeps in memory, and multiply–accumulates of the most expensive patterns, with
 * other operations counted by the numbers that they write.
 *
 * @param {PlanFields} plan
 */
export function workOf({ maps, vectors, steps }) {
  const sizes = maps.map(({ channels, size }) => channels * size * size);
  /** @type {Map<number, number>} */
  const slots = new Map();
  maps.forEach(({ slot }, map) => slots.set(slot, Math.max(slots.get(slot) ?? 0, sizes[map] ?? 0)));
  let numbers = vectors.reduce((sum, { length }) => sum + length, 0);
  for (const size of slots.values()) numbers += size;
  /** @param {Steps} list @returns {number} */
  const macsOf = (list) => list.steps.reduce((sum, step) => sum + macsOfStep(step), 0);
  /** @param {Step} step */
  const macsOfStep = ({ kind, fields, cases }) => {
    const { from = 0, to = from, kernel = 1, parts = 1 } = fields;
    const size = sizes[to] ?? 0;
    if (kind === 'branch' || kind === 'exit') return Math.max(0, ...cases.map(macsOf));
    if (kind === 'convolution') {
      const filter = parts * (fields.in ?? 0) * kernel * kernel;
      numbers += filter * (fields.out ?? 0); // laid out for each step
      return filter * size;
    }
    if (kind === 'max-pool') return size * kernel * kernel;
    if (kind === 'linear') return (vectors[from]?.length ?? 0) * (vectors[to]?.length ?? 0);
    if (kind === 'decide') return 1;
    return Math.max(size, sizes[from] ?? 0);
  };
  const macs = macsOf(steps);
  return { numbers, macs };
}
