// Reads the plan of a call: a list of 32-bit words that the caller writes, see src/wasm-kernels/norm-sum-plan.ts.
import { copyFloats } from './pack';
import {
  CHANNELS,
  PATHS,
  GATES,
  GATE_COLUMNS,
  PARTS,
  VIEWS,
  FIRST_PATH,
  PATH_WORDS,
  PATH_COLUMN,
} from '../src/wasm-kernels/norm-sum-plan';

export function word(plan: usize, index: i32): i32 {
  return load<i32>(plan + (index << 2));
}

/** A word that is a float. */
export function floatWord(plan: usize, index: i32): f32 {
  return load<f32>(plan + (index << 2));
}

export function pathWord(plan: usize, path: i32, index: i32): i32 {
  return word(plan, FIRST_PATH + path * PATH_WORDS + index);
}

/** What multiplies a path's image; 1 where it has no gate. */
export function gateOf(plan: usize, path: i32, image: i32): f32 {
  const column = pathWord(plan, path, PATH_COLUMN);
  if (column < 0) return 1;
  return load<f32>(<usize>word(plan, GATES) + ((image * word(plan, GATE_COLUMNS) + column) << 2));
}

/** Address of a part, and of how many channels it has. */
export function partAt(plan: usize, index: i32): usize {
  return plan + ((FIRST_PATH + word(plan, PATHS) * PATH_WORDS + index) << 2);
}

/** Copies pixels of the whole to its parts (`toParts`), or back. Parts begin at their `pixel`. */
export function exchange(plan: usize, whole: usize, pixel: i32, count: i32, view: i32, toParts: bool): void {
  const channels = word(plan, CHANNELS);
  const parts = word(plan, PARTS);
  const lists = toParts ? 1 : word(plan, VIEWS);
  let begin = 0;
  for (let s = 0; s < parts; s++) {
    const width = load<i32>(partAt(plan, lists * parts + s));
    let part = <usize>load<i32>(partAt(plan, view * parts + s)) + ((pixel * width) << 2);
    let own = whole + (begin << 2);
    for (let i = 0; i < count; i++) {
      if (toParts) copyFloats(own, part, width);
      else copyFloats(part, own, width);
      part += width << 2;
      own += channels << 2;
    }
    begin += width;
  }
}
