import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluationBatches } from './batches/evaluation-batches.js';
import { trainingBatches } from './batches/training-batches.js';
import { builtInDataset } from './built-in/built-in-dataset.js';
import type { Dataset } from './dataset.js';

/** Images in memory: an array of labelled pixels, such as a camera or a simulation gives. */
interface Labelled {
  readonly className: string;
  /** `sizePx² · 3` bytes: rows of red, green, blue. */
  readonly pixels: Uint8Array;
}

/** A data set of images in memory; one category, so there is no category loss. */
function inMemory(
  name: string,
  split: 'train' | 'test',
  sizePx: number,
  images: readonly Labelled[],
): Dataset {
  const classNames = [...new Set(images.map(({ className }) => className))].sort();
  const image = (index: number): Labelled => {
    const found = images[index];
    if (!found) throw new RangeError(`index: expected 0 to ${images.length - 1}, got ${index}`);
    return found;
  };
  return {
    ...{ name, split, size: images.length, imageSizePx: sizePx, channels: 3 },
    ...{ classes: classNames.length, classNames, categories: 1, categoryNames: ['everything'] },
    channelMeans: [0.5, 0.5, 0.5],
    channelDeviations: [0.25, 0.25, 0.25],
    label: (index) => classNames.indexOf(image(index).className),
    category: () => 0,
    pixels: (index) => image(index).pixels,
  };
}

/** What the store of the second example says of its images. */
interface StoreIndex {
  readonly version: number;
  readonly sizePx: number;
  readonly classNames: readonly string[];
  readonly labels: readonly number[];
}

/** A data set in a remote store: its index is read once, images one by one when batches need them. */
async function remoteStore(address: string, split: 'train' | 'test'): Promise<Dataset> {
  const got = async (path: string): Promise<Response> => {
    const response = await fetch(`${address}/${path}`);
    if (!response.ok) throw new Error(`${address}/${path}: expected an image, got status ${response.status}`);
    return response;
  };
  const { version, sizePx, classNames, labels } = (await (await got('index.json')).json()) as StoreIndex;
  return {
    ...{ name: 'store', split, size: labels.length, imageSizePx: sizePx, channels: 3 },
    ...{ classes: classNames.length, classNames, categories: 1, categoryNames: ['everything'] },
    channelMeans: [0.5, 0.5, 0.5],
    channelDeviations: [0.25, 0.25, 0.25],
    facts: { version }, // a run is not resumed with other images
    label: (index) => labels[index] ?? -1,
    category: () => 0,
    file: (index) => `${address}/${index}`,
    pixels: async (index) => new Uint8Array(await (await got(String(index))).arrayBuffer()),
  };
}

describe('a Dataset of images in memory', () => {
  it('gives batches of them', async () => {
    const images = ['red', 'blue', 'red'].map((className) => ({
      className,
      pixels: Uint8Array.from({ length: 4 * 4 * 3 }, (_, i) =>
        i % 3 === (className === 'red' ? 0 : 2) ? 255 : 0,
      ),
    }));
    const dataset = inMemory('colours', 'test', 4, images);
    const labels: number[] = [];
    for await (const batch of evaluationBatches(dataset, { batchSize: 2 })) {
      labels.push(...batch.labels);
      expect([...batch.images.subarray(0, 3)]).toEqual([2, -2, -2]); // red, normalised
    }
    expect(labels).toEqual([1, 0, 1]);
  });
});

const BATCH = 8;

describe('a Dataset in a remote store', () => {
  const stored = builtInDataset({ split: 'train', size: 24 });
  const waiting: (() => void)[] = [];
  const requested: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').slice(1);
    requested.push(path);
    if (path === 'index.json') {
      const labels = Array.from({ length: stored.size }, (_, index) => stored.label(index));
      const index: StoreIndex = { version: 3, sizePx: 32, classNames: stored.classNames, labels };
      response.end(JSON.stringify(index));
      return;
    }
    if (Number(path) >= stored.size) {
      response.writeHead(404).end();
      return;
    }
    // none is answered before those of a whole batch are asked for
    waiting.push(() => response.end(stored.pixels(Number(path))));
    if (waiting.length === BATCH) for (const answer of waiting.splice(0)) answer();
  });
  let address = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  it('gives the batches that the images in memory give, requested together and ahead', async () => {
    const remote = await remoteStore(address, 'train');
    const options = { batchSize: BATCH, seed: 1, epoch: 0, augment: 'pad-crop-flip', prefetch: 2 } as const;
    const { channelMeans, channelDeviations } = remote;
    const here = { ...stored, channelMeans, channelDeviations };
    const expected: Float32Array[] = [];
    for await (const { images } of trainingBatches(here, options)) expected.push(images);
    const got: Float32Array[] = [];
    for await (const { images } of trainingBatches(remote, options)) got.push(images);
    expect(got).toEqual(expected);
    expect(requested.length).toBe(1 + stored.size);
  });

  it('stops with the error of the store, which names the image', async () => {
    const remote = await remoteStore(address, 'train');
    const gone: Dataset = { ...remote, pixels: () => remote.pixels(99) };
    const batches = evaluationBatches(gone, { batchSize: 4 });
    await expect(batches[Symbol.asyncIterator]().next()).rejects.toThrow(
      /\/99: expected an image, got status 404/,
    );
  });
});
