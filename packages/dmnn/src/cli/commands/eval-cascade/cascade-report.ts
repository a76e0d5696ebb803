import { countText, millisecondsText, percentText } from '../../../text/count-text.js';
import { stageName } from '../../../text/stage-name.js';
import { tableText } from '../../../text/table-text.js';
import { type AgainstFinding, againstJson, againstText } from '../eval-parts/against.js';
import { comparisonJson, differenceText, errorText, isBetter } from '../../../control/control-finding.js';
import type { NetworkSetting } from '@dmnn/runs';
import type { CascadeFinding } from './cascade-findings.js';

/** A network of a cascade, or an exit of one, alone on the test images. */
export interface PartFinding {
  readonly name: string;
  readonly folder: string;
  /** Absent if it is as it was trained. */
  readonly setting?: NetworkSetting | undefined;
  /** Index of the exit; absent at the head. */
  readonly exit?: number;
  readonly top1ErrorPercent: number;
  readonly meanMacs: number;
  /** Null at an exit. */
  readonly msPerImage: number | null;
  /** Of all images chosen on; with halves of the test images, of all of these. */
  readonly temperature: number;
  /** Expected calibration error on the test images, from 0 to 1, without the temperature and with it. */
  readonly calibrationError: { readonly before: number; readonly after: number };
}

/** The cascade as it would be used, against the same from logits of all networks on all images. */
export interface LeavingFinding {
  /** Images that stop elsewhere or are answered otherwise. */
  readonly differences: number;
  readonly msPerImage: number;
}

/** Everything that `dmnn eval` says of a cascade. */
export interface CascadeReport {
  readonly data: string;
  readonly images: number;
  readonly chosenOn: 'training' | 'held-out' | 'test-halves' | null;
  readonly choosingImages: number | null;
  readonly unit: 'share' | 'ms';
  /** Whether thresholds were chosen by a loss of accuracy. */
  readonly drop: boolean;
  /** MACs of the last network, undivided: shares are of these. */
  readonly lastMacs: number;
  readonly parts: readonly PartFinding[];
  readonly findings: readonly CascadeFinding[];
  /** `[finding]`: static networks at equal cost. */
  readonly against?: readonly AgainstFinding[] | undefined;
  /** Budgets below the cost of the first network. */
  readonly unreached: readonly number[];
  readonly leaving?: readonly LeavingFinding[] | undefined;
}

/** The report as `--json` prints it. */
export function cascadeJson(report: CascadeReport): object {
  const { findings, against, leaving, lastMacs, unit, drop, ...facts } = report;
  return {
    ...facts,
    cascades: findings.map((finding, at) => {
      const { asked, settings, errorPercent, meanMacs, msPerImage, shares, control } = finding;
      const asks = drop ? 'accuracyDrop' : 'budget';
      return {
        ...(asked !== undefined && {
          [asks]: asked,
          ...(!drop && { unit: unit === 'ms' ? 'msPerImage' : 'macsRatio' }),
        }),
        settings,
        top1ErrorPercent: errorPercent,
        meanMacs,
        macsRatio: meanMacs / lastMacs,
        msPerImage,
        shares,
        ...(control && {
          top1ErrorHalfWidth: 100 * control.error.halfWidth,
          control: comparisonJson(control),
        }),
        ...(against?.[at] && { against: againstJson(against[at]) }),
        ...(leaving?.[at] && { leaving: leaving[at] }),
      };
    }),
  };
}

/** The report as text. */
export function cascadeText(report: CascadeReport): string {
  const { parts, findings, data, images, lastMacs } = report;
  const right = { align: 'right' as const };
  const hasControl = findings.some(({ control }) => control);
  return [
    `${systemName(parts)}: ${images} test images of ${data}\n`,
    tableText(
      [
        { head: 'alone' },
        { head: 'top-1 error', ...right },
        { head: 'mean MACs', ...right },
        { head: 'time per image', ...right },
        { head: 'temperature', ...right },
        { head: 'calibration error', ...right },
      ],
      parts.map(({ name, exit, top1ErrorPercent, meanMacs, msPerImage, temperature, calibrationError }) => [
        stageName(name, exit),
        `${top1ErrorPercent.toFixed(2)} %`,
        countText(meanMacs),
        timeText(msPerImage),
        temperature.toFixed(2),
        `${percentText(calibrationError.before)} → ${percentText(calibrationError.after)}`,
      ]),
    ),
    '',
    tableText(
      [
        { head: report.drop ? 'points to lose' : 'budget', ...right },
        { head: 'thresholds', ...right },
        { head: 'answer', ...right },
        { head: 'images that go on', ...right },
        { head: 'mean MACs', ...right },
        { head: 'share', ...right },
        { head: 'time per image', ...right },
        { head: 'top-1 error', ...right },
        ...(hasControl
          ? [
              { head: 'at random', ...right },
              { head: 'difference', ...right },
            ]
          : []),
      ],
      findings.map((finding) => findingRow(finding, report)),
    ),
    '',
    ...unreachedText(report),
    ...remarks(report, lastMacs),
    ...(report.against
      ? [
          '',
          againstText(
            report.against,
            findings.map((finding) => askedText(finding, report)),
          ),
        ]
      : []),
  ].join('\n');
}

