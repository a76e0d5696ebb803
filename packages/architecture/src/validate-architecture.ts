import { ArchitectureError } from './architecture-error.js';
import type { Architecture } from './architecture.js';
import { checkBlock, type ReadController, checkStates } from './check-block.js';
import { activationNames, checkPool, checkUnits } from './check-units.js';
import { type Fields, ProblemCollector } from './problem-collector.js';
import { inferShapes } from './infer-shapes.js';

/**
 * Checks that a value is a valid architecture: fields, channels from layer to layer, shortcuts, controllers, and the
 * size of every map at `imageSizePx`.
 *
 * @param value - any value, for example the result of `JSON.parse`
 * @returns the value itself, not a copy
 * @throws ArchitectureError that lists every problem with its path, such as
 * `stages[0].blocks[1].shortcut.kind: expected …, got …`; sizes of maps are checked only if everything else is
 * correct
 * @example
 * ```ts
 * import { ArchitectureError, validateArchitecture } from '@dmnn/architecture';
 *
 * try {
 *   validateArchitecture({
 *     name: 'net', imageSizePx: 32, inChannels: 3, stem: { units: [] }, stages: [],
 *     head: { units: [], inFeature: 3, classes: 10 },
 *   });
 * } catch (error) {
 *   if (!(error instanceof ArchitectureError)) throw error;
 *   console.log(error.problems[0]); // => head: unknown key "inFeature"; did you mean inFeatures?
 *   console.log(error.problems[1]); // => head.inFeatures: expected a whole number, at least 1, got nothing
 * }
 * ```
 */
export function validateArchitecture(value: unknown): Architecture {
  const problems = new ProblemCollector();
  checkArchitecture(value, '', problems);
  const name = (value as { name?: unknown } | null | undefined)?.name;
  const what = typeof name === 'string' ? `architecture ${JSON.stringify(name)}` : 'architecture';
  if (problems.lines.length > 0)
    throw new ArchitectureError(what, problems.lines, 'Correct the fields listed above.');
  const architecture = value as Architecture;
  inferShapes(architecture);
  if (architecture.undivided) inferShapes(architecture.undivided);
  return architecture;
}

function checkArchitecture(value: unknown, prefix: string, problems: ProblemCollector): Fields | undefined {
  const required = ['name', 'imageSizePx', 'inChannels', 'stem', 'stages', 'head'];
  const path = prefix === '' ? 'architecture' : prefix.slice(0, -1);
  const fields = problems.record(value, path, required, ['exits', 'undivided']);
  if (!fields) return undefined;
  problems.text(fields['name'], `${prefix}name`);
  problems.whole(fields['imageSizePx'], `${prefix}imageSizePx`, 1);
  const inChannels = problems.whole(fields['inChannels'], `${prefix}inChannels`, 1);
  const stemChannels = checkStem(fields['stem'], `${prefix}stem`, inChannels, problems);
  const blocks: (number | undefined)[] = [];
  const channels = checkStages(fields['stages'], `${prefix}stages`, stemChannels, blocks, problems);
  const classes = checkHead(fields['head'], `${prefix}head`, channels, problems);
  if (fields['exits'] !== undefined)
    checkExits(fields['exits'], `${prefix}exits`, { blocks, classes }, problems);
  if (fields['undivided'] !== undefined) checkUndivided(fields, `${prefix}undivided`, problems);
  return fields;
}

function checkStem(
  value: unknown,
  path: string,
  inChannels: number | undefined,
  problems: ProblemCollector,
): number | undefined {
  const fields = problems.record(value, path, ['units'], ['pool']);
  if (!fields) return undefined;
  if (fields['pool'] !== undefined) checkPool(fields['pool'], `${path}.pool`, problems);
  return checkUnits(fields['units'], `${path}.units`, 0, inChannels, problems).outChannels;
}

