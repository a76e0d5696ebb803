import { closeAfter, parseJson, printable } from '@dmnn/foundation';
import { gatedBlocks } from '@dmnn/architecture';
import { readRegularFile } from '@dmnn/foundation/node';
import { gunzipSync } from 'node:zlib';
import type { OnSkipped } from '@dmnn/trainer';
import type { CheckpointChoice } from '../../options/common-options.js';
import type { RunsOn } from '../../options/engine-option.js';
import type { CommandIo } from '../../terminal/command-io.js';
import { assertNetworkFolder } from '../../options/output-folders.js';
import { usageError } from '../../terminal/usage-error.js';
import { evaluateExecutions } from './eval-findings.js';
import { openEvaluatedData } from './evaluated-data.js';
import { openEvaluatedNetwork } from './evaluated-network.js';
import { imageRows } from '../../../control/image-rows.js';
import type { StaticSystem } from './static-system.js';

/** What decides about how networks of `--against` are evaluated. */
export interface StaticSystemsRequest extends RunsOn {
  readonly against: readonly string[];
  readonly batchSize?: number | undefined;
  readonly checkpoint?: CheckpointChoice | undefined;
  readonly data?: string | undefined;
  readonly workers?: number | undefined;
  readonly onSkipped: OnSkipped;
  readonly signal: AbortSignal;
}

/**
 * The systems of `--against`: runs and models are evaluated on the test images, logs of `dmnn eval --log` read.
 *
 * @throws DmnnError `DMNN_USAGE` for a network that decides, or a file that is not such a log; what opening a model throws
 */
export async function staticSystems(request: StaticSystemsRequest, io: CommandIo): Promise<StaticSystem[]> {
  const systems: StaticSystem[] = [];
  for (const path of request.against)
    systems.push(isLog(path) ? await loggedSystem(path) : await evaluatedSystem(path, request, io));
  return systems;
}

/**
 * Refuses what `--against` cannot take, as far as files say so: logs are read, of a network only what its folder is.
 *
 * @throws DmnnError `DMNN_USAGE`; FileError if a log cannot be read
 */
export async function assertStatics(against: readonly string[]): Promise<void> {
  for (const path of against)
    await (isLog(path) ? loggedSystem(path) : assertNetworkFolder('--against', path));
}

function isLog(path: string): boolean {
  return /\.jsonl(\.gz)?$/.test(path);
}

async function evaluatedSystem(
  path: string,
  request: StaticSystemsRequest,
  io: CommandIo,
): Promise<StaticSystem> {
  const { openNetworkData } = await import('@dmnn/runs');
  const model = await openNetworkData(path, {
    which: request.checkpoint,
    onWarning: (message) => {
      io.err(printable(message, Infinity));
    },
  });
  const { architecture } = model;
  const { constantPattern } = await import('@dmnn/weights');
  if (gatedBlocks(architecture).length > 0 && !constantPattern(model))
    throw usageError(
      `--against: expected a network without choice, got ${path}, ${architecture.name}, whose gates decide by image. --control compares it with itself; a run with a fixed pattern (gating.policy.kind=fixed) is taken.`,
    );
  const { test } = await openEvaluatedData(model, request, io);
  const { backend, engine, precision, batchSize, onSkipped, signal } = request;
  const opened = await openEvaluatedNetwork(
    model,
    {
      ...{ backend, engine, precision, defaultPrecision: 'f32', imageSizePx: test.imageSizePx },
      ...{ oneByOne: batchSize === 1, onlyTensors: undefined },
    },
    io,
  );
  return closeAfter(
    async () => {
      const { skipping } = await evaluateExecutions(
        {
          ...{ network: opened.network, test, execution: 'skipping', batchSize, policy: undefined },
          ...{ onSkipped, signal },
        },
        io,
      );
      if (!skipping) throw new TypeError('skipping: expected an evaluation, got none');
      const { indices, wrong } = imageRows(skipping, test);
      return {
        ...{ path, name: architecture.name, data: test.name, indices, wrong },
        meanMacs: skipping.cost.meanMacs,
      };
    },
    () => opened.close(),
  );
}

/** @throws DmnnError `DMNN_USAGE` if bytes are not those of a whole file of gzip */
function unzipped(bytes: Uint8Array, expected: string): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch {
    throw usageError(
      `${expected}, compressed by gzip, got a file that is damaged, cut short or not compressed. Write the log again, or name it .jsonl if it is text.`,
    );
  }
}

/** What a log's first line says. */
interface LogHead {
  readonly format?: unknown;
  readonly kind?: unknown;
  readonly networks?: unknown;
  readonly data?: unknown;
  readonly columns?: unknown;
}

async function loggedSystem(path: string): Promise<StaticSystem> {
  const expected = `--against ${path}: expected a log of dmnn eval --log`;
  const bytes = await readRegularFile(path, '--against');
  const text = Buffer.from(path.endsWith('.gz') ? unzipped(bytes, expected) : bytes).toString('utf8');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line, at): unknown => {
      try {
        return parseJson(line);
      } catch {
        throw usageError(`${expected}, got line ${at + 1}, which is not JSON. Write the log again.`);
      }
    });
  const { format, kind, networks, data, columns } = (lines[0] ?? {}) as LogHead;
  const names = Array.isArray(columns) ? (columns as unknown[]) : [];
  const [index, right, macs] = ['index', 'right', 'macs'].map((name) => names.indexOf(name));
  if (index !== 0 || right === undefined || macs === undefined || right < 0 || macs < 0)
    throw usageError(`${expected}, got a first line without the columns index, right and macs`);
  if (format !== 1)
    throw usageError(
      `${expected} of format 1, got format ${format === undefined ? 'none' : JSON.stringify(format)}`,
    );
  if (kind !== 'network')
    throw usageError(
      `--against ${path}: expected the log of a network without choice, got that of ${kind === 'cascade' ? 'a cascade or of exits, --control compares it with itself' : JSON.stringify(kind)}`,
    );
  const rows = lines.slice(1).map((line, at): readonly number[] => {
    if (Array.isArray(line) && line.length === names.length && line.every(Number.isFinite))
      return line as number[];
    throw usageError(`${expected}, got no list of ${names.length} numbers in line ${at + 2}`);
  });
  if (rows.length === 0) throw usageError(`${expected}, got one without images`);
  const column = (at: number): number[] => rows.map((row) => row[at] as number);
  const costs = column(macs);
  const seen = new Set<number>();
  for (const [at, row] of rows.entries()) {
    const [image, isRight, cost] = [row[0], row[right], row[macs]] as [number, number, number];
    const problem =
      !Number.isInteger(image) || image < 0
        ? `the index ${image}`
        : seen.has(image)
          ? `the index ${image} again`
          : isRight !== 0 && isRight !== 1
            ? `${isRight} for right, which is 0 or 1`
            : !(cost > 0)
              ? `${cost} MACs`
              : undefined;
    if (problem !== undefined) throw usageError(`${expected}, got ${problem} in line ${at + 2}`);
    seen.add(image);
  }
  if (costs.some((cost) => cost !== costs[0]))
    throw usageError(
      `--against ${path}: expected the log of a network without choice, got one whose costs differ by image. --control compares it with itself.`,
    );
  return {
    path,
    name: Array.isArray(networks) ? networks.join(', then ') : path,
    data: String(data),
    meanMacs: costs.reduce((sum, each) => sum + each, 0) / costs.length,
    indices: column(0),
    wrong: Uint8Array.from(column(right), (each) => 1 - each),
  };
}
