// The benchmarks: one entry per number, as plain data. docs/benchmarks.md explains them.

/**
 * A program of `sides/`, and its settings in addition to the number of threads.
 *
 * @typedef {{ program: string, settings: object, threads?: number, nodeFlags?: string[] }} Side
 */

/**
 * `time`: milliseconds of both sides, in alternating rounds. `share`: the same, and ours is what is left of the whole
 * (`peer`) without the rest (`ours`). `memory`: most resident memory, one side after the other. `soak`: one side,
 * against itself at an earlier step.
 *
 * @typedef {object} Benchmark
 * @property {string} name
 * @property {'time' | 'share' | 'memory' | 'soak'} kind
 * @property {string} what - short description of ours
 * @property {string} peerIs - description of the peer
 * @property {string} unit
 * @property {string} goal - of the ratio
 * @property {Side} ours
 * @property {Side} [peer]
 */

const resnet50 = { model: 'resnet50', classes: 1000, imageSizePx: 224, controllers: true };
const resnet50Training = { ...resnet50, batch: 16, stepsPerMeasurement: 1, warmUp: 3 };
const resnet20 = { model: 'cifar-resnet20', classes: 100, imageSizePx: 32, controllers: true };
const resnet20Training = { ...resnet20, batch: 128, stepsPerMeasurement: 2, warmUp: 3 };
const inference = (batch) => ({ ...resnet50, batch, stepsPerMeasurement: batch === 1 ? 10 : 2, warmUp: 2 });

const native = (program, settings) => ({ program, settings: { backend: 'native', ...settings } });
const PYTORCH = 'PyTorch, eager, channels last';

/** @type {readonly Benchmark[]} */
export const benchmarks = [
  {
    name: 'train-resnet50',
    kind: 'time',
    what: 'training step, ResNet-50, 224 px, batch 16, native',
    peerIs: PYTORCH,
    unit: 'ms/image',
    goal: '≤ 1.15',
    ours: native('train.mjs', resnet50Training),
    peer: { program: 'train.py', settings: resnet50Training },
  },
  {
    name: 'memory-resnet50',
    kind: 'memory',
    what: 'peak resident memory of six such steps',
    peerIs: PYTORCH,
    unit: 'GB',
    goal: '≤ 1.3',
    ours: native('train.mjs', resnet50Training),
    peer: { program: 'train.py', settings: resnet50Training },
  },
  {
    name: 'train-cifar-resnet20',
    kind: 'time',
    what: 'training step, CIFAR ResNet-20, 32 px, batch 128, native',
    peerIs: PYTORCH,
    unit: 'ms/image',
    goal: '≤ 1.25',
    ours: native('train.mjs', resnet20Training),
    peer: { program: 'train.py', settings: resnet20Training },
  },
  ...[2, 4].map((subBlocks) => ({
    name: `train-dmnn50-n${subBlocks}`,
    kind: /** @type {const} */ ('time'),
    what: `training step, DMNN-50 of ${subBlocks} sub-blocks, 224 px, batch 16, masked, native`,
    peerIs: 'our own ResNet-50 step',
    unit: 'ms/image',
    goal: '≤ 1.25',
    ours: native('train.mjs', { ...resnet50Training, model: `dmnn50-n${subBlocks}` }),
    peer: native('train.mjs', resnet50Training),
  })),
  ...[1, 16].map((batch) => ({
    name: `infer-resnet50-b${batch}`,
    kind: /** @type {const} */ ('time'),
    what: `inference, ResNet-50, 224 px, batch ${batch}, folded, native`,
    peerIs: PYTORCH,
    unit: 'ms/image',
    goal: '≤ 0.9',
    ours: native('infer.mjs', inference(batch)),
    peer: { program: 'infer.py', settings: inference(batch) },
  })),
  {
    name: 'wasm-train-cifar-resnet20',
    kind: 'time',
    what: 'training step, CIFAR ResNet-20, 32 px, batch 128, WebAssembly',
    peerIs: PYTORCH,
    unit: 'ms/image',
    goal: '≤ 8',
    ours: { program: 'train.mjs', settings: { ...resnet20Training, backend: 'wasm', warmUp: 2 } },
    peer: { program: 'train.py', settings: resnet20Training },
  },
  {
    name: 'gate-overhead',
    kind: 'share',
    what: 'controllers, gates and losses of a DMNN-50 step of 2 sub-blocks, 224 px, batch 16, native',
    peerIs: 'the whole step',
    unit: 'ms/image',
    goal: '≤ 0.03',
    ours: native('train.mjs', { ...resnet50Training, model: 'dmnn50-n2', controllers: false }),
    peer: native('train.mjs', { ...resnet50Training, model: 'dmnn50-n2' }),
  },
  {
    name: 'decode-imagenet',
    kind: 'time',
    what: 'photographs decoded, cropped, flipped, normalised, in batches of 32, on one core',
    peerIs: 'torchvision with PIL',
    unit: 'ms/image',
    goal: '≤ 1',
    ours: { program: 'decode-imagenet.mjs', settings: { batch: 32, warmUp: 1 }, threads: 1 },
    peer: { program: 'decode-imagenet.py', settings: { batch: 32, warmUp: 1 }, threads: 1 },
  },
  {
    name: 'soak',
    kind: 'soak',
    what: 'resident memory at the end of a long training run, CIFAR ResNet-20 of 2 sub-blocks, batch 32, native',
    peerIs: 'itself at step 500',
    unit: 'MB',
    goal: '+ 20 MB',
    ours: {
      ...native('soak.mjs', { recipe: 'dmnn-cifar-resnet20-n2', batch: 32 }),
      nodeFlags: ['--expose-gc'],
    },
  },
];

/** The benchmarks of these names, in the order of the table; all of them without names. */
export function benchmarksNamed(names) {
  const known = benchmarks.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new RangeError(`--only: expected some of ${known.join(', ')}; got ${unknown.join(', ')}`);
  return names.length === 0 ? [...benchmarks] : benchmarks.filter(({ name }) => names.includes(name));
}
