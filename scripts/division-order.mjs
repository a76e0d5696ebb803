// Compares ways to divide a trained network: which hidden channels go to which sub-block, and where the mean of a sub-block
// is kept. Prints the table of packages/subdivide/README.md, and all numbers with --json FILE.
//   node scripts/division-order.mjs --model MODEL --data cifar10=PATH [--sub-blocks 2,4] [--every 10] [--json FILE]
// MODEL is a folder of `dmnn import` or of a run. Needs the engine: dmnn backend install --engine.
import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gatedBlocks, placedBlocks } from '@dmnn/architecture';
import { evaluationBatches, openDataset, subset, trainingBatches } from '@dmnn/data';
import { openEngine } from '@dmnn/engine';
import { createNetwork } from '@dmnn/network';
import { openNetworkData } from '@dmnn/runs';
import { chooseBackend } from '@dmnn/runtime';
import { splitWeights, subdivide } from '../packages/subdivide/dist/index.js';
import { calibrateNetwork } from '@dmnn/trainer';
import { taylorScores } from '@dmnn/trainer/internal';
import { initialWeights } from '@dmnn/weights';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    data: { type: 'string' },
    'sub-blocks': { type: 'string', default: '2,4' },
    every: { type: 'string', default: '10' },
    'closed-every': { type: 'string', default: '20' },
    'blocks-every': { type: 'string', default: '1' },
    patterns: { type: 'string', default: '10' },
    orders: { type: 'string', default: 'contiguous,gamma-norm,importance,taylor' },
    json: { type: 'string' },
  },
});
if (!values.model || !values.data) {
  console.error('usage: node scripts/division-order.mjs --model MODEL --data cifar10=PATH [--json FILE]');
  process.exit(2);
}

const CALIBRATION_IMAGES = 512;
const SEED = 20_261_130;
let seed = SEED;
/** Lehmer's generator: a number in (0, 1). */
const draw = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
await chooseBackend();

const opened = await openNetworkData(values.model);
const { architecture: whole, weights } = opened;
const { channelMeans, channelDeviations } = opened;
const prepared = (dataset) => ({ ...dataset, channelMeans, channelDeviations });
const { train, test } = await openDataset(values.data);

/** Test images stand in order of class, so a part of them is every so many. */
const everyNth = (every) => {
  const indices = Array.from({ length: Math.floor(test.size / every) }, (_, i) => i * every);
  return readImages(prepared(subset(test, indices)));
};
const images = await everyNth(Number(values.every));
const fewer = await everyNth(Number(values['closed-every']));
const training = prepared(train);
const scores = new Map([['gamma-norm', gammaNorms()]]);
if (values.orders.split(',').includes('taylor')) scores.set('taylor', await taylor());

const rows = [];
for (const subBlocks of values['sub-blocks'].split(',').map(Number)) {
  for (const order of values.orders.split(',')) {
    const to = subdivide(whole, { subBlocks, blockBias: true });
    const split = splitWeights({
      from: { architecture: whole, weights },
      to,
      order: orderOf(order),
    });
    const estimated = new Map([...initialWeights(to, { seed: 1 }), ...split.weights]);
    const network = createNetwork(to, { seed: 1, weights: estimated });
    await calibrateNetwork(network, { dataset: training, images: CALIBRATION_IMAGES, augmentation: 'none' });
    const measured = await network.weights();
    network.dispose();
    const plain = subdivide(whole, { subBlocks });
    const systems = [
      ['sub-blocks', plain, withoutBias(to, measured)],
      ['bias, estimated', to, estimated],
      ['bias, measured', to, measured],
    ];
    for (const [mean, architecture, own] of systems) {
      const row = { subBlocks, order, mean, ...(await errorsOf(architecture, own)) };
      rows.push(row);
      console.error(JSON.stringify({ ...row, closed: undefined }));
    }
  }
}
if (values.json)
  writeFileSync(
    values.json,
    `${JSON.stringify({ network: whole.name, images: images.length, fewer: fewer.length, rows }, null, 1)}\n`,
  );
console.log(
  '| network | N | order | mean | all open | one closed: first | last | mean | largest | all but last open | half open: first | last | random |',
);
console.log('|---|---|---|---|---|---|---|---|---|---|---|---|---|');
const columns = [
  ...['open', 'closedFirst', 'closedLast', 'closedMean', 'closedMost'],
  ...['allButLast', 'firstHalf', 'lastHalf', 'randomHalf'],
];
for (const { subBlocks, order, mean, ...of } of rows) {
  const errors = columns.map((key) => of[key]?.toFixed(1) ?? '');
  console.log(`| ${[whole.name, subBlocks, order, mean, ...errors].join(' | ')} |`);
}

/** @param {string} name @returns {import('../packages/subdivide/dist/index.js').ChannelOrder} */
function orderOf(name) {
  if (name === 'contiguous' || name === 'importance') return name;
  const own = scores.get(name);
  if (own) return own;
  throw new RangeError(`--orders: expected contiguous, importance, gamma-norm or taylor, got ${name}`);
}

/** @param {string} name */
function tensorAt(name) {
  const tensor = weights.get(name);
  if (tensor) return tensor;
  throw new RangeError(
    `--model: expected a batch norm and a convolution after it in every block, got no ${name}`,
  );
}

