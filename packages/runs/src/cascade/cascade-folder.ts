import { createHash } from 'node:crypto';
import { relative, resolve, sep } from 'node:path';
import { JsonError, inFile, isDmnnError, parseJson, printable } from '@dmnn/foundation';
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
import { type NetworkSetting, patternOfText, patternText, withGates } from '../model/network-setting.js';
import { ModelFolderError } from '../model/model-folder-error.js';
import { type OpenedNetworkData, modelOfRun, openNetworkData } from '../model/open-network-data.js';
import { readCheckpoints } from '../read-run.js';
import { readRunConfig } from '../folder/run-config.js';
import { describeIssue } from '../recipe/describe-issue.js';
import { type Cascade, cascade, cascadeStages } from './cascade.js';

/**
 * Writes a cascade's folder, completely or not at all: `cascade.json` and a manifest with its checksum. It names its parts by
 * their paths, as seen from the folder, their settings, and a fingerprint of their weights, and holds no weights itself: one
 * checkpoint at two settings is stored once.
 *
 * @param folder - must not exist yet
 * @param opened - networks as `openNetworkData` opened them
 * @throws ModelFolderError if the folder exists or cannot be written
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { cascade, openCascade, openNetworkData, saveCascade, saveModel } from '@dmnn/runs';
 * import { initialWeights } from '@dmnn/weights';
 *
 * const parent = await mkdtemp(join(tmpdir(), 'dmnn-'));
 * const parts = [];
 * for (const name of ['cifar-resnet8', 'cifar-resnet14']) {
 *   const architecture = createArchitecture(name, { classes: 10 });
 *   await saveModel(join(parent, name), {
 *     architecture,
 *     weights: initialWeights(architecture, { seed: 1 }),
 *     channelMeans: [0.5, 0.5, 0.5],
 *     channelDeviations: [0.25, 0.25, 0.25],
 *     importedFrom: { file: 'mine.safetensors', sha256: '0'.repeat(64), names: 'torchvision' },
 *   });
 *   parts.push(await openNetworkData(join(parent, name)));
 * }
 * await saveCascade(join(parent, 'both'), cascade(parts, { thresholds: [0.8] }));
 * const { settings } = await openCascade(join(parent, 'both'));
 * console.log(settings.thresholds); // => [ 0.8 ]
 * await rm(parent, { recursive: true });
 * ```
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
    ...(part.setting && { setting: storedSetting(part.setting) }),
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
 * @throws ModelFolderError if it is not intact, or a network of it cannot be opened or has other weights; a run that was trained
 *   on may have them in another checkpoint
 * @throws DmnnError `DMNN_CASCADE` if parts differ in their classes
 * @example
 * ```ts
 * import { openCascade } from '@dmnn/runs';
 *
 * await openCascade('there-is-no-cascade-here').catch(({ code }) => console.log(code)); // => DMNN_MODEL_FOLDER
 * ```
 */
export async function openCascade(folder: string): Promise<Cascade<OpenedNetworkData>> {
  const { by, combine, stages } = await readCascade(folder);
  const heads = stages.filter(({ exit }) => exit === undefined); // its network stands at its head
  const parts: OpenedNetworkData[] = [];
  for (const [at, head] of heads.entries()) {
    const name = `network ${at + 1} of ${heads.length}, ${printable(head.path, 4096)}`;
    parts.push(await openPart(folder, head, name));
  }
  assertPlaces(folder, stages, parts);
  const thresholds = stages.slice(0, -1).map(({ threshold }) => threshold as number);
  const temperatures = stages.map(({ temperature }) => temperature);
  return inFile(folder, () => cascade(parts, { by, combine, thresholds, temperatures }));
}

/**
 * Opens a network with the weights that it had: a run that was trained on keeps them in another checkpoint, or not at all.
 *
 * @param name - what messages call it
 * @throws ModelFolderError naming the cascade and the network
 */
async function openPart(
  folder: string,
  { path, step, weights, setting = {} }: StoredStage,
  name: string,
): Promise<OpenedNetworkData> {
  const at = resolve(folder, path);
  const { width } = setting;
  let problems: readonly string[];
  let cause: unknown;
  try {
    const part = atGates(await openNetworkData(at, { step, width }), setting);
    const found = fingerprint(part);
    if (found === weights) return part;
    problems = [`expected weights with the fingerprint ${weights}, got ${found}`];
  } catch (error) {
    cause = error;
    problems = problemsOf(error);
  }
  if (step !== undefined && (await hasRun(at))) {
    try {
      for await (const run of readCheckpoints(at, { width })) {
        const part = atGates(modelOfRun(at, run, width), setting);
        if (fingerprint(part) === weights) return part;
      }
      problems = [
        `expected the weights of step ${step} with the fingerprint ${weights}, got a run without an intact checkpoint that has them`,
      ];
    } catch (error) {
      cause = error;
      problems = problemsOf(error);
    }
  }
  throw new ModelFolderError(
    folder,
    problems.map((problem, line) => (line === 0 ? `${name}: ${problem}` : problem)),
    'If the network has changed, choose the thresholds again and save a new cascade: dmnn eval … --save FOLDER',
    { cause },
  );
}

/** What is wrong with a network that does not open. @throws an error that is none of ours */
function problemsOf(error: unknown): string[] {
  // of other architectures settings are out of range
  if (!isDmnnError(error) && !(error instanceof RangeError)) throw error;
  return error.message.replace(/\.$/, '').split('\n');
}

/** A setting as a file has it. */
function storedSetting(setting: NetworkSetting): NonNullable<StoredStage['setting']> {
  return 'pattern' in setting ? { pattern: patternText(setting.pattern) } : setting;
}

/** With the decisions of a stored setting about gates. @throws RangeError if they do not fit */
function atGates(
  part: OpenedNetworkData,
  { threshold, pattern }: NonNullable<StoredStage['setting']>,
): OpenedNetworkData {
  if (pattern !== undefined) return withGates(part, { pattern: patternOfText(pattern) });
  return threshold === undefined ? part : withGates(part, { threshold });
}

/** Whether a folder holds a run that can be read. */
async function hasRun(folder: string): Promise<boolean> {
  return (await readRunConfig(folder, nodeFileSystem).catch(() => undefined)) !== undefined;
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
  const setting = z.strictObject({
    width: z.number().gt(0).lt(1).optional(),
    threshold: z.number().min(0).max(1).optional(),
    pattern: z
      .string()
      .regex(/^(all|[01]+(,[01]+)*)$/, "1 (open) or 0 for each sub-block, such as 10,11, or 'all'")
      .optional(),
  });
  const stage = z.strictObject({
    path: z.string().regex(/^[^\0]+$/, 'a path'),
    step: z.int().min(0).optional(),
    setting: setting.optional(),
    weights: z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 as 64 hexadecimal digits in lower case'),
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

type StoredCascade = z.output<ReturnType<typeof cascadeSchema>>;
type StoredStage = StoredCascade['stages'][number];

async function readCascade(folder: string): Promise<StoredCascade> {
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
  const several = stages.findIndex(({ setting }) => setting && Object.keys(setting).length !== 1);
  if (several >= 0) {
    const got = Object.keys(stages[several]?.setting ?? {}).join(', ') || 'none';
    const problem = `${cascadeFile}: stages.${several}.setting: expected one of width, threshold, pattern, got ${got}`;
    throw new ModelFolderError(folder, [problem], remedy);
  }
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
