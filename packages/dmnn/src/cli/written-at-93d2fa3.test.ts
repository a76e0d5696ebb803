import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { builtInDataset, evaluationBatches } from '@dmnn/data';
import { likeliest } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { chooseBackend } from '@dmnn/runtime';
import { openNetworkData } from '@dmnn/runs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../fixtures/run-captured.js';
import { withoutScalarConditions } from '../fixtures/without-scalar-conditions.js';

/** A value of JSON, compared and not looked into. */
type Json = unknown;

/** What a run has in its folder when it has ended. */
interface Finished {
  /** SHA-256 of each file of the last checkpoint, of the best one and of the start. */
  readonly files: { readonly [path: string]: string };
  /** `state.json` of the last checkpoint, without the length of the log and the environment. */
  readonly state: Json;
  readonly metrics: readonly Json[];
}

/** What `dmnn eval` printed for some arguments. */
interface Evaluated {
  readonly args: readonly string[];
  readonly json: Json;
}

/** Logits of two test images as float32, little-endian, in base64. */
interface Logits {
  readonly masked: string;
  readonly skipping: string;
}

/** `expected.json`, written by `make-fixtures.mjs`, which stands next to it. */
interface Expected {
  readonly runs: {
    readonly [name: string]: {
      readonly train: readonly string[];
      /** What `dmnn train --dry-run` printed, without the recipe. */
      readonly plan: Json;
      /** The step after which it was interrupted; null if it ended. */
      readonly stoppedAt: number | null;
      /** Whether its folder was kept. */
      readonly kept: boolean;
      readonly finished: Finished;
      /** The file for TensorBoard, which was not kept: it is written again when the run is resumed. */
      readonly eventFile?: { readonly bytes: number; readonly sha256: string };
      readonly evaluations?: readonly Evaluated[];
      readonly logits?: Logits & { readonly which: 'best' | 'latest' };
      readonly predictions?: Json;
    };
  };
  readonly explanations: { readonly [run: string]: Json };
  readonly report: { readonly args: readonly string[]; readonly runs: Json };
  readonly models: {
    readonly imported: {
      readonly import: readonly string[];
      readonly files: { readonly [name: string]: string };
      readonly evaluations: readonly Evaluated[];
      readonly logits: Logits;
      readonly predictions: Json;
    };
  };
  readonly onnx: {
    readonly [file: string]: {
      readonly model: string;
      readonly sha256: string;
      readonly predictions: readonly Prediction[];
    };
  };
  readonly exported: readonly { readonly args: readonly string[]; readonly sha256: string }[];
}

interface Prediction {
  readonly classes: readonly { readonly index: number; readonly probability: number }[];
  readonly gates: readonly (readonly boolean[])[];
  readonly macs: number;
}

const fixtures = fileURLToPath(new URL('../fixtures/written-at-93d2fa3', import.meta.url));
const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as Expected;
const trained = Object.entries(expected.runs);
const kept = trained.filter(([, each]) => each.kept);
const predicted = ['photographs/val', '--top', '3', '--json'];
const onWasm = ['--backend', 'wasm'];

// expected.json names folders and files relative to its own
const folder = mkdtempSync(join(tmpdir(), 'dmnn-written-'));
const before = process.cwd();
beforeAll(async () => {
  cpSync(fixtures, folder, { recursive: true });
  process.chdir(folder);
  await chooseBackend({ prefer: 'wasm' });
});
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

/** Keys of times, of places, and of words that may be put better. */
const passing = ['clock', 'ms', 'msPerImage', 'milliseconds', 'latencies', 'folder', 'file', 'image', 'message', 'remarks', 'group']; // prettier-ignore

/** What is the same on any machine at any time. */
function lasting(value: Json): Json {
  if (Array.isArray(value)) return value.map(lasting);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !passing.includes(key));
  return Object.fromEntries(entries.map(([key, each]) => [key, lasting(each)]));
}

async function dmnn(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await run(args);
  if (code !== 0) throw new Error(`dmnn ${args.join(' ')}: ${err}`);
  return out;
}

