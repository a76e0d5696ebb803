import { closeAfter } from '@dmnn/foundation';
import type { PrecisionChoice } from '@dmnn/engine';
import type { Cascade, OpenedNetworkData } from '@dmnn/runs';
import {
  compiledCascadeEngine,
  onnxCascadeEngine,
  tensorCascadeEngine,
} from '../../../bench/cascade-engines.js';
import { type CascadeEngine, type CascadeTimes, measureCascade } from '../../../bench/cascade-times.js';
import { countText, millisecondsText, percentText } from '../../../text/count-text.js';
import { tableText } from '../../../text/table-text.js';
import { quantisationsOf } from '../../options/open-cascade.js';
import { openCompiled } from '../../terminal/compiled-engine.js';
import type { CommandIo } from '../../terminal/command-io.js';
import { type ExitCode, DONE, INTERRUPTED } from '../../terminal/exit-code.js';
import { interruptSignal } from '../../terminal/interrupts.js';
import { loadOnnxRuntime } from '../../terminal/onnx-runtime.js';
import { ProgressLine, phase } from '../../terminal/progress-line.js';
import { type BackendChoice, startBackend } from '../../terminal/start-backend.js';
import { openPartData } from '../eval-cascade/open-parts.js';

/** What `dmnn bench` passes on. */
export interface BenchCascadeRequest {
  readonly folder: string;
  /** In their order. */
  readonly engines: readonly string[];
  readonly backend?: BackendChoice | undefined;
  readonly precision?: PrecisionChoice | undefined;
  readonly threads: number;
  readonly seconds: number;
  readonly data?: string | undefined;
  readonly images: number;
  readonly json?: boolean | undefined;
}

/** Times a saved cascade: an image that stops at each stage, and each network alone; with data, the cascade as it is. */
export async function benchCascade(request: BenchCascadeRequest, io: CommandIo): Promise<ExitCode> {
  const { openCascade, partNames } = await import('@dmnn/runs');
  const cascade = await openCascade(request.folder);
  const images = request.data === undefined ? undefined : await readImages(cascade, request, io);
  const { signal, stop } = interruptSignal(io, () => {
    io.redraw('');
    io.err('Finishing the run that is timed; interrupt again to stop at once.');
  });
  const all: CascadeTimes[] = [];
  await closeAfter(
    async () => {
      try {
        for (const name of request.engines) {
          const engine = await orLeftOut(request, io, () => openers[name]?.(cascade, request, io));
          if (!engine) continue;
          new ProgressLine(io).show(engine.name, ': timing');
          const { seconds } = request;
          const now = (): number => io.now();
          const found = await closeAfter(
            () => measureCascade(cascade, { engine, images, seconds, now, signal }),
            () => engine.close?.(),
          );
          all.push(found);
        }
      } catch (error) {
        if (!signal.aborted) throw error; // what was measured until then is printed
      }
    },
    () => {
      io.redraw('');
    },
    stop,
  );
  const name = partNames(cascade.parts).join(', then ');
  if (request.json)
    io.out(
      JSON.stringify(
        all.map((each) => ({ model: name, ...each })),
        null,
        2,
      ),
    );
  else if (all.length > 0) io.out(timesText(name, all));
  return signal.aborted ? INTERRUPTED : DONE;
}

/** An engine that may have to be closed. */
type OpenEngine = CascadeEngine & { close?(): Promise<void> };

