import { printable } from '@dmnn/foundation';
import { MOST_TENSORS } from '@dmnn/weights/internal';
import { PickleDict, PickleList, PickleTuple, type PickleValue, whatOf } from './pickle-value.js';
import { TorchFileError } from './torch-file-error.js';
import { TorchTensor } from './torch-tensor.js';

/** A part of a file that holds no weights of the network. */
export interface PassedOver {
  /** Its key; a path if it is within another part: `state_dict.step`. */
  readonly key: string;
  /** `a dictionary`, `a number with a fraction`. */
  readonly what: string;
  /** Number of tensors in it. */
  readonly tensors: number;
}

/** The weights in a file. */
export interface WeightsIn {
  readonly found: ReadonlyMap<string, TorchTensor>;
  /** Keys of the dictionaries that have them; empty if it is the file's own dictionary. */
  readonly under: readonly string[];
  readonly passedOver: readonly PassedOver[];
}

/** Keys under which weights are saved next to other tensors, such as the state of a random generator. */
const USUAL = /^(?:state_dict|model|module|net|network|weights|params|ema)(?:_|$)|_state_dict$/;

/** As in safetensors; a hostile file of few bytes could name one tensor a million times. */
const MOST_LETTERS = 16_000_000;

/** How deep the weights may be in dictionaries. */
const DEEPEST = 3;

/**
 * Finds the weights in what `torch.save` saved: the dictionary itself if it has tensors, unless they stand next to a dictionary
 * of tensors with a usual key; otherwise the dictionaries in it that have some, of the least depth.
 *
 * @throws TorchFileError with the fault `contents` if there are none
 */
export function weightsIn(value: PickleValue): WeightsIn {
  if (!(value instanceof PickleDict)) {
    throw new TorchFileError(
      'contents',
      `expected a dictionary of tensors (a state_dict), got ${whatOf(value)}`,
      ["Save it in Python: torch.save(model.state_dict(), 'state_dict.pth')"],
    );
  }
  const sets = setsIn(value);
  if (sets.length === 0)
    throw new TorchFileError(
      'contents',
      'expected a dictionary of tensors (a state_dict), got one without any',
    );
  const found = new Map<string, TorchTensor>();
  const described = describer();
  const passedOver: PassedOver[] = [];
  let letters = 0;
  for (const { path, dict } of sets) {
    for (const [key, each] of dict.entries) {
      const name = sets.length === 1 ? keyText(key) : `${path}.${keyText(key)}`;
      if (!(each instanceof TorchTensor) || typeof key !== 'string') passedOver.push(described(name, each));
      else if (!found.has(name)) {
        found.set(name, each);
        assertFew(found.size, (letters += name.length));
      } else
        throw new TorchFileError(
          'contents',
          `expected tensors of different names, got ${printable(name, 100)} twice`,
        );
    }
  }
  const under = sets.map(({ path }) => path).filter((path) => path !== '');
  if (under.length > 0) passedOver.push(...outside(value, sets, described));
  return { found, under, passedOver };
}

/** @param letters - of all names */
function assertFew(tensors: number, letters: number): void {
  if (tensors > MOST_TENSORS)
    throw new TorchFileError(
      'size',
      `expected at most ${MOST_TENSORS} tensors, got more; save them in several files if it is meant to be so`,
    );
  if (letters > MOST_LETTERS)
    throw new TorchFileError('size', `expected names of at most ${MOST_LETTERS} characters in all, got more`);
}

/** A dictionary with tensors, and the keys that lead to it, joined by dots. */
interface WeightSet {
  readonly path: string;
  readonly dict: PickleDict;
  /** The dictionary that it is in. */
  readonly within?: WeightSet | undefined;
}

function setsIn(top: PickleDict): readonly WeightSet[] {
  const seen = new Set<PickleDict>([top]);
  const whole: WeightSet = { path: '', dict: top };
  let level = dictsIn(whole, seen);
  const sets = level.filter(hasTensors);
  if (hasTensors(whole) && !sets.some(({ path }) => USUAL.test(path))) return [whole];
  if (sets.length > 0) return sets;
  for (let depth = 2; depth <= DEEPEST; depth++) {
    level = level.flatMap((each) => dictsIn(each, seen));
    const deeper = level.filter(hasTensors);
    if (deeper.length > 0) return deeper;
  }
  return [];
}

/** Those that were not seen before: a pickle may have one in many places, also in itself. */
function dictsIn(within: WeightSet, seen: Set<PickleDict>): WeightSet[] {
  const dicts: WeightSet[] = [];
  for (const [key, value] of within.dict.entries) {
    if (typeof key !== 'string' || !(value instanceof PickleDict) || seen.has(value)) continue;
    seen.add(value);
    dicts.push({ path: within.path === '' ? key : `${within.path}.${key}`, dict: value, within });
  }
  return dicts;
}

function hasTensors({ dict }: WeightSet): boolean {
  for (const [key, value] of dict.entries)
    if (typeof key === 'string' && value instanceof TorchTensor) return true;
  return false;
}

/** What is neither in a set nor on the way to one. */
function outside(
  top: PickleDict,
  sets: readonly WeightSet[],
  described: (key: string, value: PickleValue) => PassedOver,
): PassedOver[] {
  const isSet = new Set(sets.map(({ dict }) => dict));
  const ways = new Set<PickleDict>();
  for (const set of sets) for (let way = set.within; way; way = way.within) ways.add(way.dict);
  const passed: PassedOver[] = [];
  const seen = new Set<PickleDict>([top]);
  const rest = [{ path: '', dict: top }];
  for (let way = rest.pop(); way; way = rest.pop()) {
    for (const [key, value] of way.dict.entries) {
      const path = way.path === '' ? keyText(key) : `${way.path}.${keyText(key)}`;
      if (!(value instanceof PickleDict) || !(isSet.has(value) || ways.has(value)))
        passed.push(described(path, value));
      else if (!isSet.has(value) && !seen.has(value)) {
        seen.add(value);
        rest.push({ path, dict: value });
      }
    }
  }
  return passed;
}

/** Counts every tensor once, however often it is in the file. */
function describer(): (key: string, value: PickleValue) => PassedOver {
  const seen = new Set<PickleValue>();
  return (key, value) => {
    let tensors = 0;
    const rest = [value];
    for (let each = rest.pop(); each !== undefined; each = rest.pop()) {
      if (typeof each !== 'object' || seen.has(each)) continue;
      seen.add(each);
      if (each instanceof TorchTensor) tensors++;
      else if (each instanceof PickleDict) for (const [, item] of each.entries) rest.push(item);
      else if (each instanceof PickleList || each instanceof PickleTuple)
        for (const item of each.items) rest.push(item);
    }
    return { key: printable(key, 100), what: whatOf(value), tensors };
  };
}

function keyText(key: PickleValue): string {
  return typeof key === 'string' ? key : typeof key === 'object' ? whatOf(key) : String(key);
}
