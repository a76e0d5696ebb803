import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withExits } from '@dmnn/architecture';
import { countNetwork, countUndivided, flopsTable, patternMacs } from '@dmnn/flops';
import { likeliest } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { exportOnnx } from '@dmnn/onnx';
import type { SavedModel } from '@dmnn/runs';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { painted } from '../../fixtures/painted.js';
import { remarksOf, run } from '../../fixtures/run-captured.js';
import { saveSmallModel } from '../../fixtures/small-model.js';

interface Prediction {
  readonly file: string;
  readonly classes: readonly { index: number; name: string; probability: number }[];
  readonly gates: boolean[][];
  readonly macs: number;
  readonly macsRatio: number;
  readonly ms: number;
}

const folder = mkdtempSync(join(tmpdir(), 'dmnn-predict-'));
const at = (name: string) => join(folder, name);
let model: SavedModel;

beforeAll(async () => {
  model = await saveSmallModel(at('model'));
  mkdirSync(at('photos/turned'), { recursive: true });
  // 37 px is what the shorter side is resized to for 32 px: what is read are the picture's own pixels
  await painted(37, 37).png().toFile(at('photos/plain.png'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function predictions(...argv: string[]): Promise<Prediction[]> {
  const { code, out, err } = await run(['predict', ...argv, '--json']);
  expect(err).not.toContain('dmnn:');
  expect(code).toBe(0);
  return JSON.parse(out) as Prediction[];
}

const onCpu = ['--model', at('model'), '--backend', 'cpu'];

/** What the network says about the middle 32 px, masked and unfolded. */
async function expected(): Promise<{ probabilities: number[]; gates: boolean[][] }> {
  const bytes = await painted(37, 37).extract({ left: 2, top: 2, width: 32, height: 32 }).raw().toBuffer();
  const { architecture, weights, channelMeans, channelDeviations } = model;
  const image = Float32Array.from(
    bytes,
    (byte, i) => (byte / 255 - channelMeans[i % 3]!) / channelDeviations[i % 3]!,
  );
  const network = createNetwork(architecture, { seed: 0, weights });
  const found = tf.tidy(() => {
    const pass = network.forward(tf.tensor4d(image, [1, 32, 32, 3]), {
      policy: likeliest,
      statistics: 'moving',
      execution: 'masked',
    });
    return {
      probabilities: [...tf.softmax(pass.logits).dataSync<'float32'>()],
      gates: pass.gates.map((gate) => [...gate.dataSync<'float32'>()].map((value) => value === 1)),
    };
  });
  network.dispose();
  return found;
}

function likeliestOf({ gates, classes }: Prediction) {
  return { gates, likeliest: classes[0]!.index, probability: classes[0]!.probability };
}

const raw = (width: number, height: number, channels: 3 | 4) => ({ raw: { width, height, channels } });

describe('dmnn predict', () => {
  it('says what the network says of the prepared middle, what ran, and what that cost', async () => {
    const [found] = await predictions(at('photos/plain.png'), ...onCpu);
    const { probabilities, gates } = await expected();
    expect(gates.flat()).toContain(true);
    expect(gates.flat()).toContain(false);
    expect(found!.gates).toEqual(gates);
    expect(found!.classes.map(({ probability }) => probability)).toEqual(
      [...probabilities].sort((a, b) => b - a).map((p) => expect.closeTo(p, 5) as number),
    );
    for (const { index, name, probability } of found!.classes) {
      expect(name).toBe(model.classNames![index]);
      expect(probability).toBeCloseTo(probabilities[index]!, 5);
    }
    const macs = patternMacs(flopsTable(countNetwork(model.architecture)), gates);
    expect(found).toMatchObject({ macs, macsRatio: macs / countUndivided(model.architecture).macs });
    expect(found!.ms).toBeGreaterThan(0);
  });

  it.each([
    ['the fastest engine by default', []],
    ['ONNX Runtime', ['--engine', 'onnx']],
    ['TensorFlow.js', ['--engine', 'tfjs', '--backend', 'cpu']],
  ])('gives the same on %s, and says what it ran on', async (_, options) => {
    const { code, out, err } = await run(['predict', at('photos/plain.png'), '--model', at('model'), ...options, '--json']); // prettier-ignore
    expect(code).toBe(0);
    const [found] = JSON.parse(out) as Prediction[];
    const { probabilities, gates } = await expected();
    const said = remarksOf({ err });
    expect(said).toMatch(/^(engine (compiled|onnx): (?!not used)|backend cpu: )/m);
    const [own] = found!.classes;
    if (said.includes('bf16 (')) return; // in bfloat16 a gate may differ
    expect(found!.gates).toEqual(gates);
    expect(own!.probability).toBeCloseTo(Math.max(...probabilities), 5);
  });

  it('runs what it is asked for on the compiled engine, or says what is missing', async () => {
    const { code, err } = await run(['predict', at('photos/plain.png'), '--model', at('model'), '--engine', 'compiled']); // prettier-ignore
    if (code === 0) expect(err).toMatch(/^engine compiled: (f32|bf16) \(/m);
    else expect(err).toContain('dmnn backend install --engine');
  });

  it('says in which form ONNX Runtime runs the network, and why', async () => {
    const predicted = ['predict', at('photos/plain.png'), '--model', at('model')];
    const { err } = await run([...predicted, '--engine', 'onnx']);
    expect(err).toMatch(
      /^engine onnx: onnxruntime-node \S+, f32, (as written: \w|in the blocked layout of this)/m,
    );
    const without = await run(predicted, { env: { XDG_CACHE_HOME: at('no-engine-here') } });
    expect(without.err).toMatch(/^engine compiled: not used: .*dmnn backend install --engine/m);
    expect(without.err).toMatch(/^engine onnx: onnxruntime-node .*; the fastest that works$/m);
  });

  it.each([
    [
      ['--engine', 'compiled', '--backend', 'wasm'],
      /--backend: expected none with --engine compiled, got wasm/,
    ],
    [
      ['--engine', 'onnx', '--precision', 'bf16'],
      /--precision: expected f32 or auto with --engine onnx, which computes in float32, got bf16/,
    ],
    [['--engine', 'torch'], /--engine: expected compiled, onnx, tfjs, got 'torch'/],
  ])('refuses %j', async (options, message) => {
    const { code, err } = await run(['predict', at('photos/plain.png'), '--model', at('model'), ...options]);
    expect([code, err]).toEqual([2, expect.stringMatching(message) as string]);
  });

  it('reads a folder with all that is in it: turned by EXIF, of 16 bits, with an alpha channel', async () => {
    const turned = painted(37, 37).rotate(90);
    await turned.clone().withMetadata({ orientation: 8 }).png().toFile(at('photos/turned/exif.png'));
    await painted(37, 37).toColourspace('rgb16').png().toFile(at('photos/deep.png'));
    await painted(37, 37).ensureAlpha().png().toFile(at('photos/opaque.png'));
    const found = await predictions(at('photos'), ...onCpu);
    const names = ['deep.png', 'opaque.png', 'plain.png', 'turned/exif.png'];
    expect(found.map(({ file }) => file)).toEqual(names.map((name) => join(at('photos'), name)));
    const [deep, opaque, plain, exif] = found.map(likeliestOf);
    expect(opaque).toEqual(plain);
    expect(exif).toEqual(plain);
    expect(deep).toEqual({ ...plain, probability: expect.closeTo(plain!.probability, 3) as number }); // rounded
    await turned.clone().png().toFile(at('sideways.png'));
    const [sideways] = await predictions(at('sideways.png'), ...onCpu);
    expect(Math.abs(sideways!.classes[0]!.probability - plain!.probability)).toBeGreaterThan(1e-3);
  });

  it('reads grey and CMYK images', async () => {
    await painted(60, 40).grayscale().jpeg().toFile(at('grey.jpg'));
    await painted(60, 40).toColourspace('cmyk').jpeg().toFile(at('cmyk.jpg'));
    const found = await predictions(at('grey.jpg'), at('cmyk.jpg'), ...onCpu);
    expect(found.map(({ classes }) => classes.length)).toEqual([4, 4]);
  });

  it('reads palettes, and ignores transparency, as the loaders that networks are trained with do', async () => {
    const palette = await painted(37, 37).png({ palette: true, colours: 16 }).toBuffer();
    writeFileSync(at('palette.png'), palette);
    await sharp(await sharp(palette).removeAlpha().raw().toBuffer(), raw(37, 37, 3))
      .png()
      .toFile(at('true.png'));
    const pixels = await painted(37, 37).raw().toBuffer();
    const half = Buffer.from([...pixels].flatMap((value, i) => (i % 3 === 2 ? [value, 128] : [value])));
    await sharp(half, raw(37, 37, 4))
      .png()
      .toFile(at('half.png'));
    await sharp(pixels, raw(37, 37, 3))
      .png()
      .toFile(at('whole.png'));
    const files = ['palette.png', 'true.png', 'half.png', 'whole.png'].map(at);
    const [indexed, plain, seen, wanted] = (await predictions(...files, ...onCpu)).map(likeliestOf);
    expect(indexed).toEqual(plain);
    expect(seen).toEqual(wanted);
  });

  it('gives the same answers from an exported file, in ONNX Runtime', async () => {
    const { architecture, weights, channelMeans, channelDeviations, classNames } = model;
    const preparation = { shorterSidePx: 37, channelMeans, channelDeviations };
    writeFileSync(
      at('model.onnx'),
      exportOnnx({ architecture, weights }, { classNames: classNames!, preparation }),
    );
    const [ours] = await predictions(at('photos/plain.png'), ...onCpu);
    const [theirs] = await predictions(at('photos/plain.png'), '--model', at('model.onnx'));
    expect(theirs).toMatchObject({ gates: ours!.gates, macs: ours!.macs, macsRatio: ours!.macsRatio });
    expect(theirs!.classes).toEqual(
      ours!.classes.map((each) => ({ ...each, probability: expect.closeTo(each.probability, 5) as number })),
    );
  });

  it('names a file that cannot be read, goes on, and ends with 1', async () => {
    writeFileSync(at('cut.jpg'), Uint8Array.of(0xff, 0xd8, 0xff));
    mkdirSync(at('empty'), { recursive: true });
    const files = [at('cut.jpg'), at('gone.jpg'), at('empty'), at('photos/plain.png')];
    const { code, out, err } = await run(['predict', ...files, ...onCpu, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual([
      ...files.slice(0, 3).map((file) => ({
        file,
        error: { code: 'DMNN_DATA', message: expect.stringContaining(file) as string },
      })),
      expect.objectContaining({ file: files[3] }),
    ]);
    for (const file of files.slice(0, 3)) expect(err).toContain(`dmnn: ${file}: expected`);
  });

  it('prints classes with their numbers, what ran and what it took', async () => {
    const { out } = await run(['predict', at('photos/plain.png'), ...onCpu, '--top', '2']);
    const [file, ...lines] = out.split('\n');
    expect(file).toBe(at('photos/plain.png'));
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^ +\d+\.\d % {2}(ant \(0\)|bee \(1\)|crane \([23]\))$/);
    expect(lines[2]).toMatch(
      /^ {2}\d of 6 sub-blocks ran, [\d.]+ [kM] MACs, \d+\.\d % of the undivided backbone's, [\d.]+ ms$/,
    );
  });

  it('ends with 130 when interrupted, with what was done until then', async () => {
    const { code, out } = await run(['predict', at('photos'), ...onCpu, '--json'], {
      onInterrupt: (listener) => {
        listener();
        return () => undefined;
      },
    });
    expect([code, JSON.parse(out)]).toEqual([130, []]);
  });

  it.each([
    [
      ['--model', 'dmnn50-n2'],
      2,
      'DMNN_USAGE',
      /expected a run folder .*got dmnn50-n2, which does not exist/,
    ],
    [['--model', at('photos')], 1, 'DMNN_MODEL_FOLDER', /photos/],
    [[...onCpu, '--top', '0'], 2, 'DMNN_USAGE', /--top: expected an integer >= 1/],
    [
      ['--model', 'x.onnx', '--backend', 'cpu'],
      2,
      'DMNN_USAGE',
      /--backend: expected none with an \.onnx file/,
    ],
    [
      ['--model', at('gone.onnx')],
      1,
      'DMNN_SESSION',
      /gone\.onnx: expected a file that can be read, got no such file/,
    ],
    [['--model', at('silent.onnx')], 1, 'DMNN_CLASSIFICATION', /says how images are prepared/],
    [[], 2, 'DMNN_USAGE', /--model <model>/],
  ])('refuses %j', async (argv, exitCode, code, message) => {
    writeFileSync(at('silent.onnx'), exportOnnx(model));
    const { code: ended, err } = await run(['predict', at('photos/plain.png'), ...argv, '--json']);
    expect(JSON.parse(err.split('\n').at(-1) ?? '')).toMatchObject({
      error: { code, message: expect.stringMatching(message) as string },
    });
    expect(ended).toBe(exitCode);
  });

  it('gives what the head of a network with exits says, in engines that take it', async () => {
    const architecture = withExits(model.architecture, { exits: [0] });
    const network = createNetwork(architecture, { seed: 5, openingRate: 0.5 });
    await saveSmallModel(at('exits'), { architecture, weights: await network.weights() });
    network.dispose();
    const predicted = ['predict', at('photos/plain.png'), '--model', at('exits')];
    const found = await predictions(...predicted.slice(1), '--precision', 'f32');
    const onTensors = await predictions(...predicted.slice(1), '--engine', 'tfjs', '--backend', 'cpu');
    expect(likeliestOf(found[0]!)).toEqual({
      ...likeliestOf(onTensors[0]!),
      probability: expect.closeTo(likeliestOf(onTensors[0]!).probability, 5) as number,
    });
    const asked = await run([...predicted, '--engine', 'onnx']);
    expect([asked.code, asked.err]).toEqual([1, expect.stringContaining('exits: expected none')]);
  });

  it('refuses weights that give no finite logits', async () => {
    const weights = new Map(model.weights);
    const { shape } = weights.get('head.linear.weight')!;
    const data = new Float32Array(shape.reduce((size, length) => size * length, 1)).fill(3e38);
    weights.set('head.linear.weight', { dtype: 'F32', shape, data });
    await saveSmallModel(at('infinite'), { weights });
    for (const options of [
      ['--backend', 'cpu'],
      ['--engine', 'onnx'],
    ]) {
      const { code, err } = await run([
        'predict',
        at('photos/plain.png'),
        '--model',
        at('infinite'),
        ...options,
      ]);
      expect([code, err.split('\n').at(-1)]).toEqual([
        1,
        expect.stringMatching(/expected finite logits|got NaN/),
      ]);
    }
  });
});