const openers: {
  readonly [engine: string]: (
    cascade: Cascade<OpenedNetworkData>,
    request: BenchCascadeRequest,
    io: CommandIo,
  ) => Promise<OpenEngine>;
} = {
  compiled: async (cascade, { precision = 'auto', threads }, io) => {
    const { openEngineCascade } = await import('@dmnn/engine');
    const { nativeCacheDirectory } = await import('@dmnn/runtime');
    const { partNames } = await import('@dmnn/runs');
    const quantisations =
      precision === 'int8' || precision === 'auto'
        ? await quantisationsOf(cascade, precision, io)
        : undefined;
    const options = { threads, quantisations, cacheDirectory: nativeCacheDirectory(io.env) };
    const first = await openEngineCascade(cascade, { ...options, precision });
    const { precisions, precisionReasons } = first;
    await first.close();
    for (const [at, name] of partNames(cascade.parts).entries())
      io.err(`compiled: ${name} ${precisions[at] ?? ''} (${precisionReasons[at] ?? ''})`);
    return compiledCascadeEngine(cascade, precisions, {
      cascade: (other) => openEngineCascade(other, { ...options, precision }),
      alone: (network, own) => {
        const quantisation = quantisations?.[cascade.parts.findIndex((part) => part === network)];
        return openCompiled(network, io, { precision: own, threads, quantisation });
      },
    });
  },
  onnx: async (cascade, { threads }, io) => {
    const { DynamicSession } = await import('@dmnn/onnx');
    const runtime = await loadOnnxRuntime();
    io.err(`onnx: ${runtime.version}`);
    return onnxCascadeEngine(cascade, (file) => DynamicSession.create(file, { runtime, threads }));
  },
  tfjs: async (cascade, { backend }, io) => {
    const { chosen } = await startBackend(backend, io);
    return tensorCascadeEngine(cascade, chosen);
  },
};

/** An engine; undefined, with a remark, if it is not there and others were requested too. */
async function orLeftOut(
  { engines }: BenchCascadeRequest,
  io: CommandIo,
  open: () => Promise<OpenEngine> | undefined,
): Promise<OpenEngine | undefined> {
  try {
    return await open();
  } catch (error) {
    if (engines.length === 1) throw error;
    io.err(`Left out: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** `[image][part]`: the first test images as each network takes them. */
async function readImages(
  { parts }: Cascade<OpenedNetworkData>,
  { data, images: count }: BenchCascadeRequest,
  io: CommandIo,
): Promise<Float32Array[][]> {
  const { evaluationBatches, subset } = await import('@dmnn/data');
  const opened = await phase(io, 'opening the data', () => openPartData(parts, undefined, { data }, io));
  const all: Float32Array[][] = [];
  for (const { test } of opened) {
    const first = subset(
      test,
      Array.from({ length: Math.min(count, test.size) }, (_, index) => index),
    );
    let at = 0;
    for await (const { images } of evaluationBatches(first, { batchSize: 1 }))
      (all[at++] ??= []).push(images);
  }
  return all;
}

function timesText(model: string, all: readonly CascadeTimes[]): string {
  const right = (head: string) => ({ head, align: 'right' as const });
  const lastOf = ({ parts }: CascadeTimes) => parts.at(-1) as CascadeTimes['parts'][number];
  return [
    `${model}: one image at a time, each engine against the last network alone in it
`,
    tableText(
      [
        { head: 'engine' },
        { head: 'an image' },
        right('MACs'),
        right('theory (MACs)'),
        right('measured (time)'),
        right('time'),
      ],
      all.flatMap((times) => {
        const last = lastOf(times);
        const row = (
          what: string,
          macs: number,
          milliseconds: number,
          lastMilliseconds: number,
        ): string[] => [
          times.engine,
          what,
          countText(macs),
          percentText(macs / last.macs),
          percentText(milliseconds / lastMilliseconds),
          millisecondsText(milliseconds),
        ];
        const { stages, parts, images } = times;
        return [
          ...stages.map(({ name, macs, milliseconds }, at) =>
            row(`stops at stage ${at + 1}, ${name}`, macs, milliseconds, last.milliseconds),
          ),
          ...parts.map(({ name, macs, milliseconds }) =>
            row(`${name} alone`, macs, milliseconds, last.milliseconds),
          ),
          ...(images
            ? [
                row(
                  `mean of ${images.count} test images (${images.shares.map(percentText).join(', ')} stop at the stages)`,
                  images.meanMacs,
                  images.milliseconds,
                  images.lastMilliseconds,
                ),
              ]
            : []),
        ];
      }),
    ),
    '\nTimes are the minimum over runs that alternate; of test images the mean of the minima of each image.',
    ...(all.some(({ images }) => images)
      ? []
      : ['Which share of the images stops at each stage depends on them: --data measures it.']),
  ].join('\n');
}
