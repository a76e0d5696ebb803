import { printable } from '@dmnn/foundation';
import { ByteCursor } from './byte-cursor.js';
import { TorchFileError } from './torch-file-error.js';

/** What a pickle names of Python, by its opcodes alone, and whether it has a module of layers. */
interface NamesInPickle {
  readonly names: readonly string[];
  readonly isModule: boolean;
}

/** Kinds of tensors that are known and not read. */
const otherTensors: { readonly [path: string]: string } = {
  'torch._utils._rebuild_qtensor': 'a quantised tensor',
  'torch._utils._rebuild_sparse_tensor': 'a sparse tensor',
  'torch._utils._rebuild_tensor_v3':
    'a tensor of an element type without a storage of its own (float8, uint16 and others)',
  'torch._utils._rebuild_meta_tensor_no_storage': 'a tensor without numbers (meta)',
  'torch._utils._rebuild_nested_tensor': 'a nested tensor',
  'numpy.core.multiarray._reconstruct': 'an array of NumPy',
  'numpy._core.multiarray._reconstruct': 'an array of NumPy',
};

const WEIGHTS_ONLY =
  "Save the weights alone in Python, where the file is trusted: torch.save(torch.load('FILE', weights_only=False)";

/**
 * The error for a pickle with a name that is not allowed: a whole module, or another object of Python. Names all of those in
 * the pickle.
 *
 * @param first - the name at which reading stopped
 * @param pickle - from its beginning
 */
export function forbiddenNames(first: string, pickle: Uint8Array): TorchFileError {
  const { names, isModule } = namesIn(pickle);
  const shown = printable(first, 100);
  if (isModule) {
    return new TorchFileError(
      'module',
      `expected tensors by name (a state_dict), got a whole module, whose class is ${shown}: reading it would run its code`,
      [`${WEIGHTS_ONLY}.state_dict(), 'state_dict.pth')`],
    );
  }
  const kind = otherTensors[first];
  const others = names.filter((name) => name !== first && !isOurs(name));
  const more =
    others.length === 0
      ? ''
      : `; also ${others
          .slice(0, 5)
          .map((name) => printable(name, 100))
          .join(', ')}${others.length > 5 ? ` and ${others.length - 5} more` : ''}`;
  if (kind !== undefined) {
    return new TorchFileError('global', `expected dense tensors, got ${kind} (${shown})${more}`, [
      'Convert it in Python to a dense tensor of float32, and save the weights again.',
    ]);
  }
  return new TorchFileError(
    'global',
    `expected only tensors and dictionaries, got ${shown} of Python, which is code${more}. Nothing of it was run`,
    [`${WEIGHTS_ONLY}['state_dict'], 'state_dict.pth'), with the key under which they are`],
  );
}

/** Names that say nothing about what is wrong. */
function isOurs(name: string): boolean {
  return /^(?:torch\.\w*Storage|torch\._utils\._rebuild_(?:tensor(?:_v2)?|parameter)|collections\.\w+|torch\.Size)$/.test(
    name,
  );
}

/** Bytes of the argument of each opcode, where it is of a fixed length. */
const FIXED: { readonly [opcode: string]: number } = {
  '\x80': 1, J: 4, K: 1, M: 2, G: 8, q: 1, h: 1, r: 4, j: 4, '\x95': 8,
}; // prettier-ignore
const WITHOUT_ARGUMENT = new Set('R\x81bQaesu(t)\x85\x86\x87]}N\x88\x89\x8f\x90\x92\x93\x94od10l');

function namesIn(pickle: Uint8Array): NamesInPickle {
  const cursor = new ByteCursor(pickle);
  const names = new Set<string>();
  const texts = new Set<string>();
  try {
    while (pass(cursor, names, texts));
  } catch (error) {
    // cut short, or an opcode that no file of tensors has: what was found up to there says enough
    if (!(error instanceof TorchFileError)) throw error;
  }
  return { names: [...names], isModule: texts.has('_parameters') && texts.has('_modules') };
}

/** Passes one opcode. @returns false at the end */
function pass(cursor: ByteCursor, names: Set<string>, texts: Set<string>): boolean {
  const opcode = String.fromCharCode(cursor.uint8());
  const fixed = FIXED[opcode];
  if (fixed !== undefined) cursor.take(fixed);
  else if (opcode === 'c' || opcode === 'i') {
    const name = `${cursor.line()}.${cursor.line()}`;
    if (names.size < 1000) names.add(name);
  } else if (opcode === 'X' || opcode === 'U' || opcode === '\x8c') {
    const text = cursor.text(opcode === 'X' ? cursor.uint32() : cursor.uint8());
    if (text === '_parameters' || text === '_modules') texts.add(text);
  } else if (opcode === '\x8a') cursor.take(cursor.uint8());
  else return WITHOUT_ARGUMENT.has(opcode);
  return true;
}
