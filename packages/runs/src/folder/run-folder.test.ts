import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { nodeFileSystem, partialOf } from '@dmnn/foundation/node';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { describe, expect, it } from 'vitest';
import { unfinishedPath, writeCheckpoint } from './checkpoint-folder.js';
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

  it('removes checkpoints that a trainer was writing, removing or replacing when it was killed', async () => {
    const files = new Map([['state.json', new TextEncoder().encode('{"step":8}')]]);
    await inTemporaryFolder(async (folder) => {
      for (const name of ['checkpoints', 'best', 'start']) {
        const path = (step: string) => join(folder, name, step);
        for (const step of ['step-00000004', 'step-00000008', 'step-00000008.replaced-1'])
          await writeCheckpoint(path(step), files, nodeFileSystem);
        await writeCheckpoint(path('step-00000012.replaced-1'), files, nodeFileSystem); // the only intact one
        await writeCheckpoint(path('step-00000012'), files, nodeFileSystem);
        await writeFile(join(path('step-00000012'), 'state.json'), 'cut');
        await writeCheckpoint(path('step-00000016.replaced-2'), files, nodeFileSystem); // killed between the renames
        for (const step of ['step-00000004', 'step-00000008.replaced-1'])
          await writeCheckpoint(unfinishedPath(path(step)), files, nodeFileSystem);
        await mkdir(path('.step-00000004.mine.partial'));
      }
      await (await openRunFolder(folder, nodeFileSystem)).close();
      for (const name of ['checkpoints', 'best', 'start']) {
        expect((await readdir(join(folder, name))).sort()).toEqual([
          '.step-00000004.mine.partial',
          'step-00000004',
          'step-00000008',
          'step-00000012',
          'step-00000012.replaced-1',
          'step-00000016.replaced-2',
        ]);
      }
    });
  });
});
