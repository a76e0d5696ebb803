import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Batch } from './batches/batch.js';
import { epochOrder } from './batches/epoch-order.js';
import { evaluationBatches } from './batches/evaluation-batches.js';
import { evaluationView, type ViewOf } from './decoding/image-view.js';
import { imageBatch } from './decoding/fill-image.js';
import { trainingView } from './decoding/training-view.js';
import { writeClassFolders } from './fixtures/imagenet-files.js';
import { translatedWorker } from './fixtures/translated-worker.js';
import { holdOut } from './hold-out.js';
import { openImagenet } from './imagenet/open-imagenet.js';
import type { ImageFiles } from './image-files.js';
import { ImageDecoder } from './decoding/image-decoder.js';
import { imageFileDataset } from './image-file-dataset.js';
import { subset } from './subset.js';
import { trainingBatches } from './batches/training-batches.js';

let folder = '';
let intact: ImageFiles;
let script: URL;
let decoders: ImageDecoder[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dmnn-square-'));
  await writeClassFolders(join(folder, 'train'), 5); // 20 files
  intact = await openImagenet(folder, 'train');
  script = await translatedWorker(folder);
  decoders = [0, 1, 3].map((workers) => new ImageDecoder({ workers, script, execArgv: [] }));
});
afterAll(async () => {
  await Promise.all(decoders.map((decoder) => decoder.close()));
  await rm(folder, { recursive: true });
});

const usual = { batchSize: 6, seed: 5, epoch: 2, augment: 'random-resized-crop' } as const;

