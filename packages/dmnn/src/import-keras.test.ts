import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { networkOfKerasFile, readKerasFile } from '@dmnn/import';
import { openNetworkData } from '@dmnn/runs';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from './fixtures/run-captured.js';
import { readHdf5 } from './read-hdf5.js';

/** Small models of Keras: packages/import/scripts/keras-files.py. */
const { models } = JSON.parse(
  readFileSync(new URL('../../import/src/keras/fixtures/keras-files.json', import.meta.url), 'utf8'),
) as { models: Record<string, { file: { bytes?: string; json?: string; shards?: Record<string, string> } }> };

const folder = mkdtempSync(join(tmpdir(), 'dmnn-keras-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const unpacked = (text: string | undefined) => new Uint8Array(inflateSync(Buffer.from(text ?? '', 'base64')));
const bytesOf = (name: string) => unpacked(models[name]?.file.bytes);

async function networkIn(name: string) {
  return networkOfKerasFile(await readKerasFile(bytesOf(name), readHdf5));
}

function written(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('importing a model of Keras', () => {
  it('reads the same network from .keras, .h5 of Keras 3 and of Keras 2, and model.json', async () => {
    const { file } = models['resnet json'] ?? { file: {} };
    const shards = Object.entries(file.shards ?? {}).map(([path, data]) => [path, unpacked(data)] as const);
    const json = await readKerasFile({ json: unpacked(file.json), shards: new Map(shards) });
    const expected = networkOfKerasFile(json);
    expect(expected.weights.size).toBe(12 * 5 + 2);
    expect(await networkIn('resnet keras')).toEqual(expected);
    expect(await networkIn('resnet h5')).toEqual(expected);
    expect(await networkIn('resnet h5 of keras 2')).toEqual(expected);
  });

  it('reads halves, and lists what it passes over', async () => {
    const file = await readKerasFile(bytesOf('resnet h5 of halves'), readHdf5);
    expect(file.converted).toEqual({ float16: 12 * 6 + 2 });
    expect(file.passedOver).toEqual([{ key: 'optimizer_weights', what: 'a group', tensors: 1 }]);
  });

  it.each(['keras', 'h5'])(
    'takes a model within a model apart, and the scaling in front of it: %s',
    async (ending) => {
      const { architecture, weights, channelMeans, channelDeviations, found } = await networkIn(
        `transfer ${ending}`,
      );
      expect(architecture.head.classes).toBe(4);
      expect([...channelMeans, ...channelDeviations].map((each) => each.toFixed(9))).toEqual(
        Array.from({ length: 6 }, () => '0.500000000'),
      );
      expect(found).toContain('scaled by its first layers');
      // keras-files.py: i % 7 / 8 − 0.25
      expect([...(weights.get('head.linear.bias')?.data ?? [])]).toEqual([-0.25, -0.125, 0, 0.125]);
    },
  );

  it('writes a model folder, and says what it found, assumed and changed', async () => {
    const out = join(folder, 'resnet');
    const {
      code,
      out: text,
      err,
    } = await run(['import', written('resnet.keras', bytesOf('resnet keras')), '--out', out]);
    expect([code, err]).toEqual([0, '']);
    expect(text).toMatch(/^keras-resnet50: 62 tensors with the names of keras; 0 ignored$/m);
    expect(text).toMatch(/^recognised by its layers: stem 7×7, 8 channels; 3 blocks \(bottleneck\)/m);
    expect(text).toMatch(/^assumed, since layers do not show it: preprocessing 'caffe'/m);
    expect(text).toMatch(/^the same, said otherwise: the biases of 12 convolutions/m);
    const model = await openNetworkData(out);
    expect(model.channelMeans.map((mean) => mean * 255)).toEqual([123.68, 116.779, 103.939]);
    expect(model.architecture.stem.units[0]).toMatchObject({ epsilon: 1.001e-5 });
  });

  it('takes preprocessing, means and deviations that are given', async () => {
    const importing = (out: string, ...options: string[]) =>
      run(['import', written('m.keras', bytesOf('resnet keras')), '--out', join(folder, out), ...options]);
    expect((await importing('torch', '--preprocessing', 'torch')).code).toBe(0);
    expect((await openNetworkData(join(folder, 'torch'))).channelMeans).toEqual([0.485, 0.456, 0.406]);
    expect((await importing('given', '--means', '0,0,0', '--deviations', '1,1,1')).code).toBe(0);
    expect((await openNetworkData(join(folder, 'given'))).channelDeviations).toEqual([1, 1, 1]);
    expect((await importing('x', '--preprocessing', 'darknet')).code).toBe(2);
    expect((await importing('x', '--model', 'resnet50')).err).toContain(
      'since --model is given, got a model of Keras, whose layers say what it is. Leave --model out.',
    );
  });

  it('reads model.json with the files next to it', async () => {
    const place = join(folder, 'tfjs');
    mkdirSync(place);
    const { file } = models['mobilenet 32 json'] ?? { file: {} };
    writeFileSync(join(place, 'model.json'), unpacked(file.json));
    const importing = () => run(['import', join(place, 'model.json'), '--out', join(folder, 'from-json')]);
    expect((await importing()).err).toContain('model.json: expected the file group1-shard1of1.bin');
    for (const [path, data] of Object.entries(file.shards ?? {}))
      writeFileSync(join(place, path), unpacked(data));
    expect(await importing()).toMatchObject({ code: 0, err: '' });
  });
});

describe('readHdf5', () => {
  it('refuses what is damaged, and ends in time', async () => {
    const bytes = bytesOf('resnet h5');
    for (const at of [8, 100, 900, bytes.length - 1]) {
      await expect(readKerasFile(bytes.slice(0, at), readHdf5), String(at)).rejects.toMatchObject({
        code: 'DMNN_KERAS_FILE',
      });
    }
    await expect(readHdf5(bytes, { timeLimitMs: 1 })).rejects.toMatchObject({ fault: 'time' });
  });

  it('asks for the whole model where there are weights alone', async () => {
    const bytes = bytesOf('resnet h5').slice();
    const at = Buffer.from(bytes).indexOf('model_config');
    bytes[at] = 'n'.charCodeAt(0);
    await expect(readKerasFile(bytes, readHdf5)).rejects.toThrow(
      /without its attribute model_config(.|\n)*save_weights/,
    );
  });
});
