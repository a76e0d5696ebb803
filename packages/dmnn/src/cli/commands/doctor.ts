import type { EngineReport } from '@dmnn/engine';
import type { DoctorReport } from '@dmnn/runtime';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { type ExitCode, DONE, FAILED } from '../terminal/exit-code.js';
import { phase } from '../terminal/progress-line.js';
import { tableText } from '../../text/table-text.js';
import { jsonOption } from '../options/common-options.js';

/** Options of `dmnn doctor`. */
interface DoctorOptions {
  readonly json?: boolean | undefined;
}

/** What `dmnn doctor` finds out. */
export interface MachineReport extends DoctorReport {
  /** Whether networks can be compiled for this machine. */
  readonly engine: EngineReport;
}

/** Reports which backends work on this machine and why others do not; fails if none works. */
async function examine(options: DoctorOptions, io: CommandIo): Promise<ExitCode> {
  await import('@tensorflow/tfjs'); // as every command that computes does
  const { cacheSettingRemark, diagnose, nativeCacheDirectory } = await import('@dmnn/runtime');
  const ignored = cacheSettingRemark(io.env);
  if (ignored !== undefined) io.err(ignored);
  const { diagnoseEngine } = await import('@dmnn/engine');
  const cacheDirectory = nativeCacheDirectory(io.env);
  const report: MachineReport = await phase(io, 'trying the backends and the engine', async () => ({
    ...(await diagnose({ cacheDirectory })),
    engine: await diagnoseEngine({ cacheDirectory }),
  }));
  io.out(options.json ? JSON.stringify(report, null, 2) : doctorText(report));
  const works = report.backends.some((backend) => backend.works);
  return works && report.tensorLibrary.gradients && report.tensorLibrary.copies.length <= 1 ? DONE : FAILED;
}

/** The report as text. */
export function doctorText(report: MachineReport): string {
  const { node, platform, processor, cores, memoryBytes, tensorLibrary, backends, builds, tools } = report;
  const chosen = backends.find(({ works }) => works)?.name;
  return [
    `Node ${node}, ${platform}; ${processor}, ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB`,
    `tfjs-core ${tensorLibrary.version}, gradients ${tensorLibrary.gradients ? 'registered' : 'missing'}`,
    ...(tensorLibrary.copies.length > 1
      ? [
          `${tensorLibrary.copies.length} copies of tfjs-core, expected one (npm dedupe):`,
          ...tensorLibrary.copies.map((folder) => `  ${folder}`),
        ]
      : []),
    '',
    tableText(
      [{ head: 'backend' }, { head: 'works' }, { head: 'why not, and what helps' }],
      backends.map(({ name, works, reason, remedy }) => [
        name === chosen ? `${name} (chosen)` : name,
        works ? 'yes' : 'no',
        [reason, remedy].filter((text) => text !== undefined).join(' → '),
      ]),
    ),
    `engine: ${engineText(report.engine)}`,
    '',
    ...builds.map(
      ({ packageName, packageVersion, tensorflowVersion, source }) =>
        `built: ${packageName} ${packageVersion} on TensorFlow ${tensorflowVersion} (${source})`,
    ),
    tableText(
      [{ head: 'to build the native backend' }, { head: 'found' }, { head: 'what helps' }],
      tools.map((tool) => [tool.name, tool.works ? 'yes' : 'no', tool.works ? '' : tool.remedy]),
    ),
    `native builds are kept in ${report.cacheDirectory}`,
  ].join('\n');
}

/** As after `engine: `. */
function engineText(engine: EngineReport): string {
  if (!engine.works) return `no: ${engine.reason} → ${engine.remedy}`;
  const { oneDnn, source } = engine.manifest;
  return `works, on oneDNN ${oneDnn} (${source})`;
}

/** `dmnn doctor` */
export const doctorCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command.addOption(jsonOption());
  },
  request: (options: DoctorOptions) => options,
  run: examine,
});
