import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError } from '../data-error.js';
import { foundText } from '../found/found-text.js';
import { openImagenet } from './open-imagenet.js';

const archives = JSON.parse(
  await readFile(new URL('../fixtures/tar-archives.json', import.meta.url), 'utf8'),
) as {
  readonly [name: string]: { readonly gzip: string; readonly files: { [path: string]: string } | null };
};

const bytesOf = (name: string): Buffer => gunzipSync(Buffer.from(archives[name]!.gzip, 'base64'));

let folder = '';
let train = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dmnn-tar-'));
  train = join(folder, 'train');
  await mkdir(train);
});
afterEach(() => rm(folder, { recursive: true }));

async function opened(name: string) {
  await writeFile(join(train, 'shard.tar'), bytesOf(name));
  return openImagenet(folder, 'train');
}

const indexFile = (): string => join(train, '.dmnn-index-train.json');
const [classed, wnid] = ['000000.jpg=1', 'n01440764'];
const [long, deep] = ['a-folder-of-a-long-name/'.repeat(9), 'folder/'.repeat(12)];

describe('openTarShards', () => {
  it.each([
    [
      'points in names of a class',
      [...[0, 1, 2, 3, 4, 5].map((i) => `${wnid}_${i}.copy.JPEG=0`), `${wnid}_99.JPEG=0`],
    ],
    ['points in keys', [0, 1, 2, 3, 4, 5].map((i) => `img.v${i}.jpg=${i + 1}`)],
    ['a shorter key', ['a.left.jpg=7']],
    ['tiff', [0, 1, 2, 3, 4, 5].map((i) => `${i}.tiff=${i + 1}`)],
    ['class folders', ['train/n01440764/b.JPEG=0', 'train/n01443537/a.JPEG=1']],
    ['a hard link', [...[0, 1, 2, 3, 4, 5].map((i) => `00000${i}.jpg=${i + 1}`), 'x.jpg=1']],
    ['symbolic links', [classed, 'links/x.jpg=1']],
    ['a folder named as an image', [classed]],
    ['names in two parts', [`${deep}0000000.jpg=1`]],
    ['long names of GNU', [`${long}0000000.jpg=1`, 'x.jpg=1']],
    ['long names of pax', [`${long}000000é0.jpg=1`, `${long}000000é1.jpg=2`, 'x.jpg=1']],
    ['values of several lines in pax', ['a.jpg=1']],
    ['sizes in pax', ['a.jpg=1']],
    ['names that are not UTF-8', ['\\xff\\xfe0.jpg=1']],
    ['sizes in binary', [classed, '000001.jpg=2', '000002.jpg=3']],
    ['V7', [classed, '000001.jpg=2', '000002.jpg=3']],
    ['files from 2038 on of GNU', ['a.jpg=1']],
    ['another sparse member of GNU', ['a.jpg=1']],
    ['another sparse member of pax', ['a.jpg=1']],
    ['a volume name', ['a.jpg=1']],
  ])('reads %s as tarfile does', async (name, expected) => {
    const files = await opened(name);
    const names = Array.from({ length: files.size }, (_, i) =>
      files.file(i).slice(`${train}/shard.tar/`.length),
    );
    expect(names.map((path, i) => `${path}=${files.label(i)}`)).toEqual(expected);
    for (const [i, path] of names.entries()) {
      const theirs = archives[name]!.files![path.replace('\\xff\\xfe', '\udcff\udcfe')];
      expect(Buffer.from(await files.read(i)).toString('hex')).toBe(theirs);
    }
  });

  it("reads names in archives with times of access, of which tarfile makes another folder's", async () => {
    const files = await opened('times of access of GNU');
    expect([files.size, files.file(0), files.label(0)]).toEqual([1, join(train, 'shard.tar', 'a.jpg'), 1]);
    expect(Buffer.from(await files.read(0)).toString('latin1')).toContain('photograph 0');
  });

  it.each([
    ['a name twice', /shard\.tar\/a\.jpg: expected an image, got 2 members of that name/],
    ['a label twice', /shard\.tar\/a\.cls: expected a file with the class of a\.jpg, got 2 members/],
    [
      'two images in a sample',
      /a\.png: expected one image in each sample, got a\.jpg and a\.png, both with a\.cls/,
    ],
    ['two images of a key', /got a\.l\.jpg and a\.r\.jpg, both with a\.cls/],
    ['two classes', /a\.jpg: expected one class of ImageNet, got 1 by a\.cls and 2 by a\.json/],
    ["a class other than the name's", /got 1 by n01440764_1\.cls and 0 by the name n01440764_1\.jpg/],
    ['a null label', /a\.jpg: expected a class of ImageNet.*got "null"/],
    [
      'nothing but text',
      /images in tar archives, got none; passed over 2: not read: 2 members of \.txt \(a\.txt/,
    ],
    [
      'a link out of the archive',
      /x\.jpg: expected an image, got a symbolic link to \.\.\/x\.jpg, nothing in the archive/,
    ],
    [
      'a hard link before its file',
      /x\.jpg: expected an image, got a hard link to 000000\.jpg, a member after it/,
    ],
    [
      'a link to the machine',
      /x\.jpg: expected an image, got a symbolic link to \/000000\.jpg, outside of the archive/,
    ],
    [
      'two images of a key and a class in their names',
      /_1\.png: expected one image in each sample, got n01440764_1\.jpg and n01440764_1\.png\. Leave one/,
    ],
    ['links in a circle', /x\.jpg: expected an image, got a link that leads in a circle/],
    ['a device named as an image', /x\.jpg: expected an image, got a device/],
    ['a sparse image of GNU', /a\.jpg: expected an image, got a sparse file\. Unpack the archive/],
    ['a sparse image of pax 0.0', /a\.jpg: expected an image, got a sparse file/],
    ['a sparse image of pax 0.1', /a\.jpg: expected an image, got a sparse file/],
    ['a sparse image of pax 1.0', /a\.jpg: expected an image, got a sparse file/],
    [
      'archives in an archive',
      /got 2 tar archives in it \(n01440764\.tar, …\).*: mkdir -p \S+\/train && tar -xf \S+\/shard\.tar -C \S+\/train$/,
    ],
    [
      'archives in folders of an archive',
      /got 2 tar archives in it \(a\/b\/n01440764\.tar, …\).*tar -xf \S+ -C \S+\/train --strip-components=2$/,
    ],
    [
      'ZIP archives in an archive',
      /got 1 ZIP archive in it \(n01440764\.zip\), 1 compressed tar archive .*unzip -q "\$1" -d "\$\{1%\.\*\}".*gzip -d/,
    ],
    ['validation images', /val_00000001\.JPEG: expected a class.*got none\. .*development kit/],
    ['empty', /byte 0: expected a tar archive, got an empty file/],
    ['no members', /images in tar archives, got none\./],
    ['cut between a header and its file', /byte 512: expected \d+ bytes of 000000\.jpg, got 0/],
    ['cut in a header', /byte 1024: expected a tar header, got the end of the file after 100 bytes of it/],
    ['cut in a file', /byte 512: expected \d+ bytes of 000000\.jpg, got 10/],
    ['cut in the padding', /expected a tar header, got the end of the file/],
    ['two, one after the other', /expected the end of the archive.*got more content after it/],
    ['gzip', /got a gzip-compressed file.*gzip -dc \S+shard\.tar > \S+shard\.tar\.new && mv/],
    ['bzip2', /got a bzip2-compressed file/],
    ['xz', /got an xz-compressed file/],
    ['zstd', /got a zstd-compressed file/],
  ])('refuses %s', async (name, message) => {
    await expect(opened(name)).rejects.toThrow(message);
    await expect(opened(name)).rejects.toBeInstanceOf(DataError);
  });

  it('gives a command that unpacks an archive of compressed archives', async () => {
    const error = await opened('compressed archives in an archive').catch((thrown: unknown) => thrown);
    const { got, remedy } = error as DataError;
    expect(got).toBe('2 compressed tar archives in it (train/n01440764.tar.gz, …)');
    execFileSync('sh', ['-c', remedy.replace(/^.*?: /, '')]);
    expect((await readdir(train)).sort()).toEqual(['n01440764.tar', 'n01443537.tar', 'shard.tar']);
    const files = await openImagenet(folder, 'train');
    expect([files.size, files.label(0), files.label(1)]).toEqual([2, 0, 1]);
    expect(files.found?.remarks).toEqual(['1 of 3 archives have no images: shard.tar.']);
  });

  it('says that images whose names begin alike are read as images of their own', async () => {
    const files = await opened('names that begin with others');
    expect([files.size, files.found?.remarks]).toEqual([
      4,
      [
        `${train}/shard.tar: 2 images begin with the name of another up to a point (n01440764_0.JPEG and n01440764_0.copy.JPEG): each is read as an image of its own.`,
      ],
    ]);
    expect((await opened('points in names of a class')).found?.remarks).toEqual([
      expect.stringMatching(/is written again/),
    ]);
  });

  it('calls links and special files what they are', async () => {
    expect(foundText(await opened('links and special files next to images'))).toBe(
      'imagenet, train: 1 image of 1 of 1000 classes in tar shards; passed over 4: symbolic link to a folder: 1 member (n01443537), ' +
        'symbolic link to no file of the archive: 1 member (README), not read: 1 member (latest), device or another special file: 1 member (pipe)',
    );
  });

  it('counts what is no image, and says if an archive may be truncated', async () => {
    expect(foundText(await opened('formats that are not read'))).toBe(
      'imagenet, train: 2 images of 2 of 1000 classes in tar shards; passed over 5: hidden: 1 member (._000000.jpg), ' +
        'not read: 2 members of .bmp (x.bmp, …), class without an image: 1 member of .cls (x.cls), not read: 1 member (README)',
    );
    expect(foundText(await opened('without an end'))).toMatch(
      /3 images of 3 of 1000 classes in tar shards\n.*shard\.tar may be truncated: it lacks the block of zeros/,
    );
  });

  it('refuses a header for all members that none follows, as tarfile does', async () => {
    const whole = bytesOf('long names of pax'); // a global header of two blocks, then the members
    await writeFile(join(train, 'shard.tar'), Buffer.concat([whole.subarray(0, 1024), Buffer.alloc(1024)]));
    await expect(openImagenet(folder, 'train')).rejects.toThrow(
      /expected the member of an extended header, got the end/,
    );
  });

  it('names compressed archives by their names, too', async () => {
    await writeFile(join(train, 'shard-1.tar.gz'), bytesOf('gzip'));
    await expect(opened('V7')).rejects.toThrow(
      /shard-1\.tar\.gz: expected a tar archive that is not compressed, got a gzip-compressed file.*: gzip -d \S+gz$/,
    );
  });

  it.each(['part', 'aria2', 'crdownload', 'tmp', 'incomplete', 'filepart'])(
    'calls .%s an unfinished download',
    async (end) => {
      const path = join(train, `shard-1.tar.${end}`);
      await writeFile(path, 'x');
      const error = { file: path, got: `an unfinished download, as .${end} says` };
      await expect(openImagenet(folder, 'train')).rejects.toMatchObject(error);
      await expect(opened('V7')).rejects.toMatchObject(error);
      await rm(path);
      expect((await opened('V7')).size).toBe(3);
    },
  );

  it('says how to unpack a ZIP archive of a split', async () => {
    await writeFile(join(train, 'all of it.zip'), 'PK\u0003\u0004');
    await expect(openImagenet(folder, 'train')).rejects.toThrow(
      /got a ZIP archive\. Unpack it, and remove it then: unzip -q '\S+\/all of it\.zip' -d \S+\/train$/,
    );
    expect((await opened('tiff')).found?.passedOver).toMatchObject([{ extension: '.zip', count: 1 }]);
  });

  it('names files that are missing in a series, and those that contradict it', async () => {
    const found = async (...names: string[]) => {
      await rm(train, { recursive: true });
      await mkdir(train);
      for (const name of names) await writeFile(join(train, name), bytesOf('points in names of a class'));
      return (await openImagenet(folder, 'train')).found?.remarks;
    };
    expect(await found('t-000000.tar', 't-000002.tar', 'u-1.tar', 'u-2.tar')).toEqual([
      't-NUMBER.tar: the numbers of the 2 files go up to 2, but not all are there; 1 is missing: 000001.',
    ]);
    expect(await found('9.tar', '10.tar', '12.tar')).toEqual([
      'NUMBER.tar: the numbers of the 3 files go up to 12, but not all are there; 10 are missing: 0, 1, 2, 3, 4, ….',
    ]);
    expect(await found('t-00.tar', 'n01440764.tar', 'n01440766.tar', 't-20200101.tar')).toEqual([]);
    expect(await found('t-1-of-3.tar', 't-3-of-3.tar', 's-0-of-1.tar')).toEqual([
      't-NUMBER-of-3.tar: only 2 of 3 files are there; 1 is missing: 2.',
    ]);
    // with the digests of the hub
    expect(await found('t-00000-of-00002-0a1b2c3d4e5f.tar', 't-00001-of-00002-9f8e7d6c5b4a.tar')).toEqual([]);
    for (const [names, message] of [
      [['t-0-of-2.tar', 't-2-of-2.tar'], /t-NUMBER-of-2\.tar: expected numbers up to 1, got 2\./],
      [['t-0-of-2.tar', 't-00-of-2.tar'], /expected each number once, got 00 twice/],
      [['t-0-of-2.tar', 't-1-of-3.tar'], /expected files of one series, got some of 2 and some of 3/],
    ] as const) {
      await expect(found(...names)).rejects.toThrow(message);
    }
  });

  it('refuses pipes and folders', async () => {
    await mkdir(join(train, 'shard.tar'));
    await expect(openImagenet(folder, 'train')).rejects.toThrow(
      /shard\.tar: expected a readable tar archive, got a folder/,
    );
    await rm(join(train, 'shard.tar'), { recursive: true });
    await symlink('/dev/zero', join(train, 'shard.tar'));
    await expect(openImagenet(folder, 'train')).rejects.toThrow(/got a device/);
  });

  describe('the stored index', () => {
    const labels = async (): Promise<number[]> => {
      const files = await openImagenet(folder, 'train');
      return Array.from({ length: files.size }, (_, i) => files.label(i));
    };
    /** As a damaged version of this package would write it. */
    const withDigest = (index: string): string => {
      const content = /"shards":(.*)\}$/.exec(index)?.[1] ?? '';
      const digest = createHash('sha256').update(content).digest('hex');
      return index.replace(/"sha256":"\w+"/, `"sha256":"${digest}"`);
    };
    const remarks = async () => (await openImagenet(folder, 'train')).found?.remarks;

    it('is used as long as it fits the archives', async () => {
      expect((await opened('V7')).found?.remarks).toEqual([]);
      const kept = await readFile(indexFile(), 'utf8');
      await writeFile(indexFile(), withDigest(kept.replace('"labels":[1,2,3]', '"labels":[7,8,9]')));
      expect(await labels()).toEqual([7, 8, 9]); // so it was read
      await utimes(join(train, 'shard.tar'), 1, 1);
      expect((await openImagenet(folder, 'train')).found?.remarks).toEqual([
        `${indexFile()} is written again, since size or date of shard.tar differ from it.`,
      ]);
      expect(await labels()).toEqual([1, 2, 3]);
      await writeFile(join(train, 'shard-1.tar'), bytesOf('tiff'));
      expect(await remarks()).toEqual([`${indexFile()} is written again, since shard-1.tar is not in it.`]);
      expect(await remarks()).toEqual([]);
    });

    it('names archives that are not there any more', async () => {
      await writeFile(join(train, 'shard-1.tar'), bytesOf('tiff'));
      await opened('V7');
      await rm(join(train, 'shard-1.tar'));
      expect(await remarks()).toEqual([
        '1 archive that was there before is not there any more: shard-1.tar.',
      ]);
      expect(await labels()).toEqual([1, 2, 3]);
      expect(await remarks()).toEqual([]);
    });

    it.each<[string, (index: string) => string]>([
      ['another class', (index) => index.replace('[1,2,3]', '[1,2,4]')],
      ['a length of 0', (index) => index.replace(/"lengths":\[\d+/, '"lengths":[0')],
      ['a shorter image', (index) => index.replace(/"lengths":\[\d+/, '"lengths":[9')],
      ['an image elsewhere', (index) => index.replace(/"offsets":\[512/, '"offsets":[1536')],
      ['another name', (index) => index.replace('"000001.jpg"', '"000009.jpg"')],
      ['another size and date', (index) => index.replace(/"modifiedMs":\d/, '"modifiedMs":9')],
      ['no digest', (index) => index.replace(/"sha256":"\w+",/, '')],
      ['a space', (index) => index.replace('"paths"', ' "paths"')],
    ])('is made again if it is edited: %s', async (_, edit) => {
      await opened('V7');
      const kept = await readFile(indexFile(), 'utf8');
      expect(edit(kept)).not.toBe(kept);
      await writeFile(indexFile(), edit(kept));
      expect(await remarks()).toEqual([expect.stringMatching(/is written again, since it is damaged\.$/)]);
      expect(await labels()).toEqual([1, 2, 3]);
      expect(await readFile(indexFile(), 'utf8')).toBe(kept);
    });

    it.each<[string, (index: string) => string]>([
      ['cut', (index) => index.slice(0, 40)],
      ['another format', (index) => index.replace('"format":3', '"format":2')],
      ['no list', (index) => index.replace(/"shards":.*/, '"shards":7}')],
      ['a label that is no class', (index) => index.replace('[1,2,3]', '[1,2,1000]')],
      ['fewer labels', (index) => index.replace('[1,2,3]', '[1,2]')],
      ['a fraction', (index) => index.replace('[1,2,3]', '[1,2,2.5]')],
      ['an image beyond the archive', (index) => index.replace(/"lengths":\[\d+/, '"lengths":[99999')],
      ['an image between blocks', (index) => index.replace(/"offsets":\[512/, '"offsets":[513')],
      ['a path that is none', (index) => index.replace('"000001.jpg"', '1')],
      ['a path twice', (index) => index.replace('"000001.jpg"', '"000000.jpg"')],
      ['a null', (index) => index.replace(/"shards":\[.*\]/, '"shards":[null]')],
    ])('is made again if it is damaged: %s', async (_, damage) => {
      await opened('V7');
      const kept = await readFile(indexFile(), 'utf8');
      expect(damage(kept)).not.toBe(kept);
      await writeFile(indexFile(), withDigest(damage(kept)));
      expect(await remarks()).toEqual([
        expect.stringMatching(/is written again, since it (is damaged|has another format)\.$/),
      ]);
      expect(await labels()).toEqual([1, 2, 3]);
      expect(await readFile(indexFile(), 'utf8')).toBe(kept);
    });

    it('is not read from a device, and not needed', async () => {
      await symlink('/dev/zero', indexFile());
      expect(await opened('V7').then(({ found }) => found?.remarks[0])).toMatch(/since it is no file/);
      await rm(indexFile());
      await mkdir(indexFile());
      expect(await remarks()).toEqual([
        expect.stringMatching(/is written again, since it is no file/),
        expect.stringMatching(/^The archives are scanned at each start: .*expected a file, got a folder/),
      ]);
      expect((await readdir(train)).sort()).toEqual(['.dmnn-index-train.json', 'shard.tar']);
      expect((await stat(indexFile())).isDirectory()).toBe(true);
    });
  });
});
