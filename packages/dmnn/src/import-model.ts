import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Architecture } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { classNamesOf, imagenetNormalisation } from '@dmnn/data';
import { type NameMap, type NamesOf, importSafetensors } from '@dmnn/import';
import { saveModel } from '@dmnn/runs';

/** Options of {@link importModel}. */
export interface ImportModelOptions {
  /** Path of a safetensors file. */
  readonly file: string;
  /** A model of the zoo, or a custom architecture. */
  readonly model: string | Architecture;
  /** The model folder to write: new, or empty. */
  readonly out: string;
  /** Naming scheme of the file, or a name map. @defaultValue torchvision or timm, detected */
  readonly names?: NamesOf | NameMap | undefined;
  /** Prefix of every name in the file, such as `module.`. @defaultValue none */
  readonly prefix?: string | undefined;
  /** Number of classes of a model of the zoo. @defaultValue 1000, or 100 for CIFAR networks */
  readonly classes?: number | undefined;
  /** `[class]`. @defaultValue ImageNet's for 1000 classes, otherwise unknown */
  readonly classNames?: readonly string[] | undefined;
  /** Of red, green and blue, subtracted from them. @defaultValue ImageNet's */
  readonly channelMeans?: readonly number[] | undefined;
  /** Of red, green and blue, which divide them. @defaultValue ImageNet's */
  readonly channelDeviations?: readonly number[] | undefined;
}

/** Result of {@link importModel}. */
export interface ImportedModel {
  /** The architecture's name. */
  readonly model: string;
  readonly folder: string;
  /** Number of imported tensors. */
  readonly tensors: number;
  /** Number of tensors in the file that the network does not use. */
  readonly ignored: number;
  /** Number of tensors converted to float32, by their element type: `{ F16: 161 }`. */
  readonly converted: { readonly [dtype: string]: number };
  readonly importedFrom: { readonly file: string; readonly sha256: string; readonly names: string };
}

/** Imports trained weights into a model folder. */
export async function importModel(options: ImportModelOptions): Promise<ImportedModel> {
  const { model, classes } = options;
  const architecture = typeof model === 'string' ? createArchitecture(model, { classes }) : model;
  return importBytes(await readFile(options.file), { ...options, architecture, mapName: 'map' });
}

/** An import of the bytes of a file. */
export interface BytesImport extends Omit<ImportModelOptions, 'model' | 'classes'> {
  readonly architecture: Architecture;
  /** The name map's name in the model folder, if `names` is one. */
  readonly mapName: string;
}

/** {@link importModel} of the bytes of a file. */
export async function importBytes(bytes: Uint8Array, request: BytesImport): Promise<ImportedModel> {
  const { architecture, file, out, names, prefix, mapName } = request;
  const imported = importSafetensors(bytes, architecture, { names, prefix });
  const importedFrom = {
    file: basename(file),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    names: imported.names === 'map' ? mapName : imported.names,
  };
  const imagenetNames = architecture.head.classes === 1000 ? classNamesOf('imagenet') : undefined;
  await saveModel(out, {
    architecture,
    weights: imported.weights,
    channelMeans: request.channelMeans ?? imagenetNormalisation.channelMeans,
    channelDeviations: request.channelDeviations ?? imagenetNormalisation.channelDeviations,
    classNames: request.classNames ?? imagenetNames,
    importedFrom,
  });
  return {
    model: architecture.name,
    folder: out,
    tensors: imported.weights.size,
    ignored: imported.ignored.length,
    converted: imported.converted,
    importedFrom,
  };
}
