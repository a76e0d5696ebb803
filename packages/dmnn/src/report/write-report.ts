import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@dmnn/foundation';
import { makeFolder, writeFileDurably } from '@dmnn/foundation/node';
import { type ReportData, reportFigures, reportHtml } from '@dmnn/report';

/** The files of a report. */
export interface WrittenReport {
  /** The page. */
  readonly report: string;
  /** Its data as JSON. */
  readonly data: string;
  /** Each figure as SVG. */
  readonly figures: readonly string[];
}

/**
 * Writes a report: `report.html`, `data.json` and `figures/*.svg`. Files of these names are replaced, and other figures of
 * the previous report are removed; other files stay.
 *
 * @param folder - created if needed
 * @throws DmnnError `DMNN_REPORT_DATA` if the data cannot be shown; errors of the file system
 */
export async function writeReport(data: ReportData, folder: string): Promise<WrittenReport> {
  const page = reportHtml(data);
  const drawn = reportFigures(data);
  await makeFolder(join(folder, 'figures'));
  const written = {
    report: join(folder, 'report.html'),
    data: join(folder, 'data.json'),
    figures: drawn.map(({ id }) => join(folder, 'figures', `${id}.svg`)),
  };
  const before = await figuresOf(written.data);
  for (const id of before) await rm(join(folder, 'figures', `${id}.svg`), { force: true });
  await writeFileDurably(written.report, page);
  await writeFileDurably(written.data, `${JSON.stringify(data, null, 1)}\n`);
  for (const [index, { svg }] of drawn.entries())
    await writeFileDurably(written.figures[index] as string, svg);
  return written;
}

/** The figures of the report whose data a file holds; none if it holds no report, or one of another version. */
async function figuresOf(dataFile: string): Promise<string[]> {
  try {
    return reportFigures(parseJson(await readFile(dataFile)) as ReportData).map(({ id }) => id);
  } catch {
    return [];
  }
}
