import { createHash } from 'node:crypto';
import { relative, resolve, sep } from 'node:path';
import { JsonError, parseJson, printable } from '@dmnn/foundation';
import { nodeFileSystem } from '@dmnn/foundation/node';
import type { NetworkData } from '@dmnn/weights';
import { z } from 'zod';
import { CheckpointError } from '../folder/checkpoint-error.js';
import {
  isNewerFormat,
  readCheckpoint,
  removeUnfinishedOf,
  writeCheckpoint,
} from '../folder/checkpoint-folder.js';
import { cascadeFile } from '../folder/cascade-file.js';
import { ModelFolderError } from '../model/model-folder-error.js';
import { type OpenedNetworkData, openNetworkData } from '../model/open-network-data.js';
import { describeIssue } from '../recipe/describe-issue.js';
import { type Cascade, cascade, cascadeStages } from './cascade.js';

/**
 * Writes a cascade's folder, completely or not at all: `cascade.json` and a manifest with its checksum. It names its parts by
 * their paths, as seen from the folder, and by a fingerprint of their weights, and holds no weights itself.
 *
 * @param folder - must not exist yet
 * @param opened - networks as `openNetworkData` opened them
 * @throws ModelFolderError if the folder exists or cannot be written
 */
export async function saveCascade(folder: string, opened: Cascade<OpenedNetworkData>): Promise<void> {
  const { parts, settings } = cascade(opened.parts, opened.settings);
  if ((await nodeFileSystem.size(folder)) !== undefined) {
    throw new ModelFolderError(
      folder,
      ['expected a new folder, got one that exists'],
      'Choose another, or remove it first.',
    );
  }
  const { by, combine, temperatures, thresholds } = settings;
  const named = parts.map((part) => ({
    path: relative(resolve(folder), resolve(part.source.folder)).split(sep).join('/'),
    ...(part.source.kind === 'run' && { step: part.source.checkpoint.step }),
    weights: fingerprint(part),
  }));
  const stages = cascadeStages(parts).map(({ part, exit }, index) => ({
    ...named[part],
    ...(exit !== undefined && { exit }),
    temperature: temperatures[index],
    ...(index < thresholds.length && { threshold: thresholds[index] }),
  }));
  const text = `${JSON.stringify({ format: 1, by, combine, stages }, null, 2)}\n`;
  await removeUnfinishedOf(resolve(folder), nodeFileSystem);
  await writeCheckpoint(
    resolve(folder),
    new Map([[cascadeFile, new TextEncoder().encode(text)]]),
    nodeFileSystem,
  );
}

/**
 * Opens a cascade's folder and all its parts, each of which must have the weights that it had when the cascade was saved.
 *
 * @throws ModelFolderError if it is not intact, or a part has other weights; what `openNetworkData` throws for a part
 * @throws DmnnError `DMNN_CASCADE` if parts differ in their classes
 */
export async function openCascade(folder: string): Promise<Cascade<OpenedNetworkData>> {
  const { by, combine, stages } = await readCascade(folder);
  const parts: OpenedNetworkData[] = [];
  for (const { path, step, weights, exit } of stages) {
    if (exit !== undefined) continue; // its network stands at its head, which follows
    const part = await openNetworkData(resolve(folder, path), { step });
    const found = fingerprint(part);
    if (found !== weights) {
      throw new ModelFolderError(
        folder,
        [`${printable(path)}: expected weights with the fingerprint ${weights}, got ${found}`],
        'The network is another than when the cascade was saved: choose its thresholds again.',
      );
    }
    parts.push(part);
  }
  assertPlaces(folder, stages, parts);
  const thresholds = stages.slice(0, -1).map(({ threshold }) => threshold as number);
  return cascade(parts, {
    by,
    combine,
    thresholds,
    temperatures: stages.map(({ temperature }) => temperature),
  });
}

