// ONNX sessions with a pool of workers: what goes wrong with one image concerns no other.
import { fileURLToPath } from 'node:url';
import { runNode } from './frame/command.mjs';
import { endOf, promise, promiseDone } from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */

const script = fileURLToPath(new URL('frame/session-cases.mjs', import.meta.url));

/** What is injected, and what is promised. */
const cases = {
  'one worker dies': 'only its own image fails, the next ones run',
  'all workers die': 'typed errors or new workers, no hang',
  'closed, 1 worker': 'images in flight run or get typed errors',
  'closed, 3 workers': 'images in flight run or get typed errors',
  'hostile images': 'typed errors, the others run',
  'damaged files': 'typed errors, no worker left over',
};

/** @type {readonly Fault[]} */
export default Object.entries(cases).map(([name, promised]) => ({
  name: `${name}: ${promised}`,
  quick: true,
  async run(place) {
    try {
      await import('onnxruntime-node');
    } catch {
      place.skip('onnxruntime-node is not installed');
    }
    promiseDone(await place.dmnn(['export', place.model(), '--out', 'm.onnx']));
    const ended = await runNode([script, name, place.path('m.onnx')]);
    promise(ended.code === 0, endOf(ended));
  },
}));
