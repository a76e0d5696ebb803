import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReportData } from '@dmnn/report';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { describe, expect, it } from 'vitest';
import { writeReport } from './write-report.js';

const data = (title: string): ReportData => ({
  format: 1,
  title,
  conventions: 'multiply-accumulates',
  runs: [],
  budgets: [],
  paper: [],
});

/** What is drawn of no runs, too. */
const drawn = ['accuracy-cost.svg', 'training-curves.svg'] as const;

describe('writeReport', () => {
  it('writes a page and its data into a folder that it makes, and says where', async () => {
    await inTemporaryFolder(async (folder) => {
      const out = join(folder, 'made', 'for it');
      const { report, data: json, figures } = await writeReport(data('Ours & theirs'), out);
      expect([report, json]).toEqual([join(out, 'report.html'), join(out, 'data.json')]);
      expect(figures).toEqual(drawn.map((name) => join(out, 'figures', name)));
      expect(await readFile(report, 'utf8')).toContain('<title>Ours &#x26; theirs</title>');
      expect(JSON.parse(await readFile(json, 'utf8'))).toEqual(data('Ours & theirs'));
    });
  });

  it('leaves other files of the folder alone, and replaces data that are no report', async () => {
    await inTemporaryFolder(async (folder) => {
      await mkdir(join(folder, 'figures'));
      for (const name of ['notes.txt', 'data.json', 'figures/mine.svg'])
        await writeFile(join(folder, name), 'mine');
      await writeReport(data('New'), folder);
      expect(await readdir(folder)).toEqual(['data.json', 'figures', 'notes.txt', 'report.html']);
      expect(await readdir(join(folder, 'figures'))).toEqual([drawn[0], 'mine.svg', drawn[1]]);
      expect(await readFile(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
      expect(JSON.parse(await readFile(join(folder, 'data.json'), 'utf8'))).toEqual(data('New'));
    });
  });

  it('keeps the report before it where one of the files cannot be written, and names that one', async () => {
    await inTemporaryFolder(async (folder) => {
      const { report, data: json } = await writeReport(data('Old'), folder);
      const page = await readFile(report, 'utf8');
      await rm(json);
      await mkdir(json);
      await writeFile(join(json, 'something'), 'mine');
      await expect(writeReport(data('New'), folder)).rejects.toMatchObject({
        code: 'DMNN_FILE',
        message: expect.stringContaining(json) as string,
      });
      expect(await readFile(report, 'utf8')).toBe(page);
      expect(await readdir(folder)).toEqual(['data.json', 'figures', 'report.html']);
    });
  });

  it('writes nothing of data that cannot be shown', async () => {
    await inTemporaryFolder(async (folder) => {
      const wrong = { ...data('x'), runs: [data('not a run')] } as unknown as ReportData;
      await expect(writeReport(wrong, join(folder, 'out'))).rejects.toMatchObject({
        code: 'DMNN_REPORT_DATA',
      });
      expect(await readdir(folder)).toEqual([]);
    });
  });
});
