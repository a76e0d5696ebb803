import { printable } from '@dmnn/foundation';

/** What bytes are that are not a safetensors file. */
export interface FileDescription {
  /** `a web page`. */
  readonly what: string;
  readonly remedy: string;
}

const CONVERSION =
  'Convert it in Python: from safetensors.torch import save_file; ' +
  "save_file({k: v.contiguous() for k, v in torch.load('model.pth', weights_only=True).items()}, 'model.safetensors')";

const PICKLE: FileDescription = {
  what: 'one written by torch.save. Such a file can contain code, so it is not read',
  remedy: CONVERSION,
};

/** Formats by their first bytes. */
const formats: readonly (readonly [first: readonly number[], what: string, remedy: string])[] = [
  [[0x89, 0x48, 0x44, 0x46], 'an HDF5 file (.h5), as Keras and h5py write', 'Save the weights from PyTorch as safetensors.'],
  [[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], 'an array of NumPy (.npy)', 'Save the weights from PyTorch as safetensors.'],
  [[0x47, 0x47, 0x55, 0x46], 'a GGUF file, as llama.cpp reads', 'Use the safetensors file it was made from.'],
  [[0x1f, 0x8b], 'a file compressed by gzip', 'Unpack it first.'],
  [[0x42, 0x5a, 0x68], 'a file compressed by bzip2', 'Unpack it first.'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'a file compressed by xz', 'Unpack it first.'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'a file compressed by zstd', 'Unpack it first.'],
  [[0x37, 0x7a, 0xbc, 0xaf], 'a 7z archive', 'Unpack it first.'],
]; // prettier-ignore

/**
 * What bytes are that were taken for a safetensors file: a page that was downloaded instead, a file of another format.
 *
 * @returns undefined if they are nothing that is known
 */
export function describeFile(bytes: Uint8Array): FileDescription | undefined {
  if (bytes.length === 0) return { what: 'an empty file', remedy: 'Download it again.' };
  const [first = 0, second = 0] = bytes;
  if (begins(bytes, [0x50, 0x4b, 3, 4])) return zipDescription(bytes);
  if (first === 0x80 && second >= 2 && second <= 5) return PICKLE;
  const known = formats.find(([start]) => begins(bytes, start));
  if (known) return { what: known[1], remedy: known[2] };
  // protocol buffer: a version of the format, then a text
  if (first === 8 && second <= 12 && bytes[2] === 0x12)
    return { what: 'an ONNX file', remedy: 'Use the weights that it was exported from.' };
  if (latin1(bytes.subarray(257, 262)) === 'ustar')
    return { what: 'a tar archive', remedy: 'Unpack it first.' };
  return textDescription(bytes);
}

/** torch.save writes a zip archive whose first member is NAME/data.pkl. */
function zipDescription(bytes: Uint8Array): FileDescription {
  const length = (bytes[26] ?? 0) + 256 * (bytes[27] ?? 0);
  const member = latin1(bytes.subarray(30, 30 + length));
  if (member === '' || member.length < length || member.endsWith('data.pkl')) return PICKLE;
  if (member.endsWith('.npy'))
    return { what: 'arrays of NumPy (.npz)', remedy: 'Save the weights from PyTorch as safetensors.' };
  if (/^(?:metadata\.json|config\.json|model\.weights\.h5)$/.test(member))
    return { what: 'a model of Keras (.keras)', remedy: 'Save the weights from PyTorch as safetensors.' };
  return {
    what: `a zip archive that begins with ${printable(member, 100)}`,
    remedy: 'Unpack it first.',
  };
}

function textDescription(bytes: Uint8Array): FileDescription | undefined {
  const start = latin1(bytes.subarray(0, 1024)).replace(/^\u00ef\u00bb\u00bf/, '').trimStart(); // prettier-ignore
  if (start.startsWith('version https://git-lfs'))
    return {
      what: 'a Git LFS pointer, which stands for the file',
      remedy: "Get the file itself: git lfs pull, or its page's download link.",
    };
  if (/^<(?:!doctype\s+html|html|head|!--)/i.test(start))
    return {
      what: 'a web page (HTML)',
      remedy: "Download the file itself, not the page about it: the address with 'resolve' or 'raw' in it.",
    };
  if (start.startsWith('<')) return { what: 'XML text', remedy: 'Download the file again.' };
  if (/^\{\s*["}]/.test(start)) return jsonDescription(bytes);
  // eslint-disable-next-line no-control-regex -- binary files have control characters
  if (bytes.length > 8 && !/[\u0000-\u0008\u000e-\u001f]/.test(start))
    return {
      what: `a text that begins with ${JSON.stringify(start.slice(0, 60))}`,
      remedy: 'Download the file again.',
    };
  return undefined;
}

function jsonDescription(bytes: Uint8Array): FileDescription {
  // before a long weight_map there are only a few lines of metadata
  if (latin1(bytes.subarray(0, 1_000_000)).includes('"weight_map"'))
    return {
      what: 'an index of shards',
      remedy: 'Pass it together with its shards; dmnn import reads those that lie next to it.',
    };
  return { what: 'JSON text', remedy: 'Pass the safetensors file itself.' };
}

function begins(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}
