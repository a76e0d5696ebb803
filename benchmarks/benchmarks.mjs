// The benchmarks: one entry per number, as plain data. docs/benchmarks.md explains them.

/**
 * A program of `sides/`, and its settings in addition to the number of threads.
 *
 * @typedef {{ program: string, settings: object, threads?: number, nodeFlags?: string[], modules?: string[] }} Side
 */

/**
 * `modules`: of Python, that its program imports; those of PyTorch's side without.
 *
 * `time`: milliseconds of both sides, in alternating rounds. `share`: the same, and ours is what is left of the whole
 * (`peer`) without the rest (`ours`). `memory`: most resident memory, one side after the other. `soak`: one side,
 * against itself at an earlier step.
 * `efficiency`: the same as `time`, but the ratio is the peer's time over ours, times the share of the peer's
 * multiply–accumulates that ours has (1 where both compute the same): larger is better.
 *
 * @typedef {object} Benchmark
 * @property {string} name
 * @property {'time' | 'share' | 'memory' | 'soak' | 'efficiency'} kind
 * @property {string} what - short description of ours
 * @property {string} peerIs - description of the peer
 * @property {string} unit
 * @property {string} goal - of the ratio
 * @property {number} [rounds] - alternating rounds, 5 if missing
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

const engine = (model, settings) => ({
  program: 'engine.mjs',
  settings: { ...sizesOf(model), model, warmUp: 3, ...settings },
  threads: 1,
});
const sizesOf = (model) =>
  model.includes('cifar')
    ? { classes: 100, imageSizePx: 32, stepsPerMeasurement: 50 }
    : { classes: 1000, imageSizePx: 224, stepsPerMeasurement: 2 };

/** Shares of the sub-blocks that are open, in names of benchmarks and in words. @type {Record<number, { name: string, what: string }>} */
const openings = {
  0.25: { name: '-quarter-open', what: 'a quarter of the' },
  0.5: { name: '', what: 'half of the' },
  1: { name: '-all-open', what: 'all' },
};

/** Of compiled networks and ONNX files: an image takes milliseconds, and the minimum of few rounds depends on the machine's phase. */
const COMPILED_ROUNDS = 30;

/** Static ResNet-50 in OpenVINO; its int8 file is made by onnxruntime's quantiser. */
const openvino = (precision, model = 'resnet50') => ({
  program: 'openvino_infer.py',
  settings: { ...sizesOf(model), model, warmUp: 3, precision },
  threads: 1,
  modules: ['openvino', 'numpy', ...(precision === 'int8' ? ['onnx', 'onnxruntime'] : [])],
});

/** Static networks in the compiled engine, one thread, one image. */
const compiledStatic = [
  ...['f32', 'bf16', 'int8'].map((precision) => ({
    name: `engine-resnet50-${precision}`,
    kind: /** @type {const} */ ('time'),
    what: `inference, ResNet-50, 224 px, one image, one thread, compiled, ${precision}`,
    peerIs: `OpenVINO, ${precision}`,
    unit: 'ms/image',
    goal: '≤ 1.05',
    rounds: COMPILED_ROUNDS,
    ours: engine('resnet50', { precision }),
    peer: openvino(precision),
  })),
  {
    name: 'engine-mobilenetv2-bf16',
    kind: /** @type {const} */ ('time'),
    what: 'inference, MobileNetV2, 224 px, one image, one thread, compiled, bf16',
    peerIs: 'OpenVINO, bf16',
    unit: 'ms/image',
    goal: '≤ 1.3',
    rounds: COMPILED_ROUNDS,
    ours: engine('mobilenetv2', { precision: 'bf16' }),
    peer: openvino('bf16', 'mobilenetv2'),
  },
  ...['f32', 'bf16'].map((precision) => ({
    name: `engine-cifar-resnet20-${precision}`,
    kind: /** @type {const} */ ('time'),
    what: `inference, CIFAR ResNet-20, 32 px, one awaited call an image, one thread, compiled, ${precision}`,
    peerIs: 'ONNX Runtime f32, from Node',
    unit: 'ms/image',
    goal: precision === 'f32' ? '≤ 0.9' : '≤ 0.35',
    rounds: COMPILED_ROUNDS,
    ours: engine('cifar-resnet20', { precision }),
    peer: {
      program: 'onnx.mjs',
      settings: { ...sizesOf('cifar-resnet20'), model: 'cifar-resnet20', warmUp: 3 },
      threads: 1,
    },
  })),
];