/** @throws ModelFolderError unless the stages are those of the networks, in their order */
function assertPlaces(
  folder: string,
  stages: readonly { readonly path: string; readonly exit?: number | undefined }[],
  parts: readonly OpenedNetworkData[],
): void {
  const heads = stages.filter(({ exit }) => exit === undefined);
  const expected = cascadeStages(parts).map(({ part, exit }) => ({ path: heads[part]?.path, exit }));
  const wrong = expected.findIndex(
    ({ path, exit }, index) => stages[index]?.path !== path || stages[index]?.exit !== exit,
  );
  if (wrong < 0 && stages.length === expected.length) return;
  const at = wrong < 0 ? expected.length : wrong;
  const placeText = (place?: { readonly path?: string | undefined; readonly exit?: number | undefined }) =>
    place?.path === undefined
      ? 'nothing'
      : `${place.exit === undefined ? 'the head' : `exit ${place.exit}`} of ${printable(place.path)}`;
  throw new ModelFolderError(
    folder,
    [`${cascadeFile}: stages.${at}: expected ${placeText(expected[at])}, got ${placeText(stages[at])}`],
    'Save the cascade again.',
  );
}

/** Made on demand: modules do no work at import. */
function cascadeSchema() {
  const stage = z.strictObject({
    path: z.string().min(1),
    step: z.int().min(0).optional(),
    weights: z.string().regex(/^[0-9a-f]{64}$/),
    exit: z.int().min(0).optional(),
    temperature: z.number().gt(0),
    threshold: z.number().min(0).max(1).optional(),
  });
  return z.strictObject({
    format: z.literal(1),
    by: z.enum(['probability', 'margin', 'entropy']),
    combine: z.enum(['last', 'mean']),
    stages: z.array(stage).min(2),
  });
}

async function readCascade(folder: string): Promise<z.output<ReturnType<typeof cascadeSchema>>> {
  const remedy = 'Save the cascade again.';
  const value = parsed(folder, await intactFile(folder, remedy));
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  if (isNewerFormat(format)) {
    const problem = `${cascadeFile}: expected format 1, got ${String(format)}, written by a newer version of dmnn`;
    throw new ModelFolderError(folder, [problem], 'Use that version. Nothing was changed.');
  }
  const schema = cascadeSchema();
  const result = schema.safeParse(value);
  if (!result.success) {
    const problems = result.error.issues.flatMap((issue) => describeIssue(issue, schema, value));
    throw new ModelFolderError(
      folder,
      problems.map((problem) => `${cascadeFile}: ${problem}`),
      remedy,
    );
  }
  const { stages } = result.data;
  const wrong = stages.findIndex(
    ({ threshold }, index) => (threshold === undefined) !== (index === stages.length - 1),
  );
  if (wrong < 0) return result.data;
  const expected = wrong === stages.length - 1 ? 'no threshold, since it is the last' : 'a threshold';
  throw new ModelFolderError(folder, [`${cascadeFile}: stages.${wrong}: expected ${expected}`], remedy);
}

async function intactFile(folder: string, remedy: string): Promise<Uint8Array> {
  try {
    const content = (await readCheckpoint(folder, nodeFileSystem)).get(cascadeFile);
    if (content) return content;
    throw new ModelFolderError(folder, [`${cascadeFile}: expected in the manifest, got nothing`], remedy);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new ModelFolderError(folder, error.problems, remedy, { cause: error });
  }
}

function parsed(folder: string, content: Uint8Array): unknown {
  try {
    return parseJson(content);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const problem = `${cascadeFile}: expected JSON, got other text: ${error.message}`;
    throw new ModelFolderError(folder, [problem], 'Save the cascade again.', { cause: error });
  }
}

/** SHA-256 of a network's architecture and weights, in hexadecimal. */
function fingerprint({ architecture, weights }: NetworkData): string {
  const hash = createHash('sha256').update(JSON.stringify(architecture));
  for (const [name, { shape, data }] of [...weights].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash
      .update(`\n${name} ${shape.join('×')}\n`)
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}
