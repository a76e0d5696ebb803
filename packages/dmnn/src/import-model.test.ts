import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { describe, expect, it } from 'vitest';
import { importModel } from './index.js';

const fixtures = fileURLToPath(new URL('fixtures/written-at-93d2fa3/', import.meta.url));
const file = join(fixtures, 'torchvision.safetensors');
const model = 'cifar-resnet8-0.125';

describe('importModel', () => {
  it('writes what dmnn import wrote of the same file, byte for byte', async () => {
    const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as {
      readonly models: { readonly imported: { readonly files: { readonly [name: string]: string } } };
    };
    await inTemporaryFolder(async (folder) => {
      const out = join(folder, 'model');
      const imported = await importModel({
        file,
        model,
        out,
        classNames: readFileSync(join(fixtures, 'class-names.txt'), 'utf8').trim().split('\n'),
        channelMeans: [0.5, 0.4, 0.3],
        channelDeviations: [0.2, 0.25, 0.3],
      });
      expect(imported).toMatchObject({ model, folder: out, ignored: 0, converted: {} });
      const digest = (name: string) =>
        createHash('sha256')
          .update(readFileSync(join(out, name)))
          .digest('hex');
      expect(Object.fromEntries(readdirSync(out).map((name) => [name, digest(name)]))).toEqual(
        expected.models.imported.files,
      );
    });
  });

  it('writes nothing where the file is of another model', async () => {
    await inTemporaryFolder(async (folder) => {
      const out = join(folder, 'model');
      const importing = importModel({ file, model: 'cifar-resnet14', out });
      await expect(importing).rejects.toMatchObject({ code: expect.stringMatching(/^DMNN_/) as string });
      expect(readdirSync(folder)).toEqual([]);
    });
  });
});
