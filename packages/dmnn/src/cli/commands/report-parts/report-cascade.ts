import { countUndivided } from '@dmnn/flops';
import { printable } from '@dmnn/foundation';
import type { OpenedNetworkData } from '@dmnn/runs';
import type { CommandIo } from '../../terminal/command-io.js';
import { type ExitCode, DONE } from '../../terminal/exit-code.js';
import { interruptible } from '../../terminal/interrupts.js';
import { phase } from '../../terminal/progress-line.js';
import type { BackendChoice } from '../../terminal/start-backend.js';
import { assertFeasible } from '../eval-cascade/assert-feasible.js';
import { openPartData } from '../eval-cascade/open-parts.js';
import { runParts, withOpenParts } from '../eval-cascade/run-parts.js';
import { cascadeReport } from './cascade-report.js';

/** What `dmnn report` passes on. */
export interface ReportCascadeRequest {
  readonly folder: string;
  readonly out: string;
  readonly backend?: BackendChoice | undefined;
  readonly batchSize?: number | undefined;
  readonly data?: string | undefined;
  readonly badImages: number;
  readonly json?: boolean | undefined;
  readonly title?: string | undefined;
  readonly workers?: number | undefined;
}

/** Measures a saved cascade on test images, and writes a page about it. */
export async function reportCascade(request: ReportCascadeRequest, io: CommandIo): Promise<ExitCode> {
  const { openCascade, partNames } = await import('@dmnn/runs');
  const { writeReport } = await import('../../../report/write-report.js');
  const { folder, out, title } = request;
  const cascade = await openCascade(folder);
  const { parts } = cascade;
  const data = await phase(io, 'opening the data', () => openPartData(parts, undefined, request, io));
  const last = parts.at(-1) as OpenedNetworkData;
  const lastMacs = countUndivided(last.architecture, { imageSizePx: data.at(-1)?.test.imageSizePx }).macs;
  assertFeasible(parts, data, { choice: undefined, budgets: undefined, lastMacs });
  const toRun = { parts, data, saved: folder };
  const running = { ...request, execution: 'skipping' } as const;
  return withOpenParts(toRun, running, io, (open) =>
    interruptible(io, async (signal) => {
      const outputs = await runParts(open, running, io, toRun, signal);
      const report = cascadeReport(cascade, outputs, {
        title: title ?? partNames(parts).join(', then '),
        data: data[0]?.test.name ?? '',
        lastMacs,
      });
      const written = await writeReport(report, out);
      io.out(request.json ? JSON.stringify(written, null, 2) : printable(written.report, Infinity));
      return DONE;
    }),
  );
}
