import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFileSystem } from '@dmnn/foundation/node';
import { describe, expect, it } from 'vitest';
import type { MetricsLine } from '../metrics/metrics-line.js';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { EventFile } from './event-file.js';
import { framedRecord } from './framed-record.js';
import { maskedChecksum } from './masked-checksum.js';

const fixture = JSON.parse(await readFile(new URL('fixtures/event_file.json', import.meta.url), 'utf8')) as {
  records: MetricsLine[];
  bytes: string;
};

/** Takes TFRecord's mask off. */
function unmasked(checksum: number): number {
  const rotated = (checksum - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

describe('maskedChecksum', () => {
  // RFC 3720 §B.4
  it.each([
    ['zeros', new Uint8Array(32), 0x8a9136aa],
    ['ones', new Uint8Array(32).fill(255), 0x62a8ab43],
    ['ascending', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['descending', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ])('is CRC32C under a mask: 32 bytes of %s', (_, bytes, checksum) => {
    expect(unmasked(maskedChecksum(bytes))).toBe(checksum);
  });
});

it('frames a record with its length and two checksums', () => {
  const frame = framedRecord(new Uint8Array(32));
  const view = new DataView(frame.buffer);
  expect(frame.length).toBe(8 + 4 + 32 + 4);
  expect(view.getBigUint64(0, true)).toBe(32n);
  expect(unmasked(view.getUint32(44, true))).toBe(0x8a9136aa);
});

describe('EventFile', () => {
  const read = async (folder: string): Promise<string> =>
    (await readFile(join(folder, 'events.out.tfevents.dmnn'))).toString('hex');
  const writeLog = (folder: string, records: readonly MetricsLine[]): Promise<void> =>
    writeFile(join(folder, 'metrics.jsonl'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));

  it("writes the bytes that TensorBoard's own writer writes, line by line", async () => {
    await inTemporaryFolder(async (folder) => {
      await writeLog(folder, []);
      const events = await EventFile.open(folder, nodeFileSystem);
      expect(await nodeFileSystem.list(folder)).toEqual(['metrics.jsonl']);
      for (const record of fixture.records) await events.append(record);
      expect(await read(folder)).toBe(fixture.bytes);
    });
  });

  it('writes them again from the log: what the log has no more is gone', async () => {
    await inTemporaryFolder(async (folder) => {
      const [first, second, third] = fixture.records as [MetricsLine, MetricsLine, MetricsLine];
      await writeLog(folder, [first, second]);
      const killed = await EventFile.open(folder, nodeFileSystem);
      await killed.append({ ...third, step: 99 }); // not in the log that the checkpoint knows of
      await appendFile(join(folder, 'events.out.tfevents.dmnn'), 'half a rec');
      const resumed = await EventFile.open(folder, nodeFileSystem);
      await resumed.append(third);
      expect(await read(folder)).toBe(fixture.bytes);
    });
  });

  it('has no scalar for what is not a number in the log', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeLog(folder, []);
      const events = await EventFile.open(folder, nodeFileSystem);
      const record = { ...fixture.records[0]!, executionRate: Number.NaN };
      await events.append(record);
      await writeLog(folder, [record]);
      const appended = await read(folder);
      await EventFile.open(folder, nodeFileSystem);
      expect(await read(folder)).toBe(appended);
    });
  });
});
