import { appendFile, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFileSystem } from '@dmnn/foundation/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failingFileSystem, inTemporaryFolder } from '@dmnn/test-kit';
import { MetricsError } from '../metrics/metrics-error.js';
import type { MetricsRecord, WrittenRecord } from '../metrics/metrics-record.js';
import { epochRecord, stepRecord } from '../metrics/fixtures/logged-records.js';
import { parseMetrics } from '../metrics/parse-metrics.js';
import { MetricsLog, readMetrics } from './metrics-log.js';
import type { LogPlace } from './repaired-log.js';

const environment: WrittenRecord = { kind: 'environment', step: 0, differences: ['threads: 2 then, ä now'] };
/** Two epochs of two steps. */
const records = [0, 1].flatMap((epoch) => [
  stepRecord(2 * epoch + 1),
  stepRecord(2 * epoch + 2),
  epochRecord(epoch),
]);

const start: LogPlace = { step: 0, epoch: 0, logBytes: 0 };
const refuse = (message: string): never => {
  throw new Error(message);
};
const logOf = (folder: string): string => join(folder, 'metrics.jsonl');

/** Writes a log. @returns the place of a checkpoint after each record */
async function write(folder: string, written: readonly WrittenRecord[]): Promise<LogPlace[]> {
  const log = await MetricsLog.open(folder, start, nodeFileSystem, refuse);
  const places: LogPlace[] = [];
  for (const record of written) {
    await log.append(record);
    const epoch = record.kind === 'epoch' ? record.epoch + 1 : record.kind === 'step' ? record.epoch : 0;
    places.push({ step: 'step' in record ? record.step : 0, epoch, logBytes: log.bytes });
  }
  await log.sync();
  return places;
}

describe('MetricsLog', () => {
  it('adds lines with checksums, counts bytes and is cut back to a length', async () => {
    await inTemporaryFolder(async (folder) => {
      expect(await readMetrics(folder)).toEqual([]);
      const places = await write(folder, [environment, epochRecord(0)]);
      await appendFile(logOf(folder), '{"kind":"cut sho');
      expect(await readMetrics(folder)).toEqual([environment, epochRecord(0)]);
      const [first] = places as [LogPlace];
      const resumed = await MetricsLog.open(folder, first, nodeFileSystem, refuse);
      expect(resumed.records).toEqual([environment]);
      await resumed.append(stepRecord(1));
      const text = await readFile(logOf(folder), 'utf8');
      // CRC32C by Python's google-crc32c 1.9: value(b"…") of the first line up to its key, extend(that, b"…") of the second
      expect(text.split('\n')).toEqual([
        '{"kind":"environment","step":0,"differences":["threads: 2 then, ä now"],"clock":{"crc":"db3ea9e1"}}',
        `${JSON.stringify(stepRecord(1)).slice(0, -2)},"crc":"4000bf50"}}`,
        '',
      ]);
      expect(resumed.bytes).toBe(Buffer.byteLength(text));
    });
  });

  it('is the same bytes, whether it was written at once or resumed at any line', async () => {
    await inTemporaryFolder(async (folder) => {
      const places = await write(folder, records);
      const straight = await readFile(logOf(folder));
      for (const [index, place] of places.entries()) {
        const log = await MetricsLog.open(folder, place, nodeFileSystem, refuse);
        expect(log.records).toEqual(records.slice(0, index + 1));
        for (const record of records.slice(index + 1)) await log.append(record);
        expect((await readFile(logOf(folder))).equals(straight)).toBe(true);
      }
    });
  });

  it('goes on in a log without checksums, whose lines are covered by the first one that has one', async () => {
    await inTemporaryFolder(async (folder) => {
      const older = records.slice(0, 2).map((record) => `${JSON.stringify(record)}\n`);
      await writeFile(logOf(folder), older.join(''));
      const place = { step: 2, epoch: 0, logBytes: older.join('').length };
      const log = await MetricsLog.open(folder, place, nodeFileSystem, refuse);
      await log.append(records[2]!);
      expect(await readMetrics(folder)).toEqual(records.slice(0, 3));
      const bytes = await readFile(logOf(folder));
      bytes[bytes.indexOf('4.25')] = '5'.charCodeAt(0);
      expect(() => parseMetrics(bytes)).toThrow('metrics.jsonl, line 3: expected checksum');
    });
  });
});

