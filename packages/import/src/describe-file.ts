import { type FileKind, fileFormatOf } from '@dmnn/foundation';

/** What bytes are that are not a safetensors file. */
export interface FileDescription {
  /** `a web page`. */
  readonly what: string;
  readonly remedy: string;
}

const SAVE = 'Save the weights from PyTorch as safetensors.';
const UNPACK = 'Unpack it first.';
const AGAIN = 'Download the file again.';

const TORCH = 'Read it with readTensorFile or importTensorFile, which take both kinds of file.';

const KERAS = 'A model of Keras is read by dmnn import, or readKerasFile and networkOfKerasFile.';

const remedies: { readonly [kind in FileKind]?: string } = {
  empty: 'Download it again.',
  torch: TORCH,
  pickle: TORCH,
  torchscript: TORCH,
  keras: KERAS,
  hdf5: KERAS,
  npz: SAVE,
  npy: SAVE,
  tflite: SAVE,
  gguf: 'Use the safetensors file it was made from.',
  onnx: 'Use the weights that it was exported from.',
  gzip: UNPACK,
  zstd: UNPACK,
  bzip2: UNPACK,
  xz: UNPACK,
  lz4: UNPACK,
  lzip: UNPACK,
  compress: UNPACK,
  '7z': UNPACK,
  rar: UNPACK,
  tar: UNPACK,
  zip: UNPACK,
  'git-lfs': "Get the file itself: git lfs pull, or its page's download link.",
  html: "Download the file itself, not the page about it: the address with 'resolve' or 'raw' in it.",
  xml: AGAIN,
  text: AGAIN,
  json: 'Pass the safetensors file itself.',
};

/**
 * What bytes are that were taken for a safetensors file: a page that was downloaded instead, a file of another format.
 *
 * @returns undefined if they are nothing that is known
 */
export function describeFile(bytes: Uint8Array): FileDescription | undefined {
  const format = fileFormatOf(bytes);
  if (!format || format.kind === 'safetensors') return undefined;
  if (format.kind === 'json' && isIndex(bytes))
    return {
      what: 'an index of shards',
      remedy: 'Pass it together with its shards; dmnn import reads those that lie next to it.',
    };
  return { what: format.name, remedy: remedies[format.kind] ?? 'Pass the safetensors file itself.' };
}

function isIndex(bytes: Uint8Array): boolean {
  // before a long weight_map there are only a few lines of metadata
  return new TextDecoder().decode(bytes.subarray(0, 1_000_000)).includes('"weight_map"');
}
