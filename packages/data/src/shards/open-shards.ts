import { extname, join } from 'node:path';
import { DataError } from '../data-error.js';
import { isHiddenName } from '../folders/image-names.js';
import type { FoundImages } from '../found-images.js';
import { otherFormatByName } from '../found/other-format.js';
import { PassedOverFiles } from '../found/passed-over-files.js';
import { isUnfinishedName } from '../found/unfinished-download.js';
import { missingInSeries } from './shard-series.js';

/** How {@link openShards} opens what it finds. */
interface Openers<Opened> {
  /** Name of the stored index of the archives. */
  readonly indexName: string;
  readonly archives: (paths: readonly string[]) => Promise<Opened>;
  readonly tables: (paths: readonly string[]) => Promise<Opened>;
}

/**
 * Opens the archives or tables among `names`, of which some may be something else.
 *
 * @returns undefined if there are none; with what was passed over and missing numbers of series in `found`
 * @throws DataError for unfinished downloads and compressed archives; what the openers throw
 */
export async function openShards<Opened extends { readonly found?: FoundImages | undefined }>(
  folder: string,
  names: readonly string[],
  open: Openers<Opened>,
): Promise<Opened | undefined> {
  const shown = names.filter((name) => !isHiddenName(name));
  const ending = (end: RegExp): string[] =>
    shown.filter((name) => end.test(name)).map((name) => join(folder, name));
  const [archives, tables] = [ending(/\.tar$/i), ending(/\.parquet$/i)];
  const whole = archives.length > 0 || tables.length > 0;
  const unfinished = shown.find(
    (name) => isUnfinishedName(name) && (whole || /\.(tar|parquet)\b/i.test(name)),
  );
  if (unfinished !== undefined) throw unfinishedDownload(join(folder, unfinished));
  const [compressed] = ending(/\.(tar\.\w+|tgz|tbz2?|txz|tzst|taz)$/i);
  const [packed] = whole ? [] : ending(/\.(zip|7z)$/i);
  if (!whole && compressed === undefined && packed === undefined) return undefined;
  if (compressed !== undefined && tables.length === 0) throw compressedArchive(compressed);
  if (packed !== undefined) throw compressedArchive(packed);
  const missing = missingInSeries(archives.length > 0 ? archives : tables);
  const opened = archives.length > 0 ? await open.archives(archives) : await open.tables(tables);
  const passed = new PassedOverFiles();
  const taken = new Set(archives.length > 0 ? archives : tables);
  for (const name of names) {
    if (isHiddenName(name)) {
      if (name !== open.indexName) passed.add({ reason: 'hidden', unit: 'file', example: name });
    } else if (!taken.has(join(folder, name))) passed.notRead(name);
  }
  const { classes = 0, passedOver = [], remarks = [] } = opened.found ?? {};
  const all = [...remarks, ...missing];
  return { ...opened, found: { classes, passedOver: [...passedOver, ...passed.list()], remarks: all } };
}

function unfinishedDownload(file: string): DataError {
  const end = extname(file);
  return new DataError({
    file,
    expected: 'files that are downloaded completely',
    got: `an unfinished download, as ${end} says`,
    remedy: 'Finish the download, or remove the file and the part that it belongs to.',
  });
}

function compressedArchive(file: string): DataError {
  const other = otherFormatByName(file);
  return new DataError({
    file,
    expected: other ? 'a tar archive that is not compressed' : 'a tar archive',
    got: other?.name ?? `a file of ${extname(file)}`,
    remedy: other?.remedy ?? 'Rename it if it is one, or remove it.',
  });
}
