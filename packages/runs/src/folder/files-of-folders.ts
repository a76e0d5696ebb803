import { basename } from 'node:path';
import { cascadeFile } from './cascade-file.js';

/** The files that identify the folder of a run, a model or a cascade, or a checkpoint. */
export const markerFiles: readonly string[] = ['config.json', 'model.json', cascadeFile, 'manifest.json'];

/** Whether a file of this name, in a folder with one of {@link markerFiles}, is part of what the folder holds. */
export function isFileOfFolder(path: string): boolean {
  const name = basename(path);
  return (
    [...markerFiles, 'architecture.json', 'state.json', 'metrics.jsonl', 'bad-images.jsonl'].includes(name) ||
    name.endsWith('.safetensors') ||
    name.startsWith('events.out.')
  );
}
