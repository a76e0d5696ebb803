import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { painted } from './painted.js';

/**
 * Both splits of an ImageNet of two classes in class folders: four tenches with a damaged file after the third, and two
 * accordions, each of another size.
 */
export async function writeImagenet(folder: string): Promise<void> {
  for (const split of ['train', 'val']) {
    const [tench, accordion] = ['n01440764', 'n02672831'].map((wnid) => join(folder, split, wnid)) as [string, string]; // prettier-ignore
    await mkdir(tench, { recursive: true });
    await mkdir(accordion, { recursive: true });
    const files = ['a', 'b', 'c', 'd'].map((name) => join(tench, `${name}.png`));
    files.push(join(accordion, 'a.png'), join(accordion, 'b.png'));
    for (const [i, file] of files.entries())
      await painted(40 + 7 * i, 64 - 3 * i)
        .png()
        .toFile(file);
    const bytes = await painted(40, 40).png().toBuffer();
    await writeFile(join(tench, 'cut.png'), bytes.subarray(0, 60)); // between c and d
  }
}
