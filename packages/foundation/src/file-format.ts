import { printable } from './printable.js';
import { zipFormat } from './zip-format.js';

/** The kinds of file that {@link fileFormatOf} knows. */
export type FileKind =
  | 'empty'
  // images and documents
  | 'jpeg'
  | 'png'
  | 'webp'
  | 'gif'
  | 'tiff'
  | 'avif'
  | 'heic'
  | 'bmp'
  | 'pnm'
  | 'jpeg-2000'
  | 'jpeg-xl'
  | 'ico'
  | 'photoshop'
  | 'openexr'
  | 'radiance'
  | 'qoi'
  | 'svg'
  | 'pdf'
  | 'mp4'
  // compressed files and archives
  | 'gzip'
  | 'zstd'
  | 'bzip2'
  | 'xz'
  | 'lz4'
  | 'lzip'
  | 'compress'
  | '7z'
  | 'rar'
  | 'tar'
  | 'zip'
  | 'office'
  // weights, networks and tables
  | 'torch'
  | 'torchscript'
  | 'pickle'
  | 'keras'
  | 'npz'
  | 'npy'
  | 'hdf5'
  | 'gguf'
  | 'safetensors'
  | 'onnx'
  | 'tflite'
  | 'parquet'
  | 'arrow'
  | 'sqlite'
  // texts
  | 'git-lfs'
  | 'html'
  | 'xml'
  | 'json'
  | 'text';

/** What a file is. */
export interface FileFormat {
  readonly kind: FileKind;
  /** As a message says it, after "got": `a PNG`, `a Git LFS pointer`. */
  readonly name: string;
}

/** As many first bytes as decide; a ZIP archive is looked at as a whole if it is given as a whole. */
const START_BYTES = 1024;

/**
 * What a file is by its first bytes, whatever its name is: for messages about a file that is not the one expected. The
 * one table of formats of these packages; what to do instead is for each reader to say.
 *
 * @param bytes - the file, or its first 1,024 bytes; what a ZIP archive holds is sure only of the whole file
 * @returns undefined if it is nothing that is known here
 * @example
 * ```ts
 * import { fileFormatOf } from '@dmnn/foundation';
 *
 * console.log(fileFormatOf(Uint8Array.of(0x1f, 0x8b, 8, 0))?.name); // => a gzip-compressed file
 * console.log(fileFormatOf(new TextEncoder().encode('<!DOCTYPE html><title>404</title>'))?.kind); // => html
 * ```
 */
export function fileFormatOf(bytes: Uint8Array): FileFormat | undefined {
  if (bytes.length === 0) return { kind: 'empty', name: formatName('empty') };
  const start = String.fromCharCode(...bytes.subarray(0, START_BYTES));
  if (zipStart.test(start)) return zipArchive(bytes);
  const known = patterns.find(([, pattern]) => pattern.test(start));
  if (known) return { kind: known[0], name: formatName(known[0]) };
  return textFormat(bytes.subarray(0, START_BYTES));
}

/** A kind's name as a message says it: `a gzip-compressed file`. */
export function formatName(kind: FileKind): string {
  return names[kind];
}

const names: Readonly<Record<FileKind, string>> = {
  empty: 'an empty file',
  jpeg: 'a JPEG',
  png: 'a PNG',
  webp: 'a WebP',
  gif: 'a GIF',
  tiff: 'a TIFF',
  avif: 'an AVIF',
  heic: 'a HEIC',
  bmp: 'a BMP',
  pnm: 'a PPM, PGM or PBM',
  'jpeg-2000': 'a JPEG 2000',
  'jpeg-xl': 'a JPEG XL',
  ico: 'an icon (ICO)',
  photoshop: 'a Photoshop file',
  openexr: 'an OpenEXR file',
  radiance: 'a Radiance file',
  qoi: 'a QOI',
  svg: 'an SVG',
  pdf: 'a PDF',
  mp4: 'a video or another MP4 file',
  gzip: 'a gzip-compressed file',
  zstd: 'a zstd-compressed file',
  bzip2: 'a bzip2-compressed file',
  xz: 'an xz-compressed file',
  lz4: 'an lz4-compressed file',
  lzip: 'an lzip-compressed file',
  compress: 'a compress-compressed file',
  '7z': 'a 7z archive',
  rar: 'a RAR archive',
  tar: 'a tar archive',
  zip: 'a ZIP archive',
  office: 'an office document',
  torch: 'a file written by torch.save',
  torchscript: 'a TorchScript file (torch.jit.save)',
  pickle: 'a Python pickle, as torch.save wrote before PyTorch 1.6',
  keras: 'a model of Keras (.keras)',
  npz: 'arrays of NumPy (.npz)',
  npy: 'an array of NumPy (.npy)',
  hdf5: 'an HDF5 file (.h5), as Keras and h5py write',
  gguf: 'a GGUF file, as llama.cpp reads',
  safetensors: 'a safetensors file',
  onnx: 'an ONNX file',
  tflite: 'a TensorFlow Lite file',
  parquet: 'a parquet file',
  arrow: 'an Arrow file',
  sqlite: 'an SQLite database',
  'git-lfs': 'a Git LFS pointer, which stands for the file',
  html: 'a web page (HTML)',
  xml: 'XML text',
  json: 'JSON text',
  text: 'a text',
};

