import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFileSystem } from '@dmnn/foundation/node';
import { expect, it } from 'vitest';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { MetricsLog, readMetrics } from './metrics-log.js';

it('adds lines, counts bytes and is cut back to a length', async () => {
  await inTemporaryFolder(async (folder) => {
    expect(await readMetrics(folder)).toEqual([]);
    const log = await MetricsLog.open(folder, 0, nodeFileSystem);
    await log.append({ kind: 'environment', step: 1, differences: ['ä'] });
    const bytes = log.bytes;
    await log.append({ kind: 'environment', step: 2, differences: [] });
    await log.sync();
    await appendFile(join(folder, 'metrics.jsonl'), '{"kind":"cut sho');
    expect(await readMetrics(folder)).toEqual([
      { kind: 'environment', step: 1, differences: ['ä'] },
      { kind: 'environment', step: 2, differences: [] },
    ]);
    const resumed = await MetricsLog.open(folder, bytes, nodeFileSystem);
    await resumed.append({ kind: 'environment', step: 3, differences: [] });
    expect(await readFile(join(folder, 'metrics.jsonl'), 'utf8')).toBe(
      '{"kind":"environment","step":1,"differences":["ä"]}\n{"kind":"environment","step":3,"differences":[]}\n',
    );
    expect(resumed.bytes).toBe(bytes + 49);
    await expect(MetricsLog.open(folder, 1000, nodeFileSystem)).rejects.toThrow(/at least the 1000 bytes/);
  });
});