describe('a log with checksums', () => {
  it('shows each flipped bit', async () => {
    await inTemporaryFolder(async (folder) => {
      for (const written of [[environment], [stepRecord(1)], [environment, epochRecord(0), environment]]) {
        await write(folder, written);
        const intact = await readFile(logOf(folder));
        const unnoticed: number[] = [];
        for (let bit = 0; bit < 8 * intact.length; bit++) {
          const damaged = Uint8Array.from(intact);
          damaged[bit >> 3]! ^= 1 << (bit & 7);
          try {
            parseMetrics(damaged);
            unnoticed.push(bit);
          } catch (error) {
            expect(error).toBeInstanceOf(MetricsError);
          }
        }
        expect(unnoticed).toEqual([]);
        await rm(logOf(folder));
      }
    });
  });

  it('shows lines that are removed, repeated or moved, and lines without a checksum after them', async () => {
    await inTemporaryFolder(async (folder) => {
      await write(folder, records);
      const lines = (await readFile(logOf(folder), 'utf8')).split('\n').slice(0, -1);
      const read = (...order: readonly number[]): MetricsRecord[] =>
        parseMetrics(new TextEncoder().encode(order.map((index) => `${lines[index]!}\n`).join('')));
      expect(read(0, 1, 2, 3, 4, 5)).toEqual(records);
      expect(() => read(1, 2)).toThrow('line 1: expected checksum');
      expect(() => read(0, 2, 3)).toThrow('line 2: expected checksum');
      expect(() => read(0, 1, 1, 2)).toThrow('line 3: expected checksum');
      expect(() => read(0, 2, 1, 3)).toThrow('line 2: expected checksum');
      const older = `${lines[0]!}\n${JSON.stringify(stepRecord(2))}\n`;
      expect(() => parseMetrics(new TextEncoder().encode(older))).toThrow(
        'line 2: expected a checksum, as the lines before it have, got none',
      );
    });
  });

  it('loses the damaged line and no other, if damaged lines are to be left out', async () => {
    await inTemporaryFolder(async (folder) => {
      await write(folder, records);
      const intact = await readFile(logOf(folder));
      fc.assert(
        fc.property(fc.nat(8 * intact.length - 1), (bit) => {
          const damaged = Uint8Array.from(intact);
          if (damaged[bit >> 3] === 10) return; // without its line break, a line is part of another
          damaged[bit >> 3]! ^= 1 << (bit & 7);
          if (damaged[bit >> 3] === 10) return;
          const line = intact.subarray(0, bit >> 3).filter((byte) => byte === 10).length;
          const problems: number[] = [];
          const read = parseMetrics(damaged, {
            onProblems: (found) => problems.push(...found.map((each) => each.line)),
          });
          expect(problems).toEqual([line + 1]);
          expect(read).toEqual(records.filter((_, index) => index !== line));
        }),
        { numRuns: 300 },
      );
    });
  });
});

describe('a damaged log of a run that is resumed', () => {
  const resumed = async (
    folder: string,
    place: LogPlace,
  ): Promise<{ log: MetricsLog; warnings: string[] }> => {
    const warnings: string[] = [];
    const log = await MetricsLog.open(folder, place, nodeFileSystem, (message) => warnings.push(message));
    return { log, warnings };
  };

  it('keeps its intact lines up to the checkpoint, says which are lost, and is kept as it was', async () => {
    await inTemporaryFolder(async (folder) => {
      const places = await write(folder, records);
      const damaged = await readFile(logOf(folder));
      damaged[damaged.indexOf('"step":2') + 7] = '7'.charCodeAt(0);
      await writeFile(logOf(folder), damaged);
      const { log, warnings } = await resumed(folder, places[2]!);
      expect(log.records).toEqual([records[0], records[2]]);
      expect(warnings).toEqual([
        expect.stringMatching(/line 2 \(expected checksum .* 2 lines that are intact; .*damaged-1/),
      ]);
      await log.append(records[3]!);
      const lost = {
        kind: 'lost',
        step: 2,
        problems: [expect.stringContaining('line 2: expected checksum')],
      };
      expect(await readMetrics(folder)).toEqual([records[0], records[2], lost, records[3]]);
      expect((await readFile(`${logOf(folder)}.damaged-1`)).equals(damaged)).toBe(true);

      // killed before the next checkpoint, it is resumed from the same one, and has nothing new to say
      const again = await resumed(folder, places[2]!);
      expect(again.warnings).toEqual([]);
      expect(await readMetrics(folder)).toEqual([records[0], records[2], lost]);
      await again.log.append(records[3]!);
      const next = { step: 3, epoch: 1, logBytes: again.log.bytes };
      expect((await resumed(folder, next)).log.records).toEqual([records[0], records[2], lost, records[3]]);
      expect(await readdir(folder)).toEqual(['metrics.jsonl', 'metrics.jsonl.damaged-1']);
    });
  });

  it.each([
    ['cut short in a line', 900, 1],
    ['missing', undefined, 0],
  ])('that is %s has what is left of it', async (_, length, left) => {
    await inTemporaryFolder(async (folder) => {
      const places = await write(folder, records);
      if (length === undefined) await rm(logOf(folder));
      else await truncate(logOf(folder), length);
      const { log, warnings } = await resumed(folder, places[4]!);
      expect(warnings).toEqual([
        expect.stringContaining(
          `expected the ${places[4]!.logBytes} bytes of the checkpoint of step 4, got ${length ?? 0}`,
        ),
      ]);
      expect(log.records).toEqual(records.slice(0, log.records.length));
      expect(log.records.length).toBeGreaterThanOrEqual(left);
      expect((await readMetrics(folder)).at(-1)).toMatchObject({ kind: 'lost', step: 4 });
      expect(await readdir(folder)).toEqual(['metrics.jsonl']);
    });
  });

  it('is there, or what is left of it, when the disk fails at any call', async () => {
    for (let nth = 1, reached = true; reached; nth++) {
      reached = await inTemporaryFolder(async (folder) => {
        const places = await write(folder, records);
        const damaged = await readFile(logOf(folder));
        damaged[damaged.indexOf('"step":2') + 7] = '7'.charCodeAt(0);
        await writeFile(logOf(folder), damaged);
        let calls = 0;
        const disk = failingFileSystem(nodeFileSystem, 'EIO', () => ++calls >= nth);
        await MetricsLog.open(folder, places[2]!, disk, () => undefined).catch(() => undefined);
        const { log } = await resumed(folder, places[2]!);
        expect(log.records.filter(({ kind }) => kind !== 'lost')).toEqual([records[0], records[2]]);
        return calls >= nth;
      });
    }
  });
});
