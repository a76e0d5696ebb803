import { readdir, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { nodeFileSystem, partialOf } from '@dmnn/foundation/node';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { describe, expect, it } from 'vitest';
import { openRunFolder } from './run-folder.js';

describe('openRunFolder', () => {
  it('removes what a trainer that was killed was writing, and nothing else', async () => {
    await inTemporaryFolder(async (folder) => {
      const replaced = [
        'config.json',
        'metrics.jsonl',
        'metrics.jsonl.damaged-12',
        'bad-images.jsonl',
        'events.out.tfevents.dmnn',
        'probe',
      ];
      const others = [
        'config.json',
        '.config.json.partial',
        '.config.json.0123.partial',
        'x.config.json.0123456789abcdef.partial',
        basename(partialOf(join(folder, 'model.onnx'))), // another command may be writing it
      ];
      for (const name of replaced) await writeFile(partialOf(join(folder, name)), 'half');
      for (const name of others) await writeFile(join(folder, name), 'whole');
      await writeFile(join(folder, 'elsewhere'), 'whole');
      await symlink('elsewhere', partialOf(join(folder, 'config.json')));
      await (await openRunFolder(folder, nodeFileSystem)).close();
      expect((await readdir(folder)).sort()).toEqual([...others, 'elsewhere'].sort());
    });
  });
});
