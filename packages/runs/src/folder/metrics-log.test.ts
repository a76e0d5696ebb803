import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { MetricsLog, readMetrics } from './metrics-log.js';
import { nodeFileSystem } from './run-file-system.js';

it('adds lines, counts bytes and is cut back to a length', async () => {
  await inTemporaryFolder(async (folder) => {
    expect(await readMetrics(folder)).toEqual([]);
    const log = await MetricsLog.open(folder, 0, nodeFileSystem);
    await log.append({ kind: 'step', name: 'ä', value: 0.1 });
    const bytes = log.bytes;
    await log.append({ kind: 'step', value: 2 });
    await log.sync();
    await appendFile(join(folder, 'metrics.jsonl'), '{"kind":"cut sho');
    expect(await readMetrics(folder)).toEqual([
      { kind: 'step', name: 'ä', value: 0.1 },
      { kind: 'step', value: 2 },
    ]);
    const resumed = await MetricsLog.open(folder, bytes, nodeFileSystem);
    await resumed.append({ kind: 'epoch' });
    expect(await readFile(join(folder, 'metrics.jsonl'), 'utf8')).toBe(
      '{"kind":"step","name":"ä","value":0.1}\n{"kind":"epoch"}\n',
    );
    expect(resumed.bytes).toBe(bytes + 17);
    await expect(MetricsLog.open(folder, 1000, nodeFileSystem)).rejects.toThrow(/at least the 1000 bytes/);
  });
});