/** ResNet-50 in the compiled engine, over the engines that its users have; OpenVINO is among the static networks. */
const compiledAndOthers = [
  {
    name: 'engine-resnet50-f32-over-pytorch',
    peerIs: 'PyTorch, eager, channels last',
    peer: {
      program: 'infer.py',
      settings: { ...sizesOf('resnet50'), model: 'resnet50', warmUp: 3 },
      threads: 1,
    },
  },
  {
    name: 'engine-resnet50-f32-over-onnxruntime',
    peerIs: 'ONNX Runtime, from Node',
    peer: {
      program: 'onnx.mjs',
      settings: { ...sizesOf('resnet50'), model: 'resnet50', warmUp: 3 },
      threads: 1,
    },
  },
].map((other) => ({
  ...other,
  kind: /** @type {const} */ ('time'),
  what: 'inference, ResNet-50, 224 px, one image, one thread, compiled, f32',
  unit: 'ms/image',
  goal: '≤ 1',
  rounds: COMPILED_ROUNDS,
  ours: engine('resnet50', { precision: 'f32' }),
}));

/** Dynamic networks in the compiled engine, over the undivided one. */
const compiledEfficiency = [
  { model: 'dmnn50-n2', undivided: 'resnet50', precision: 'f32', goal: '≥ 0.86' },
  { model: 'dmnn50-n2', undivided: 'resnet50', precision: 'bf16', goal: '≥ 0.80' },
  { model: 'dmnn50-n2', undivided: 'resnet50', precision: 'int8', goal: '≥ 0.67' },
  { model: 'dmnn50-n2-lanes', undivided: 'resnet50', precision: 'f32', goal: '≥ 0.92' },
  { model: 'dmnn50-n2-lanes', undivided: 'resnet50', precision: 'bf16', goal: '≥ 0.83' },
  { model: 'dmnn50-n2-lanes', undivided: 'resnet50', precision: 'int8', goal: '≥ 0.70' },
  { model: 'dmnn50-n4', undivided: 'resnet50', precision: 'f32', goal: '≥ 0.92' },
  { model: 'dmnn50-n4', undivided: 'resnet50', precision: 'bf16', goal: '≥ 0.81' },
  { model: 'dmnn-mobilenetv2-n2', undivided: 'mobilenetv2', precision: 'f32', goal: '≥ 0.94' },
].flatMap(({ model, undivided, precision, goal }) =>
  (model === 'dmnn50-n2' ? [0.25, 0.5, 1] : [0.5, 1]).map((open) => ({
    name: `efficiency-${model}-${precision}${openings[open].name}`,
    kind: /** @type {const} */ ('efficiency'),
    what: `${model}, 224 px, ${openings[open].what} sub-blocks open, one thread, compiled, ${precision}`,
    peerIs: `${undivided}, the same engine`,
    unit: 'ms/image',
    goal: open < 0.5 ? '–' : goal,
    rounds: COMPILED_ROUNDS,
    ours: engine(model, { precision, open }),
    peer: engine(undivided, { precision }),
  })),
);

/** Two workers over one, images a second. */
const compiledThroughput = [
  { precision: 'f32', goal: '≥ 1.8' },
  { precision: 'bf16', goal: '≥ 1.7' },
].map(({ precision, goal }) => ({
  name: `engine-throughput-${precision}`,
  kind: /** @type {const} */ ('efficiency'),
  what: `dmnn50-n2, 224 px, half of the sub-blocks open, two workers of one thread, compiled, ${precision}`,
  peerIs: 'one worker',
  unit: 'ms/image',
  goal,
  rounds: COMPILED_ROUNDS,
  ours: engine('dmnn50-n2', { precision, open: 0.5, workers: 2 }),
  peer: engine('dmnn50-n2', { precision, open: 0.5 }),
}));

