import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@dmnn/foundation';
import {
  type FileContent,
  makeFolder,
  orFileError,
  readRegularFile,
  writeFilesDurably,
} from '@dmnn/foundation/node';
import {
  type CascadeReportData,
  type ReportData,
  type ReportFigure,
  cascadeReportFigures,
  cascadeReportHtml,
  reportFigures,
  reportHtml,
} from '@dmnn/report';

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
 * Writes a report: `report.html`, `data.json` and `figures/*.svg`. Files of these names are replaced, all or
 * none of them where the disk is full, and other figures of the previous report are removed; other files stay.
 *
 * @param folder - created if needed
 * @throws DmnnError `DMNN_REPORT_DATA` if the data cannot be shown; FileError
 */
export async function writeReport(
  data: ReportData | CascadeReportData,
  folder: string,
): Promise<WrittenReport> {
  const page = 'kind' in data ? cascadeReportHtml(data) : reportHtml(data);
  const drawn = drawnOf(data);
  await makeFolder(join(folder, 'figures'));
  const written = {
    report: join(folder, 'report.html'),
    data: join(folder, 'data.json'),
    figures: drawn.map(({ id }) => join(folder, 'figures', `${id}.svg`)),
  };
  const before = await figuresOf(written.data);
  const files = new Map<string, FileContent>([
    [written.report, page],
    [written.data, `${JSON.stringify(data, null, 1)}\n`],
    ...drawn.map(({ svg }, index): [string, string] => [written.figures[index] as string, svg]),
  ]);
  await writeFilesDurably(files); // the report before it stays until all of this one is on the disk
  for (const path of before.map((id) => join(folder, 'figures', `${id}.svg`))) {
    if (files.has(path)) continue;
    await orFileError({ path, to: 'write', expected: 'a figure that can be removed' }, () =>
      rm(path, { force: true }),
    );
  }
  return written;
}

function drawnOf(data: ReportData | CascadeReportData): ReportFigure[] {
  return 'kind' in data ? cascadeReportFigures(data) : reportFigures(data);
}

/** The figures of the report whose data a file holds; none if it holds no report, or one of another version. */
async function figuresOf(dataFile: string): Promise<string[]> {
  try {
    const data = parseJson(await readRegularFile(dataFile)) as ReportData | CascadeReportData;
    return drawnOf(data).map(({ id }) => id);
  } catch {
    return [];
  }
}