/** @param blocks - gets the output channels of each block */
function checkStages(
  value: unknown,
  path: string,
  entering: number | undefined,
  blocks: (number | undefined)[],
  problems: ProblemCollector,
): number | undefined {
  let channels = entering;
  const controllers: ReadController[] = [];
  problems.list(value, path, 0, (stage, stagePath) => {
    const fields = problems.record(stage, stagePath, ['blocks']);
    if (!fields) {
      channels = undefined;
      return;
    }
    problems.list(fields['blocks'], `${stagePath}.blocks`, 1, (block, blockPath) => {
      const read = checkBlock(block, blockPath, channels, problems);
      channels = read.outChannels;
      blocks.push(channels);
      if (read.controller) controllers.push(read.controller);
    });
    if (!Array.isArray(fields['blocks'])) channels = undefined;
  });
  checkStates(controllers, problems);
  return Array.isArray(value) ? channels : undefined;
}

function checkHead(
  value: unknown,
  path: string,
  entering: number | undefined,
  problems: ProblemCollector,
): number | undefined {
  const fields = problems.record(value, path, ['units', 'inFeatures', 'classes'], ['hidden']);
  if (!fields) return undefined;
  const { outChannels } = checkUnits(fields['units'], `${path}.units`, 0, entering, problems);
  const inFeatures = problems.whole(fields['inFeatures'], `${path}.inFeatures`, 1);
  if (fields['hidden'] !== undefined) {
    problems.list(fields['hidden'], `${path}.hidden`, 1, (layer, layerPath) => {
      const own = problems.record(layer, layerPath, ['features', 'activation']);
      if (!own) return;
      problems.whole(own['features'], `${layerPath}.features`, 1);
      problems.oneOf(own['activation'], `${layerPath}.activation`, activationNames);
    });
  }
  const classes = problems.whole(fields['classes'], `${path}.classes`, 1);
  if (outChannels !== undefined && inFeatures !== undefined && inFeatures !== outChannels) {
    problems.report(`${path}.inFeatures`, `the ${outChannels} incoming channels`, inFeatures);
  }
  return classes;
}

/** @param network - output channels of each block, and classes of the head, as far as they could be read */
function checkExits(
  value: unknown,
  path: string,
  network: { readonly blocks: readonly (number | undefined)[]; readonly classes: number | undefined },
  problems: ProblemCollector,
): void {
  const last = network.blocks.length - 2;
  let previous = -1;
  problems.list(value, path, 1, (exit, exitPath) => {
    const fields = problems.record(exit, exitPath, ['afterBlock', 'head']);
    if (!fields) return;
    const afterBlock = problems.whole(fields['afterBlock'], `${exitPath}.afterBlock`, 0);
    if (afterBlock !== undefined && (afterBlock <= previous || afterBlock > last)) {
      const range =
        previous < last
          ? `${previous < 0 ? 'a block' : 'a later block than that of the exit before'}, from ${previous + 1} to ${last} (the head stands after the last block, ${last + 1})`
          : `no exit, since no block is left before the last, ${last + 1}`;
      problems.report(`${exitPath}.afterBlock`, range, afterBlock);
    }
    previous = Math.max(previous, afterBlock ?? previous);
    const channels = afterBlock === undefined ? undefined : network.blocks[afterBlock];
    const classes = checkHead(fields['head'], `${exitPath}.head`, channels, problems);
    if (network.classes !== undefined && classes !== undefined && classes !== network.classes)
      problems.report(`${exitPath}.head.classes`, `the head's ${network.classes}`, classes);
  });
}

/**
 * Ratios of costs need the same conditions, so the backbone takes the same images; and it must not be divided itself.
 */
function checkUndivided(divided: Fields, path: string, problems: ProblemCollector): void {
  const value = divided['undivided'];
  // detected before the recursion: a value that contains itself would never end
  if ((value as { undivided?: unknown } | null)?.undivided !== undefined) {
    problems.report(
      `${path}.undivided`,
      'none, since a backbone is not divided',
      (value as Fields)['undivided'],
    );
    return;
  }
  if ((value as { exits?: unknown } | null)?.exits !== undefined) {
    const why = 'none, since ratios of costs are to a network without exits';
    problems.report(`${path}.exits`, why, (value as Fields)['exits']);
    return;
  }
  const backbone = checkArchitecture(value, `${path}.`, problems);
  for (const key of ['imageSizePx', 'inChannels']) {
    const [got, expected] = [backbone?.[key], divided[key]];
    if (Number.isSafeInteger(got) && Number.isSafeInteger(expected) && got !== expected) {
      problems.report(`${path}.${key}`, `the divided network's ${String(expected)}`, got);
    }
  }
}