/** Names of the networks, in their order. */
function systemName(parts: readonly PartFinding[]): string {
  const names = parts.filter(({ exit }) => exit === undefined).map(({ name }) => name);
  const exits = parts.length - names.length;
  return `${names.join(', then ')}${exits > 0 ? `, with ${exits === 1 ? 'an exit' : `${exits} exits`}` : ''}`;
}

function timeText(milliseconds: number | null): string {
  return milliseconds === null ? '–' : millisecondsText(milliseconds);
}

function askedText({ asked }: Pick<CascadeFinding, 'asked'>, { unit, drop }: CascadeReport): string {
  if (asked === undefined) return 'as saved';
  if (drop) return String(asked);
  return unit === 'ms' ? millisecondsText(asked) : percentText(asked);
}

function findingRow(
  { asked, settings, shares, meanMacs, msPerImage, errorPercent, control }: CascadeFinding,
  report: CascadeReport,
): string[] {
  const { lastMacs } = report;
  const going = shares
    .slice(0, -1)
    .map((_, at) => percentText(shares.slice(at + 1).reduce((sum, each) => sum + each, 0)));
  return [
    askedText({ asked }, report),
    settings.map(({ thresholds }) => thresholds.map((each) => each.toFixed(4)).join(', ')).join(' | '),
    [...new Set(settings.map(({ combine }) => combine))].join(' | '),
    going.join(', '),
    countText(meanMacs),
    percentText(meanMacs / lastMacs),
    timeText(msPerImage),
    control ? errorText(errorPercent, control) : `${errorPercent.toFixed(2)} %`,
    ...(control ? [`${control.errorPercent.toFixed(2)} %`, differenceText(control)] : []),
  ];
}

function unreachedText({ unit, unreached }: CascadeReport): string[] {
  if (unreached.length === 0) return [];
  const budgets = unreached.map((each) => (unit === 'ms' ? millisecondsText(each) : percentText(each)));
  return [`no threshold reaches ${budgets.join(', ')}: the first stage alone costs more`];
}

function goesThroughAll({ thresholds }: CascadeFinding['settings'][number]): boolean {
  return thresholds.every((threshold) => threshold === 1);
}

function remarks(
  { chosenOn, choosingImages, drop, findings, leaving, images, parts }: CascadeReport,
  lastMacs: number,
): string[] {
  const where = {
    training: `on ${choosingImages ?? 0} training images, of which networks that were trained on them are too sure`,
    'held-out': `on ${choosingImages ?? 0} images that the runs held out`,
    'test-halves':
      'on one half of the test images and measured on the other, both ways round; error and cost are the means',
  };
  const control = findings.map((finding) => finding.control).filter((each) => each !== undefined);
  const better = control.filter(isBetter).length;
  const hasExits = parts.some(({ exit }) => exit !== undefined);
  const isOne = parts.filter(({ exit }) => exit === undefined).length === 1;
  return [
    ...(drop && findings.every(({ settings }) => settings.every(goesThroughAll))
      ? [
          `the images chosen on show of no threshold that it loses at most ${findings[0]?.asked ?? 0} points: all images go through all stages`,
        ]
      : []),
    ...(chosenOn ? [`thresholds and temperatures were chosen ${where[chosenOn]}`] : []),
    `shares are of the ${isOne ? '' : 'last '}network's ${countText(lastMacs)} MACs${hasExits ? '' : '; times are from those of the networks and the images that reach them'}`,
    ...(control.length > 0
      ? [
          better === control.length
            ? 'better than as many images chosen at random, beyond the 95 % interval over images'
            : `no better than static networks: ${control.length - better} of ${control.length} do not differ from a random choice beyond the 95 % interval over images`,
        ]
      : []),
    ...(leaving ?? []).map(
      ({ differences, msPerImage }) =>
        `with later stages run only for the images that go on: ${differences} of ${images} answers differ, ${millisecondsText(msPerImage)} per image`,
    ),
  ];
}