async function dmnnJson(...args: readonly string[]): Promise<Json> {
  return lasting(JSON.parse(await dmnn(...args, '--json')));
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The same as `finished` in `make-fixtures.mjs`; what is logged where a run goes on in another environment is left out. */
function finished(run: string): Finished {
  const newest = (kind: string): string[] => {
    const path = join(run, kind);
    return existsSync(path) ? [`${kind}/${readdirSync(path).sort().at(-1) ?? ''}`] : [];
  };
  const [checkpoint = ''] = newest('checkpoints');
  const files = [checkpoint, ...newest('best'), ...newest('start')].flatMap((at) =>
    readdirSync(join(run, at))
      .filter((name) => !['manifest.json', 'state.json'].includes(name))
      .map((name) => [`${at}/${name}`, digest(readFileSync(join(run, at, name)))] as const),
  );
  const state = JSON.parse(readFileSync(join(run, checkpoint, 'state.json'), 'utf8')) as object;
  const log = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const records = log.map((line) => JSON.parse(line) as { readonly kind: string });
  return {
    files: Object.fromEntries(files),
    state: Object.fromEntries(
      Object.entries(state).filter(([key]) => key !== 'logBytes' && key !== 'environment'),
    ),
    metrics: records.filter(({ kind }) => kind !== 'environment').map(lasting),
  };
}

/** The same as `logits` in `make-fixtures.mjs`. */
async function logitsOf(path: string, which: 'best' | 'latest'): Promise<Logits> {
  const { architecture, weights } = await openNetworkData(path, { which });
  const network = createNetwork(architecture, { seed: 0, weights });
  const said = async (execution: 'masked' | 'skipping'): Promise<string> => {
    const dataset = builtInDataset({ split: 'test', size: 2 });
    for await (const { images, shape, sampleKeys } of evaluationBatches(dataset, { batchSize: 2 })) {
      const values = tf.tidy(() =>
        network
          .forward(tf.tensor4d(images, shape), {
            ...{ policy: likeliest, statistics: 'moving', execution, sampleKeys },
          })
          .logits.dataSync<'float32'>(),
      );
      return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
    }
    throw new Error('no batch');
  };
  const logits = { masked: await said('masked'), skipping: await said('skipping') };
  network.dispose();
  return logits;
}

describe.each(kept)('the run %s', (name, wanted) => {
  it('has a recipe that means the same', async () => {
    const { recipe } = JSON.parse(readFileSync(join(name, 'config.json'), 'utf8')) as { recipe: Json };
    writeFileSync('recipe.json', JSON.stringify(recipe));
    const data = wanted.train.slice(2, 4);
    const args = ['train', '--recipe', 'recipe.json', ...data, '--out', 'planned', '--dry-run', '--json'];
    const plan = JSON.parse(await dmnn(...args)) as { recipe: Json };
    expect(plan.recipe).toEqual(recipe);
    expect(lasting({ ...plan, recipe: undefined })).toEqual(wanted.plan);
  });

  it('is evaluated to the same bits', async () => {
    for (const { args, json } of wanted.evaluations ?? [])
      expect(await dmnnJson('eval', name, ...args, ...onWasm), args.join(' ')).toEqual(json);
    if (wanted.logits) {
      const { which, ...logits } = wanted.logits;
      expect(await logitsOf(name, which)).toEqual(logits);
    }
  });

  it.runIf(wanted.predictions)('says the same about photographs', async () => {
    expect(await dmnnJson('predict', ...predicted, '--model', name, ...onWasm)).toEqual(wanted.predictions);
  });

  it.runIf(existsSync(join(fixtures, name, 'checkpoints')))('is resumed to the same bits', async () => {
    const resumed = `${name}-resumed`;
    cpSync(name, resumed, { recursive: true });
    const from = wanted.train.indexOf('--from'); // what it began with is in its folder
    const args = wanted.train.filter((_, index) => from < 0 || (index !== from && index !== from + 1));
    await dmnn('train', ...args, '--out', resumed, '--resume');
    expect(finished(resumed)).toEqual(wanted.finished);
    const config = (run: string): string => readFileSync(join(run, 'config.json'), 'utf8');
    expect(config(resumed)).toBe(config(name));
    const events = readFileSync(join(resumed, 'events.out.tfevents.dmnn'));
    expect(digest(events.subarray(0, wanted.eventFile?.bytes))).toBe(wanted.eventFile?.sha256);
  });
});

it.each(trained)('the run %s is trained from the start to the same bits', async (name, wanted) => {
  await dmnn('train', ...wanted.train, '--out', `${name}-again`);
  expect(finished(`${name}-again`)).toEqual(wanted.finished);
});

it.each(Object.entries(expected.explanations))('the run %s is explained alike', async (name, wanted) => {
  const image = 'photographs/val/n01440764/h.jpg';
  expect(await dmnnJson('explain', image, '--model', name, ...onWasm)).toEqual(wanted);
});

it('the runs are reported alike', async () => {
  await dmnn('report', ...expected.report.args, '--out', 'report', ...onWasm);
  const data = JSON.parse(readFileSync('report/data.json', 'utf8')) as { runs: Json };
  expect(lasting(data.runs)).toEqual(expected.report.runs);
});

describe('the model folder', () => {
  const { imported } = expected.models;

  it('is evaluated to the same bits', async () => {
    for (const { args, json } of imported.evaluations)
      expect(await dmnnJson('eval', 'imported', ...args, ...onWasm)).toEqual(json);
    expect(await logitsOf('imported', 'best')).toEqual(imported.logits);
    expect(await dmnnJson('predict', ...predicted, '--model', 'imported', ...onWasm)).toEqual(
      imported.predictions,
    );
  });

  it('is imported again with the same bytes', async () => {
    await dmnn('import', ...imported.import, '--out', 'imported-again');
    const names = readdirSync('imported-again');
    expect(
      Object.fromEntries(names.map((name) => [name, digest(readFileSync(join('imported-again', name)))])),
    ).toEqual(imported.files);
  });
});

const hasOnnxRuntime = await import('onnxruntime-node').then(() => true, () => false); // prettier-ignore

// OpenVINO refused files with conditions of shape [1, 1]; since then they are scalars. Hidden channels are padded unless an
// option says otherwise, and files store their architecture. Nothing else has changed
const unpadded = ['--pad-channels-to', '1'];
const exportedBefore = (file: string): string => digest(withoutScalarConditions(readFileSync(file)));

const predictions = async (model: string): Promise<Prediction[]> =>
  (await dmnnJson('predict', ...predicted, '--model', model)) as Prediction[];

/** The same classes in the same order, gates and costs; probabilities up to rounding. */
function expectAlike(ours: readonly Prediction[], wanted: readonly Prediction[]): void {
  const exact = ({ classes, gates, macs }: Prediction): Json => [
    classes.map(({ index }) => index),
    gates,
    macs,
  ];
  expect(ours.map(exact)).toEqual(wanted.map(exact));
  const probabilities = (all: readonly Prediction[]): number[] =>
    all.flatMap(({ classes }) => classes.map(({ probability }) => probability));
  for (const [index, probability] of probabilities(wanted).entries())
    expect(probabilities(ours)[index]).toBeCloseTo(probability, 6);
}

describe.each(Object.entries(expected.onnx))('the file %s', (file, wanted) => {
  it('is exported again without padding with the same bytes, except for scalar conditions', async () => {
    await dmnn('export', wanted.model, '--out', 'again.onnx', ...unpadded);
    expect(exportedBefore('again.onnx')).toBe(wanted.sha256);
    expect(exportedBefore(file)).toBe(wanted.sha256);
  });

  it.runIf(hasOnnxRuntime)('gives the same outputs as the file that is exported today', async () => {
    await dmnn('export', wanted.model, '--out', 'today.onnx');
    expectAlike(await predictions('today.onnx'), await predictions(file)); // channels may be summed in another order
  });

  // ONNX Runtime has kernels of its own for each kind of processor, so that the last bits differ between them
  it.runIf(hasOnnxRuntime)('says the same about photographs', async () => {
    expectAlike(await predictions(file), wanted.predictions);
  });
});

it.each(expected.exported)('random weights are exported alike: $args', async ({ args, sha256 }) => {
  const isPadded = args.some((arg) => ['--pad-channels-to', '--lanes'].includes(arg));
  await dmnn('export', ...args, '--out', 'random.onnx', ...(isPadded ? [] : unpadded));
  expect(exportedBefore('random.onnx')).toBe(sha256);
});