/** As many images go on as in the cascade of docs/cascades.md at 0.445 of the MACs. */
const cascadeSettings = {
  ...{ ...sizesOf('cifar'), models: ['cifar-resnet20-pad', 'cifar-resnet56-pad'], goOn: 0.122 },
  ...{ warmUp: 3, stepsPerMeasurement: 90 },
};

/** A cascade over its last network alone. */
const cascades = [
  {
    name: 'cascade-cifar-resnet20-56-engine',
    kind: /** @type {const} */ ('time'),
    what: 'cascade of CIFAR ResNet-20 and ResNet-56, 32 px, 12.2 % of the images go on, one awaited call an image, one thread, compiled, f32',
    peerIs: 'ResNet-56 alone, the same engine',
    unit: 'ms/image',
    goal: '≤ 0.55',
    rounds: COMPILED_ROUNDS,
    ours: {
      program: 'engine-cascade.mjs',
      settings: { ...cascadeSettings, precision: 'f32' },
      threads: 1,
    },
    peer: engine('cifar-resnet56-pad', { precision: 'f32', stepsPerMeasurement: 90 }),
  },
  {
    name: 'cascade-cifar-resnet20-56-onnx',
    kind: /** @type {const} */ ('time'),
    what: 'cascade of CIFAR ResNet-20 and ResNet-56, 32 px, 12.2 % of the images go on, one awaited call an image, one thread, one ONNX file in ONNX Runtime',
    peerIs: 'the file of ResNet-56 alone, ONNX Runtime',
    unit: 'ms/image',
    goal: '≤ 0.6',
    rounds: COMPILED_ROUNDS,
    ours: { program: 'onnx-cascade.mjs', settings: cascadeSettings, threads: 1 },
    peer: { program: 'onnx.mjs', settings: { ...cascadeSettings, model: 'cifar-resnet56-pad' }, threads: 1 },
  },
];

/** The default ONNX file in a session of ours. */
const onnxDefault = [0.5, 1].map((open) => {
  const settings = { ...sizesOf('dmnn50-n2'), warmUp: 2, stepsPerMeasurement: 1 };
  return {
    name: `efficiency-onnx-default-dmnn50-n2${open === 1 ? '-all-open' : ''}`,
    kind: /** @type {const} */ ('efficiency'),
    what: `dmnn50-n2, 224 px, ${open === 1 ? 'all' : 'half of the'} sub-blocks open, one thread, the default file in DynamicSession`,
    peerIs: 'resnet50, the same engine',
    unit: 'ms/image',
    goal: '≥ 0.77',
    rounds: COMPILED_ROUNDS,
    ours: { program: 'onnx.mjs', settings: { ...settings, model: 'dmnn50-n2', open }, threads: 1 },
    peer: { program: 'onnx.mjs', settings: { ...settings, model: 'resnet50' }, threads: 1 },
  };
});

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
  ...[0.5, 1].map((open) => ({
    name: `efficiency-tfjs-native-dmnn50-n2-b32${open === 1 ? '-all-open' : ''}`,
    kind: /** @type {const} */ ('efficiency'),
    what: `dmnn50-n2, 224 px, batch 32, ${open === 1 ? 'all' : 'half of the'} sub-blocks open, skipping, folded, native`,
    peerIs: 'resnet50, the same backend',
    unit: 'ms/image',
    goal: '≥ 0.85',
    ours: native('infer.mjs', { ...inference(32), model: 'dmnn50-n2', open }),
    peer: native('infer.mjs', inference(32)),
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
  ...compiledStatic,
  ...compiledAndOthers,
  {
    name: 'engine-dmnn50-n2-half',
    kind: 'time',
    what: 'dmnn50-n2, 224 px, half of the sub-blocks open, one image, one thread, compiled, the faster precision',
    peerIs: "OpenVINO's static ResNet-50, bf16",
    unit: 'ms/image',
    goal: '≤ 0.70',
    ours: engine('dmnn50-n2', { precision: 'auto', open: 0.5 }),
    peer: openvino('bf16'),
  },
  ...compiledEfficiency,
  ...compiledThroughput,
  ...cascades,
  ...onnxDefault,
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