/* eslint-disable no-control-regex -- first bytes of binary files, as characters of Latin-1 */
const zipStart = /^PK(\x03\x04|\x05\x06|\x07\x08)/;

/** The first that fits counts. None has a repeated group that could be taken in many ways: files may be hostile. */
const patterns: readonly (readonly [kind: FileKind, start: RegExp])[] = [
  // a length below 16 MiB, as eight bytes, then the header; first, since the length may look like another format
  ['safetensors', /^[^]{3}\0{5}\{\s*["}]/],
  ['jpeg', /^\xff\xd8/],
  ['png', /^\x89PNG\r\n\x1a\n/],
  ['webp', /^RIFF[^]{4}WEBP/],
  ['gif', /^GIF8[79]a/],
  ['tiff', /^(II[*+]\0|MM\0[*+])/],
  ['avif', /^[^]{4}ftyp([^]{4}){0,2}?(avif|avis)/],
  ['heic', /^[^]{4}ftyp([^]{4}){0,8}?(hei[cmsx]|hev[cmx]|mif1|msf1)/],
  ['mp4', /^[^]{4}ftyp/],
  ['bmp', /^BM[^]{8}[^]\0\0\0[\x0c-\x7f]\0\0\0/],
  ['pnm', /^P[1-7Ff][\s#]/],
  ['jpeg-2000', /^(\0\0\0\x0cjP {2}\r\n\x87\n|\xff\x4f\xff\x51)/],
  ['jpeg-xl', /^(\0\0\0\x0cJXL \r\n\x87\n|\xff\x0a)/],
  ['ico', /^\0\0[\x01\x02]\0[^]\0/],
  ['photoshop', /^8BPS\0[\x01\x02]/],
  ['openexr', /^v\/1\x01/],
  ['radiance', /^#\?R(ADIANC|GB)E/],
  ['qoi', /^qoif/],
  ['pdf', /^%PDF-/],
  ['gzip', /^\x1f\x8b/],
  ['zstd', /^\x28\xb5\x2f\xfd/],
  ['bzip2', /^BZh[1-9]/],
  ['xz', /^\xfd7zXZ\0/],
  ['lz4', /^\x04\x22\x4d\x18/],
  ['lzip', /^LZIP/],
  ['compress', /^\x1f\x9d/],
  ['7z', /^7z\xbc\xaf\x27\x1c/],
  ['rar', /^Rar!\x1a\x07/],
  ['hdf5', /^\x89HDF\r\n\x1a\n/],
  ['npy', /^\x93NUMPY/],
  ['gguf', /^GGUF/],
  ['tflite', /^[^]{4}TFL3/],
  ['parquet', /^PAR[1E]/],
  ['arrow', /^ARROW1\0\0/],
  ['sqlite', /^SQLite format 3\0/],
  ['pickle', /^\x80[\x02-\x05]/],
  // protocol buffer: a version of the format, then the producer's name, or the graph
  ['onnx', /^\x08[\x01-\x0f](\x12[^]{2,}|\x3a[^]{2,})/],
  ['tar', /^[^]{257}ustar/],
];
/* eslint-enable no-control-regex */

function zipArchive(bytes: Uint8Array): FileFormat {
  const { kind, first } = zipFormat(bytes);
  const name = formatName(kind);
  const isNamed = kind !== 'zip' || first === undefined;
  return { kind, name: isNamed ? name : `${name} that begins with ${printable(first, 100)}` };
}

function textFormat(bytes: Uint8Array): FileFormat | undefined {
  const text = textOf(bytes)?.trimStart();
  if (text === undefined || text === '') return undefined;
  const kind = kindOfText(text);
  if (kind !== 'text') return { kind, name: formatName(kind) };
  // a few characters are as likely the beginning of something else
  if (bytes.length <= 8) return undefined;
  return { kind, name: `a text that begins with ${JSON.stringify(printable(text.slice(0, 60)))}` };
}

/** The characters, without a byte order mark; undefined if they are not those of a text in UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    // as a stream, since the last character may be cut
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    // eslint-disable-next-line no-control-regex -- binary files have control characters
    return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function kindOfText(text: string): FileKind {
  if (text.startsWith('version https://git-lfs')) return 'git-lfs';
  if (/^(\{\s*["}]|\[\s*[[\]{"\d-])/.test(text)) return 'json';
  return text.startsWith('<') ? kindOfMarkup(text) : 'text';
}

/** By its document type, or its first element after declarations and comments. */
function kindOfMarkup(text: string): FileKind {
  let rest = text;
  for (;;) {
    const end = rest.startsWith('<?') ? '?>' : rest.startsWith('<!--') ? '-->' : undefined;
    if (end === undefined) break;
    const at = rest.indexOf(end, 2);
    if (at < 0) break;
    rest = rest.slice(at + end.length).trimStart();
  }
  const [, name = ''] = /^<(?:!doctype\s+|(?!!))(?:\w+:)?(\w+)/i.exec(rest) ?? [];
  if (/^svg$/i.test(name)) return 'svg';
  if (/^(html|head|body|title|meta)$/i.test(name)) return 'html';
  // a comment that does not end here: pages begin with them
  return rest.startsWith('<!--') ? 'html' : 'xml';
}
