import type { DemoResult } from '@dmnn/trainer/paper';
import { countText, durationText, millisecondsText, percentText } from '../../../text/count-text.js';
import { tableText } from '../../../text/table-text.js';

/** What was done, in sentences. */
export function demoSetting({ data, trainingImages, heldOutImages, test, networks }: DemoResult): string {
  const { static: full, narrowed, small } = networks;
  const [ofFull, ofNarrowed, ofSmall] = [full, narrowed, small].map(({ epochs }) => countOf(epochs));
  return (
    `Networks were trained on ${countOf(trainingImages)} images of ${data} and measured on ${countOf(test.size)} others. All were trained as long, by what an image costs: the full one saw each image ${ofFull} times, the narrowed one ${ofNarrowed} times, the small one ${ofSmall} times. ` +
    `The dynamic system runs ${small.name} on every image, and the full network only on those of which that one is not sure. How sure it must be was chosen on ${countOf(heldOutImages)} training images that no network has seen.`
  );
}

/** The systems that are compared, with names that say what they are. */
export function demoSystems({ systems, networks, cascade }: DemoResult): {
  readonly name: string;
  readonly what: string;
  readonly top1ErrorPercent: number;
  readonly meanMacs: number;
  readonly msPerImage: number | null;
}[] {
  const { static: full, narrowed, dynamic } = systems;
  const { control } = cascade;
  return [
    { name: 'static', what: `${networks.static.name}, the full network`, ...full },
    { name: 'narrowed', what: `${networks.narrowed.name}, at the dynamic one’s cost`, ...narrowed },
    { name: 'dynamic', what: `${networks.small.name}, then ${networks.static.name}`, ...dynamic },
    {
      ...{ name: 'at random', what: 'the same two, images that go on chosen at random' },
      ...{ top1ErrorPercent: control.errorPercent, meanMacs: control.meanCost, msPerImage: null },
    },
  ];
}

/** What the figures say, whichever way they turned out. */
export function demoVerdict(result: DemoResult): string[] {
  const { static: full, narrowed, dynamic } = result.systems;
  const { control, shares } = result.cascade;
  const more = (than: number): string => {
    const points = dynamic.top1ErrorPercent - than;
    if (points === 0) return 'as many errors as';
    return `${Math.abs(points).toFixed(2)} points ${points < 0 ? 'fewer' : 'more'} errors than`;
  };
  return [
    `The dynamic system makes ${more(full.top1ErrorPercent)} the full network at ${percentText(dynamic.meanMacs / full.meanMacs)} of its multiply-accumulates and ${percentText(dynamic.msPerImage / full.msPerImage)} of its time, ` +
      `${more(narrowed.top1ErrorPercent)} the narrowed network, and ${more(control.errorPercent)} a random choice of images.`,
    `${percentText(shares[0] ?? 1)} of the images stop at the small network.`,
  ];
}

/** The result as text. */
export function demoText(result: DemoResult, { report, again }: { report: string; again: string }): string {
  const { engine, images } = result.times;
  const right = { align: 'right' as const };
  const full = result.systems.static.meanMacs;
  return [
    `${demoSetting(result)}\n`,
    tableText(
      [
        { head: '' },
        { head: 'what runs' },
        { head: 'top-1 error', ...right },
        { head: 'mean MACs', ...right },
        { head: 'of the full', ...right },
        { head: 'time per image', ...right },
      ],
      demoSystems(result).map(({ name, what, top1ErrorPercent, meanMacs, msPerImage }) => [
        name,
        what,
        `${top1ErrorPercent.toFixed(2)} %`,
        countText(meanMacs),
        percentText(meanMacs / full),
        msPerImage === null ? '–' : millisecondsText(msPerImage),
      ]),
    ),
    '',
    ...demoVerdict(result),
    `Times are of ${countOf(images)} images, one at a time, ${engine ? `in the engine ${engine.name}, ${engine.precision}` : 'on TensorFlow.js'}, the systems in turns, the fastest of three turns.`,
    `${durationText(1000 * result.seconds)} in all. MACs are multiply-accumulates of convolutions and linear layers.\n`,
    `Where images stop, as pictures: ${report}`,
    `Ask the cascade about a picture of yours: npx dmnn predict photo.png --model ${result.folder}`,
    `The native backend, for full-size networks: npx dmnn backend install, then ${again} --backend native`,
    `The same on the real CIFAR-100 (its binary version): ${again} --data cifar100=PATH`,
  ].join('\n');
}

function countOf(count: number): string {
  return count.toLocaleString('en-US');
}