/** By block: |γ| of each hidden channel times the norm of the weights that read it. */
function gammaNorms() {
  const found = new Map();
  for (const { block, path } of placedBlocks(whole)) {
    const last = (block.subBlocks[0]?.units.length ?? 0) - 1;
    const own = `${path}.subblock0.unit`;
    const gamma = tensorAt(`${own}${last - 1}.gamma`).data;
    const { shape, data } = tensorAt(`${own}${last}.weight`);
    const [, , inputs, outputs] = /** @type {number[]} */ (shape);
    const squares = new Float64Array(gamma.length);
    data.forEach((value, i) => (squares[Math.floor(i / outputs) % inputs] += Number(value) ** 2));
    found.set(
      path,
      squares.map((square, c) => Math.abs(Number(gamma[c])) * Math.sqrt(square)),
    );
  }
  return found;
}

/** By block: Molchanov's scores of 2019, on the images that calibrate. */
async function taylor() {
  const network = createNetwork(whole, { seed: 1, weights });
  const batchSize = 64;
  const few = subset(
    training,
    Array.from({ length: CALIBRATION_IMAGES }, (_, i) => i),
  );
  const batches = trainingBatches(few, { batchSize, seed: 1, epoch: 0, startStep: 0, augment: 'none' });
  const taken = (async function* () {
    let count = 0;
    for await (const batch of batches) {
      yield batch;
      if (++count === CALIBRATION_IMAGES / batchSize) return;
    }
  })();
  const byUnit = await taylorScores(network, taken, 'gate');
  network.dispose();
  return new Map([...byUnit].map(([unit, scored]) => [unit.replace(/\.subblock0.*/, ''), scored]));
}

/** The same function with the means in the sub-blocks, as a division without a bias leaves them. */
function withoutBias(architecture, own) {
  const result = new Map(own);
  for (const { block, path } of gatedBlocks(architecture)) {
    const { data } = result.get(`${path}.bias`);
    result.delete(`${path}.bias`);
    block.subBlocks.forEach(({ units }, n) => {
      const name = `${path}.subblock${n}.unit${units.length - 1}.beta`;
      result.set(name, {
        dtype: 'F32',
        shape: [data.length],
        data: data.map((value) => value / block.subBlocks.length),
      });
    });
  }
  return result;
}

async function readImages(dataset) {
  const read = [];
  for await (const { images: all, labels, shape } of evaluationBatches(dataset, { batchSize: 100 })) {
    const length = shape[1] * shape[2] * shape[3];
    labels.forEach((label, b) => read.push({ label, image: all.slice(b * length, (b + 1) * length) }));
  }
  return read;
}

async function errorsOf(architecture, own) {
  const engine = await openEngine({ architecture, weights: own }, { precision: 'f32' });
  const gated = gatedBlocks(architecture);
  const count = gated[0].block.subBlocks.length;
  const error = async (set, pattern) => {
    let wrong = 0;
    for (let at = 0; at < set.length; at += 16) {
      const outputs = await Promise.all(
        set.slice(at, at + 16).map(({ image }) => engine.run(image, { pattern })),
      );
      outputs.forEach(
        ({ logits }, i) => (wrong += Number(logits.indexOf(Math.max(...logits)) !== set[at + i].label)),
      );
    }
    return (100 * wrong) / set.length;
  };
  const all = (isOpen) => gated.map((_, l) => Array.from({ length: count }, (_, n) => isOpen(l, n)));
  const half = Math.floor(count / 2);
  const closed = [];
  for (let l = 0; l < gated.length; l += Number(values['blocks-every'])) {
    const own = [];
    for (let n = 0; n < count; n++)
      own.push(
        await error(
          fewer,
          all((k, m) => k !== l || m !== n),
        ),
      );
    closed.push(own);
  }
  const random = [];
  for (let p = 0; p < Number(values.patterns); p++) {
    const draws = gated.map(() => shuffled(count, draw).slice(0, half));
    random.push(
      await error(
        images,
        all((l, n) => draws[l].includes(n)),
      ),
    );
  }
  seed = SEED; // the same patterns for every division
  const result = {
    open: await error(
      images,
      all(() => true),
    ),
    openOfFewer: await error(
      fewer,
      all(() => true),
    ),
    closedFirst: mean(closed.map((each) => each[0])),
    closedLast: mean(closed.map((each) => each.at(-1))),
    closedMean: mean(closed.flat()),
    closedMost: Math.max(...closed.flat()),
    allButLast:
      count > 2
        ? await error(
            images,
            all((_, n) => n < count - 1),
          )
        : undefined,
    firstHalf: await error(
      images,
      all((_, n) => n < half),
    ),
    lastHalf: await error(
      images,
      all((_, n) => n >= count - half),
    ),
    randomHalf: mean(random),
    random,
    closed,
  };
  await engine.close();
  return result;
}

function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function shuffled(count, random) {
  const order = Array.from({ length: count }, (_, n) => n);
  for (let n = count - 1; n > 0; n--) {
    const other = Math.floor(random() * (n + 1));
    [order[n], order[other]] = [order[other], order[n]];
  }
  return order;
}
