import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tar from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { evaluationBatches } from '../batches/evaluation-batches.js';
import { ImageDecoder } from '../decoding/image-decoder.js';
import { jpeg, write } from '../fixtures/imagenet-files.js';
import { parquetCases } from '../fixtures/parquet-cases.js';
import { translatedWorker } from '../fixtures/translated-worker.js';
import { findImageFiles } from '../folders/list-image-files.js';
import { foundText } from '../found/found-text.js';
import { imageFileDataset } from '../image-file-dataset.js';
import { openImageFolder } from './image-folder.js';
import { openImagenet } from './open-imagenet.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dmnn-names-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A path below the folder; `ÿ` and other Latin-1 letters are single bytes. */
const at = (path: string): Buffer => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')]);

// macOS and Windows have no such names
describe.skipIf(process.platform !== 'linux')('names that are not UTF-8', () => {
  it('are read in class folders, by threads too, and shown with their bytes', async () => {
    mkdirSync(at('train/n01440764/f\xfc'), { recursive: true });
    for (const [i, path] of ['a.jpg', '\xff\xe9.jpg', 'f\xfc/b\xe9.jpg', 'f\xfc/c.jpg'].entries()) {
      writeFileSync(at(`train/n01440764/${path}`), await jpeg(i));
    }
    writeFileSync(at('train/n01440764/\xe9.bmp'), '');
    symlinkSync('f\xfc', at('train/n01440764/link'), 'dir');
    const files = await openImagenet(folder, 'train');
    const names = Array.from({ length: files.size }, (_, i) => files.file(i).slice(folder.length));
    expect(names).toEqual(
      ['a.jpg', '\\xff\\xe9.jpg', 'f\\xfc/b\\xe9.jpg', 'f\\xfc/c.jpg'].map(
        (name) => `/train/n01440764/${name}`,
      ),
    );
    expect(foundText(files)).toContain('not read: 1 file of .bmp (n01440764/\\xe9.bmp)');
    for (let i = 0; i < files.size; i++) expect(Buffer.from(await files.read(i))).toEqual(await jpeg(i));
    const decoder = new ImageDecoder({ workers: 1, script: await translatedWorker(folder), execArgv: [] });
    const images = imageFileDataset(files, { sizePx: 14, decoder });
    for await (const batch of evaluationBatches(images, { batchSize: 4 })) {
      expect([batch.labels.length, batch.skipped]).toEqual([4, undefined]);
    }
    await decoder.close();
    await rm(at('train/n01440764/\xff\xe9.jpg'));
    await expect(files.read(1)).rejects.toMatchObject({ file: files.file(1), code: 'DMNN_DATA' });
  });

  it('are names of classes', async () => {
    for (const [i, path] of ['a', 'b\xe9', 'b\xff'].entries()) {
      mkdirSync(at(path));
      writeFileSync(at(`${path}/1.jpg`), await jpeg(i));
    }
    const files = await openImageFolder(folder, 'train');
    expect([files.classNames, files.label(2)]).toEqual([['a', 'b\\xe9', 'b\\xff'], 2]);
    expect(Buffer.from(await files.read(2))).toEqual(await jpeg(2));
  });

  it('are read as shards', async () => {
    await write(join(folder, 'x', 'n01440764_1.JPEG'), await jpeg(1));
    await tar.create({ file: join(folder, 'x.tar'), cwd: join(folder, 'x') }, ['n01440764_1.JPEG']);
    mkdirSync(at('train'));
    writeFileSync(at('train/\xe9.tar'), await readFile(join(folder, 'x.tar')));
    for (let time = 0; time < 2; time++) {
      const files = await openImagenet(folder, 'train'); // the second time, by the stored index
      expect(files.file(0)).toBe(join(folder, 'train', '\\xe9.tar', 'n01440764_1.JPEG'));
      expect(Buffer.from(await files.read(0))).toEqual(await jpeg(1));
      expect(files.found?.remarks).toEqual([]);
    }
    const { bytes, images = [] } = (await parquetCases()).find(({ name }) => name === 'codec snappy')!;
    mkdirSync(at('val'));
    writeFileSync(at('val/\xe9.parquet'), bytes);
    const table = await openImagenet(folder, 'test');
    expect(table.file(1)).toBe(`${join(folder, 'val', '\\xe9.parquet')}, row 1`);
    expect(Buffer.from(await table.read(1))).toEqual(images[1]);
  });

  it('are counted where paths are given as texts', async () => {
    writeFileSync(at('\xe9.jpg'), '');
    writeFileSync(at('a.jpg'), '');
    const { files, passedOver } = await findImageFiles(folder);
    expect(files).toEqual([join(folder, 'a.jpg')]);
    expect(passedOver).toEqual([
      { reason: 'name that is not UTF-8', unit: 'file', count: 1, example: '\\xe9.jpg' },
    ]);
  });
});