async function collect(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const all = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

async function fileOf(index: number): Promise<{ bytes: Uint8Array; file: string }> {
  return { bytes: await intact.read(index), file: intact.file(index) };
}

/** The images, some of them truncated. */
function damaged(...indices: number[]): ImageFiles {
  return {
    ...intact,
    place: undefined, // read here, not by the threads
    read: async (index) => {
      const bytes = await intact.read(index);
      return indices.includes(index) ? bytes.subarray(0, 60) : bytes;
    },
  };
}

describe('imageFileDataset', () => {
  it('gives what one thread gives, whatever the number of threads', async () => {
    const decoded = async (keys: number[], view: (sampleKey: number) => ViewOf) => {
      const files = keys.map(async (key) => ({ ...(await fileOf(key)), viewOf: view(key) }));
      return imageBatch(await Promise.all(files), 14, intact);
    };
    const training = (sampleKey: number) => trainingView({ seed: 5, epoch: 2, sampleKey }, { sizePx: 14 });
    const evaluation = () => evaluationView({ sizePx: 14, shorterSidePx: 16 });
    for (const decoder of decoders) {
      const squares = imageFileDataset(intact, { sizePx: 14, decoder });
      const drawn = await collect(trainingBatches(squares, usual));
      const seen = await collect(evaluationBatches(squares, { batchSize: 9 }));
      expect([drawn.length, seen.at(-1)?.labels.length]).toEqual([3, 2]);
      const order = [...epochOrder(20, { seed: 5, epoch: 2 })];
      expect(drawn.flatMap(({ sampleKeys }) => sampleKeys)).toEqual(order.slice(0, 18));
      expect(seen.flatMap(({ sampleKeys }) => sampleKeys)).toEqual(Array.from({ length: 20 }, (_, i) => i));
      for (const { images, sampleKeys } of drawn) expect(images).toEqual(await decoded(sampleKeys, training));
      for (const { images, sampleKeys } of seen)
        expect(images).toEqual(await decoded(sampleKeys, evaluation));
      for (const { labels, categories, sampleKeys } of [...drawn, ...seen]) {
        expect([...labels]).toEqual(sampleKeys.map((key) => intact.label(key)));
        expect([...categories]).toEqual(sampleKeys.map((key) => intact.category(key)));
      }
    }
  });

  it('enters an epoch at any step; without augmentation it is evaluation, shuffled', async () => {
    const squares = imageFileDataset(intact, { sizePx: 8, decoder: decoders[2]! });
    const whole = await collect(trainingBatches(squares, usual));
    expect(await collect(trainingBatches(squares, { ...usual, startStep: 2 }))).toEqual(whole.slice(2));
    const [first] = await collect(trainingBatches(squares, { ...usual, augment: 'none', prefetch: 0 }));
    const all = await collect(evaluationBatches(squares, { batchSize: 20 }));
    const key = first!.sampleKeys[0]!;
    expect(first!.images.subarray(0, 192)).toEqual(all[0]!.images.subarray(192 * key, 192 * (key + 1)));
  });

  it('lets the next intact image stand in for a damaged one in training', async () => {
    for (const decoder of [decoders[0]!, decoders[2]!]) {
      const clean = imageFileDataset(intact, { sizePx: 8, decoder });
      const squares = imageFileDataset(damaged(3, 4, 19), { sizePx: 8, decoder });
      const options = { ...usual, batchSize: 20 };
      const [expected] = await collect(trainingBatches(clean, options));
      const [got] = await collect(trainingBatches(squares, options));
      const standIn: { [index: number]: number } = { 3: 5, 4: 5, 19: 0 };
      expect(got!.sampleKeys).toEqual(expected!.sampleKeys.map((key) => standIn[key] ?? key));
      for (const [row, key] of got!.sampleKeys.entries()) {
        const from = expected!.sampleKeys.indexOf(key);
        const image = (batch: Batch, at: number) => batch.images.subarray(192 * at, 192 * (at + 1));
        expect(image(got!, row)).toEqual(image(expected!, from));
        expect(got!.labels[row]).toBe(intact.label(key));
      }
      expect([...new Set(got!.skipped!.map(({ index }) => index))].sort((a, b) => a - b)).toEqual([3, 4, 19]);
      expect(got!.skipped![0]!.problem.got).toMatch(/the end of the file after 60 bytes/);
    }
  });

  it('leaves damaged images out of evaluation, if need be a whole batch', async () => {
    const squares = imageFileDataset(damaged(1, 4, 5), { sizePx: 8, decoder: decoders[1]! });
    const clean = await collect(
      evaluationBatches(imageFileDataset(intact, { sizePx: 8, decoder: decoders[1]! }), { batchSize: 2 }),
    );
    const batches = await collect(evaluationBatches(squares, { batchSize: 2 }));
    expect(batches.map(({ sampleKeys }) => sampleKeys).slice(0, 4)).toEqual([[0], [2, 3], [], [6, 7]]);
    expect(batches.map(({ skipped }) => skipped?.length ?? 0).slice(0, 4)).toEqual([1, 0, 2, 0]);
    expect(batches[0]!.images).toEqual(clean[0]!.images.subarray(0, 192));
    expect(batches[2]!.shape).toEqual([0, 8, 8, 3]);
  });

  it('gives up where nothing near is intact', async () => {
    const all = Array.from({ length: 20 }, (_, index) => index);
    const squares = imageFileDataset(damaged(...all), { sizePx: 8, decoder: decoders[0]! });
    await expect(collect(trainingBatches(squares, usual))).rejects.toThrow(
      /none of those that follow is intact/,
    );
  });

  it('stops at a file that cannot be read: the disk may be at fault', async () => {
    const gone: ImageFiles = {
      ...intact,
      place: (index) => ({ kind: 'file', path: `${intact.file(index)}.gone` }),
    };
    for (const decoder of [decoders[0]!, decoders[1]!]) {
      const squares = imageFileDataset(gone, { sizePx: 8, decoder });
      await expect(collect(evaluationBatches(squares, { batchSize: 4 }))).rejects.toMatchObject({
        code: 'DMNN_DATA',
        expected: 'a readable file',
      });
    }
  });

  it('refuses wrong arguments', () => {
    expect(() => imageFileDataset(intact, { sizePx: 0 })).toThrow(/sizePx: expected/);
    expect(() => imageFileDataset({ ...intact, size: 0 })).toThrow(
      /files: expected at least one image, got none/,
    );
    const squares = imageFileDataset(intact, { sizePx: 8, decoder: decoders[0]! });
    expect(() => trainingBatches(squares, { ...usual, augment: 'pad-crop-flip' })).toThrow(
      /augment: expected 'random-resized-crop' or 'none' for imagenet, got "pad-crop-flip"/,
    );
    expect(() => new ImageDecoder({ workers: -1 })).toThrow(/workers: expected an integer ≥ 0/);
  });
});

describe('ImageDecoder', () => {
  let dying: ImageDecoder | undefined;
  afterEach(() => dying?.close());

  it('reports a thread that dies, with the files that it had, and takes nothing more', async () => {
    const fatal = new URL('./fixtures/dying-worker.mjs', import.meta.url);
    dying = new ImageDecoder({ workers: 2, script: fatal, execArgv: [] });
    const squares = imageFileDataset(intact, { sizePx: 8, decoder: dying });
    const all = collect(evaluationBatches(squares, { batchSize: 4 }));
    await expect(all).rejects.toMatchObject({ code: 'DMNN_DECODING' });
    await expect(all).rejects.toThrow(/a thread has ended \(exit code 3\)[^]*n0\d+_\d\.JPEG/);
    await expect(collect(evaluationBatches(squares, { batchSize: 4 }))).rejects.toMatchObject({
      code: 'DMNN_DECODING',
    });
  });

  it('reports a thread that dies before the first request to later callers', async () => {
    const fatal = new URL('data:text/javascript,process.exit(4)');
    dying = new ImageDecoder({ workers: 1, script: fatal, execArgv: [] });
    dying.start();
    dying.start(); // starts no second one
    const squares = imageFileDataset(intact, { sizePx: 8, decoder: dying });
    const asked = collect(evaluationBatches(squares, { batchSize: 4 }));
    await expect(asked).rejects.toThrow(/a thread has ended \(exit code 4\)/);
  });

  it('decodes the same in threads that were started before', async () => {
    dying = new ImageDecoder({ workers: 1, script, execArgv: [] });
    dying.start();
    const [warm, cold] = [dying, decoders[0]!].map((decoder) =>
      collect(evaluationBatches(imageFileDataset(intact, { sizePx: 8, decoder }), { batchSize: 10 })),
    );
    expect(await warm).toEqual(await cold);
  });

  it('keeps no process alive by threads that wait', () => {
    const ports = (): number =>
      process.getActiveResourcesInfo().filter((resource) => resource === 'MessagePort').length;
    const before = ports();
    dying = new ImageDecoder({ workers: 2, script, execArgv: [] });
    dying.start();
    expect(ports()).toBe(before);
  });

  it('passes on what a thread cannot do', async () => {
    const path = join(folder, 'wrong.jpg');
    await writeFile(path, await intact.read(0));
    const request = {
      files: [{ file: path, sampleKey: 0, content: { kind: 'file', path } as const }],
      sizePx: 8,
      normalisation: { channelMeans: [0, 0, 0], channelDeviations: [1, 1, 0] },
      view: { kind: 'evaluation', options: { sizePx: 8, shorterSidePx: 9 } } as const,
    };
    await expect(decoders[1]!.decode(request)).rejects.toThrow(/channelDeviations\[2\]: expected/);
    await expect(decoders[1]!.decode(request)).rejects.toBeInstanceOf(RangeError);
  });

  it('fails what is asked for when it is closed', async () => {
    dying = new ImageDecoder({ workers: 1, script, execArgv: [] });
    const asked = collect(
      evaluationBatches(imageFileDataset(intact, { sizePx: 8, decoder: dying }), { batchSize: 4 }),
    );
    const failed = expect(asked).rejects.toThrow(/a thread was closed/);
    await new Promise((resolve) => setImmediate(resolve));
    await dying.close();
    await failed;
  });
});

describe('subset and holdOut of images', () => {
  it('gives the same squares of those that are asked for, read here or by threads', async () => {
    for (const files of [intact, damaged()]) {
      const squares = imageFileDataset(files, {
        sizePx: 14,
        shorterSidePx: 20,
        decoder: decoders[1]!,
      });
      const [all] = await collect(evaluationBatches(squares, { batchSize: 20 }));
      const few = subset(squares, [17, 2, 2]);
      const [batch] = await collect(evaluationBatches(few, { batchSize: 3 }));
      const values = 14 * 14 * 3;
      for (const [row, index] of [17, 2, 2].entries()) {
        const image = batch!.images.subarray(row * values, (row + 1) * values);
        expect(image).toEqual(all!.images.subarray(index * values, (index + 1) * values));
        expect([batch!.labels[row], batch!.categories[row]]).toEqual([
          squares.label(index),
          squares.category(index),
        ]);
        expect(few.file!(row)).toBe(files.file(index));
      }
      expect([few.size, few.imageSizePx, few.classes, few.categoryGroups?.length]).toEqual([3, 14, 1000, 58]);
      expect(() => few.file!(3)).toThrow('index: expected an integer from 0 to 2, got 3');
    }
  });

  it('puts every image on one side, which says what it is', () => {
    const { train, test } = holdOut(imageFileDataset(intact, { decoder: decoders[0]! }), 4);
    const files = [train, test].flatMap((side) => {
      return Array.from({ length: side.size }, (_, index) => side.file!(index));
    });
    expect(files.sort()).toEqual(Array.from({ length: 20 }, (_, index) => intact.file(index)).sort());
    expect([train.size, train.name, test.size, test.name, test.split]).toEqual([
      16,
      'imagenet, 4 held out',
      4,
      'imagenet, 4 held out',
      'test',
    ]);
  });
});
