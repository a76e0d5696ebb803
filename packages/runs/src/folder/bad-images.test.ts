import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFileSystem } from '@dmnn/foundation/node';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { describe, expect, it } from 'vitest';
import { BadImages } from './bad-images.js';

const image = (index: number) => ({
  index,
  problem: { file: `${index}.jpg`, expected: 'a JPEG', got: 'half', remedy: 'Get it again.' },
});
const refuse = (message: string): never => {
  throw new Error(message);
};

describe('BadImages', () => {
  it('lists each image once, also when it is opened again, with a checksum a line', async () => {
    await inTemporaryFolder(async (folder) => {
      const list = await BadImages.open(folder, 3, nodeFileSystem, refuse);
      expect(await list.add('train', [image(3), image(3)])).toEqual([image(3)]);
      const path = join(folder, 'bad-images.jsonl');
      await appendFile(path, '{"split":"te');
      const again = await BadImages.open(folder, 3, nodeFileSystem, refuse);
      expect(again.count).toBe(1);
      await again.add('test', [image(3)]);
      const lines = (await readFile(path, 'utf8')).trim().split('\n');
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
        { split: 'train', ...image(3), crc: expect.stringMatching(/^[0-9a-f]{8}$/) as string },
        { split: 'test', ...image(3), crc: expect.stringMatching(/^[0-9a-f]{8}$/) as string },
      ]);
    });
  });

  it('reads lists of older versions, and goes on in them', async () => {
    await inTemporaryFolder(async (folder) => {
      const older = JSON.stringify({ split: 'train', ...image(1) });
      await writeFile(join(folder, 'bad-images.jsonl'), `${older}\n`);
      await (await BadImages.open(folder, 3, nodeFileSystem, refuse)).add('train', [image(1), image(2)]);
      expect((await BadImages.open(folder, 3, nodeFileSystem, refuse)).count).toBe(2);
      expect(await readFile(join(folder, 'bad-images.jsonl'), 'utf8')).toContain(`${older}\n`);
    });
  });

  it('shows each flipped bit, and leaves that line out', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'bad-images.jsonl');
      await (await BadImages.open(folder, 9, nodeFileSystem, refuse)).add('train', [image(1)]);
      const intact = await readFile(path);
      for (let bit = 0; bit < 8 * intact.length; bit++) {
        const damaged = Uint8Array.from(intact);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        await writeFile(path, damaged);
        const warnings: string[] = [];
        const list = await BadImages.open(folder, 9, nodeFileSystem, (message) => warnings.push(message));
        expect([list.count, warnings], `bit ${bit}`).toEqual([0, [expect.stringContaining('line 1 (')]]);
        await list.add('train', [image(1)]);
        expect((await readFile(path)).equals(intact)).toBe(true);
      }
    });
  });
});
