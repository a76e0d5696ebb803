import { join, basename, dirname } from 'node:path';
import { createHash } from 'node:crypto';
import { type FileSystem, systemCode } from '@dmnn/foundation/node';
import { parseJson } from '@dmnn/foundation';
import { CheckpointError } from './checkpoint-error.js';

/** A checkpoint that was read and found intact. */
export interface StoredCheckpoint {
  /** Its folder. */
  readonly path: string;
  /** Optimiser steps before it. */
  readonly step: number;
  readonly files: CheckpointFiles;
}

/** Checkpoints of one kind in a run folder, `checkpoints/step-00000123` or `best/step-00000123`. */
export class CheckpointStore {
  readonly #folder: string;
  readonly #disk: FileSystem;

  constructor(folder: string, disk: FileSystem) {
    this.#folder = folder;
    this.#disk = disk;
  }

  /**
   * Writes a checkpoint whole or not at all; only then removes all but the latest `keep` up to its step, and any
   * after its step, which a run that fell back has left behind.
   */
  async save(step: number, files: CheckpointFiles, keep: number): Promise<string> {
    const path = this.#path(step);
    await writeCheckpoint(path, files, this.#disk);
    const steps = await this.steps();
    const kept = steps.filter((other) => other <= step).slice(-keep);
    for (const other of steps) if (!kept.includes(other)) await this.#disk.remove(this.#path(other));
    return path;
  }

  /** Steps of all checkpoints intact or not, in ascending order. */
  async steps(): Promise<number[]> {
    const names = await this.#disk.list(this.#folder);
    return names
      .map((name) => /^step-(\d+)$/.exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  }

  /**
   * Reads one checkpoint.
   *
   * @throws CheckpointError if it is not intact
   */
  async read(step: number): Promise<StoredCheckpoint> {
    const path = this.#path(step);
    return { path, step, files: await readCheckpoint(path, this.#disk) };
  }

  /**
   * The latest intact checkpoint.
   *
   * @param damaged - called with the error of each later checkpoint that is not intact
   * @returns undefined if there is none at all
   * @throws CheckpointError of the latest if there are some and none is intact
   */
  async latest(
    damaged: (error: CheckpointError) => void = () => undefined,
  ): Promise<StoredCheckpoint | undefined> {
    let first: CheckpointError | undefined;
    for (const step of (await this.steps()).reverse()) {
      try {
        return await this.read(step);
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error;
        first ??= error;
        damaged(error);
      }
    }
    if (first) throw first;
    return undefined;
  }

  #path(step: number): string {
    return join(this.#folder, `step-${String(step).padStart(8, '0')}`);
  }
}

/** The files of a checkpoint, by name. */
export type CheckpointFiles = ReadonlyMap<string, Uint8Array>;

/** `manifest.json`: written last, so that a folder with one is complete. */
interface Manifest {
  readonly format: 1;
  readonly files: { readonly [name: string]: { readonly bytes: number; readonly sha256: string } };
}

/**
 * Writes a checkpoint completely or not at all: the files go into a temporary folder next to `path`, each flushed to
 * disk, then the manifest with their checksums, then one rename.
 *
 * @param path - the checkpoint's folder; an existing one is replaced
 * @throws any error of the disk; the unfinished folder is removed if that can still be done
 */
export async function writeCheckpoint(path: string, files: CheckpointFiles, disk: FileSystem): Promise<void> {
  const parent = dirname(path);
  const partial = join(parent, `.${basename(path)}.partial`);
  await disk.makeFolder(parent);
  await disk.remove(partial);
  try {
    await disk.makeFolder(partial);
    const sums: Record<string, { bytes: number; sha256: string }> = {};
    for (const [name, bytes] of files) {
      await disk.writeFile(join(partial, name), bytes);
      sums[name] = { bytes: bytes.length, sha256: sha256(bytes) };
    }
    const manifest: Manifest = { format: 1, files: sums };
    await disk.writeFile(
      join(partial, manifestName),
      new TextEncoder().encode(JSON.stringify(manifest, null, 2)),
    );
    await disk.sync(partial);
    await disk.remove(path);
    await disk.rename(partial, path);
    await disk.sync(parent);
  } catch (error) {
    await disk.remove(partial).catch(() => undefined); // the first error is the one to report
    throw error;
  }
}

/**
 * Reads a checkpoint and checks every byte of it.
 *
 * @throws CheckpointError listing every file that is missing, cut short or changed
 */
export async function readCheckpoint(path: string, disk: FileSystem): Promise<CheckpointFiles> {
  const manifest = await readManifest(path, disk);
  const files = new Map<string, Uint8Array>();
  const problems: string[] = [];
  for (const [name, { bytes, sha256: expected }] of Object.entries(manifest.files)) {
    const content = await readIfThere(join(path, name), disk);
    if (!content) problems.push(`${name}: missing`);
    else if (content.length !== bytes)
      problems.push(`${name}: expected ${bytes} bytes, got ${content.length}`);
    else if (sha256(content) !== expected)
      problems.push(`${name}: expected SHA-256 ${expected}, got ${sha256(content)}`);
    else files.set(name, content);
  }
  if (problems.length > 0) throw new CheckpointError(path, problems);
  return files;
}

async function readManifest(path: string, disk: FileSystem): Promise<Manifest> {
  const bytes = await readIfThere(join(path, manifestName), disk);
  if (!bytes) throw new CheckpointError(path, [`${manifestName}: missing`]);
  let value: unknown;
  try {
    value = parseJson(bytes);
  } catch (error) {
    throw new CheckpointError(path, [
      `${manifestName}: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
  if (!isManifest(value))
    throw new CheckpointError(path, [`${manifestName}: expected format 1 and a list of files`]);
  return value;
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false;
  const { format, files } = value as { format?: unknown; files?: unknown };
  return (
    format === 1 &&
    typeof files === 'object' &&
    files !== null &&
    Object.entries(files).length > 0 &&
    Object.entries(files as Record<string, { bytes?: unknown; sha256?: unknown } | null>).every(
      ([name, sum]) =>
        /^[a-z][a-z.-]*$/.test(name) && typeof sum?.bytes === 'number' && typeof sum.sha256 === 'string',
    )
  );
}

async function readIfThere(path: string, disk: FileSystem): Promise<Uint8Array | undefined> {
  try {
    return await disk.readFile(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const manifestName = 'manifest.json';

/** The checkpoints of a run folder, without taking its lock: for reading. */
export function runStores(
  path: string,
  disk: FileSystem,
): { checkpoints: CheckpointStore; best: CheckpointStore; start: CheckpointStore } {
  return {
    checkpoints: new CheckpointStore(join(path, 'checkpoints'), disk),
    best: new CheckpointStore(join(path, 'best'), disk),
    start: new CheckpointStore(join(path, 'start'), disk),
  };
}
