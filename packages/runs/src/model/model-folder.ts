import { readdir, realpath, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { JsonError, inFile, parseJson } from '@dmnn/foundation';
import { nodeFileSystem, systemCode, systemReason } from '@dmnn/foundation/node';
import { parseArchitecture, validateArchitecture } from '@dmnn/architecture';
import { assertWeights, readSafetensors, writeSafetensors } from '@dmnn/weights';
import { z } from 'zod';
import { describeIssue } from '../recipe/describe-issue.js';
import {
  type CheckpointFiles,
  isNewerFormat,
  readCheckpoint,
  removeUnfinishedOf,
  writeCheckpoint,
} from '../folder/checkpoint-folder.js';
import { CheckpointError } from '../folder/checkpoint-error.js';
import type { ImportedFrom, Model } from './model.js';
import { ModelFolderError } from './model-folder-error.js';

const architectureFile = 'architecture.json';
const weightsFile = 'weights.safetensors';
/** The file that identifies a model folder. */
export const modelFile = 'model.json';

const newerRemedy = 'Use that version. Nothing was changed.';

/** The contents of a model folder. */
export interface SavedModel extends Model {
  readonly importedFrom: ImportedFrom;
}

/**
 * Writes a model folder, completely or not at all: `architecture.json`, `weights.safetensors`,
 * `model.json` and a manifest with their checksums. `openNetworkData` reads it.
 *
 * @param folder - must not exist yet, or be empty
 * @throws ArchitectureError or WeightsError if the architecture or the weights are invalid, or do not fit each other
 * @throws ModelFolderError if the folder is not empty, cannot be written, or if a fact of `model.json` is invalid
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { openNetworkData, saveModel } from '@dmnn/runs';
 * import { initialWeights } from '@dmnn/weights';
 *
 * const parent = await mkdtemp(join(tmpdir(), 'dmnn-'));
 * const architecture = createArchitecture('cifar-resnet8');
 * await saveModel(join(parent, 'mine'), {
 *   architecture,
 *   weights: initialWeights(architecture, { seed: 1 }),
 *   channelMeans: [0.5, 0.5, 0.5],
 *   channelDeviations: [0.25, 0.25, 0.25],
 *   importedFrom: { file: 'mine.safetensors', sha256: '0'.repeat(64), names: 'torchvision' },
 * });
 * const model = await openNetworkData(join(parent, 'mine'));
 * console.log(model.architecture.name, model.source.kind); // => cifar-resnet8 imported
 * await rm(parent, { recursive: true });
 * ```
 */
export async function saveModel(folder: string, model: SavedModel): Promise<void> {
  const { architecture, weights, ...facts } = model;
  validateArchitecture(architecture);
  assertWeights(model);
  const checked = checkedFacts(folder, facts, architecture.head.classes);
  await assertFree(folder);
  try {
    const target = await targetOf(folder);
    await makeRoom(target);
    await writeCheckpoint(
      target,
      new Map([
        [architectureFile, json(architecture)],
        [modelFile, json({ format: 1, ...checked })],
        [weightsFile, writeSafetensors(weights)],
      ]),
      nodeFileSystem,
    );
  } catch (error) {
    throw refusedBy(folder, error);
  }
}

/**
 * Reads a model folder and checks every byte of it.
 *
 * @throws ModelFolderError listing every file that is missing or changed, or every invalid fact
 * @throws ArchitectureError, SafetensorsError or WeightsError if another program wrote invalid files
 */
export async function readModelFolder(folder: string): Promise<SavedModel> {
  const files = await intactFiles(folder);
  const architecture = inFile(join(folder, architectureFile), () =>
    parseArchitecture(files.get(architectureFile) ?? new Uint8Array()),
  );
  const weights = readSafetensors(files.get(weightsFile) ?? new Uint8Array(), {
    file: join(folder, weightsFile),
  });
  inFile(join(folder, weightsFile), () => {
    assertWeights({ architecture, weights });
  });
  const { format, ...facts } = parsedFacts(folder, files.get(modelFile) ?? new Uint8Array());
  if (format !== 1) {
    const got = `expected format 1, got ${JSON.stringify(format)}`;
    throw isNewerFormat(format)
      ? new ModelFolderError(
          folder,
          [`${modelFile}: ${got}, written by a newer version of dmnn`],
          newerRemedy,
        )
      : new ModelFolderError(folder, [`${modelFile}: ${got}`], 'Import the model again.');
  }
  return { architecture, weights, ...checkedFacts(folder, facts, architecture.head.classes) };
}

async function intactFiles(folder: string): Promise<CheckpointFiles> {
  const remedy = 'Import the model again.';
  try {
    const files = await readCheckpoint(folder, nodeFileSystem);
    const missing = [architectureFile, modelFile, weightsFile].filter((name) => !files.has(name));
    if (missing.length === 0) return files;
    throw new ModelFolderError(
      folder,
      missing.map((name) => `${name}: expected in the manifest, got nothing`),
      remedy,
    );
  } catch (error) {
    if (error instanceof CheckpointError)
      throw new ModelFolderError(folder, error.problems, error.isNewer ? newerRemedy : remedy, {
        cause: error,
      });
    throw error;
  }
}

type Facts = Omit<SavedModel, 'architecture' | 'weights'>;

/** Made on demand: modules do no work at import. */
function factsSchema(classes: number) {
  return z.strictObject({
    channelMeans: z.array(z.number().min(0).max(1)).length(3),
    channelDeviations: z.array(z.number().gt(0).max(1)).length(3),
    shorterSidePx: z.int().min(1).optional(),
    classNames: z.array(z.string()).length(classes).optional(),
    importedFrom: z.strictObject({
      file: z.string().min(1),
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 as 64 hexadecimal digits in lower case'),
      names: z.string().min(1),
    }),
  });
}

function checkedFacts(folder: string, facts: unknown, classes: number): Facts {
  const schema = factsSchema(classes);
  const result = schema.safeParse(facts);
  if (!result.success) {
    const problems = result.error.issues.flatMap((issue) => describeIssue(issue, schema, facts));
    throw new ModelFolderError(folder, problems, `Correct these values: they go into ${modelFile}.`);
  }
  const { classNames, ...others } = result.data;
  return classNames ? { ...others, classNames } : others;
}

function parsedFacts(folder: string, content: Uint8Array): { readonly format?: unknown } {
  let reason = '';
  try {
    const value = parseJson(content);
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    reason = `: ${error.message}`;
  }
  throw new ModelFolderError(
    folder,
    [`${modelFile}: expected a JSON object, got other text${reason}`],
    'Import it again.',
  );
}

async function assertFree(folder: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw refusedBy(folder, error);
  }
  if (names.length === 0) return;
  throw new ModelFolderError(
    folder,
    [`expected a new or empty folder, got one with ${names.slice(0, 3).join(', ')}`],
    'Choose another, or remove it first.',
  );
}

/**
 * Removes an empty folder, which not all systems replace by renaming another to its name, and what an import into it has
 * left that was killed.
 */
async function makeRoom(folder: string): Promise<void> {
  await removeUnfinishedOf(folder, nodeFileSystem);
  try {
    await rmdir(folder); // not what is in it: it was empty
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/** Where a link to an empty folder leads. */
async function targetOf(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch {
    return resolve(folder); // there is nothing yet
  }
}

function refusedBy(folder: string, error: unknown): unknown {
  if (systemCode(error) === undefined || error instanceof ModelFolderError) return error;
  const reason = systemReason(error);
  return new ModelFolderError(
    folder,
    [`expected a place to write a folder, got ${reason}`],
    'Choose another.',
    {
      cause: error,
    },
  );
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}
