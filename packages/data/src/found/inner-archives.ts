import { shellWord } from '@dmnn/foundation/node';
import type { PassedOver } from '../found-images.js';

interface Kind {
  readonly endings: RegExp;
  /** In words, before "archive". */
  readonly name: string;
  /** What a shell does to `$1`, one of them, after the outer archive is unpacked; undefined if it is read as it is. */
  readonly command?: string;
}

const kinds: readonly Kind[] = [
  { endings: /\.tar$/, name: 'tar' },
  { endings: /\.(tar\.gz|tgz|tar\.z|taz)$/, name: 'compressed tar', command: 'gzip -d "$1"' },
  { endings: /\.(tar\.bz2|tbz2?)$/, name: 'compressed tar', command: 'bzip2 -d "$1"' },
  { endings: /\.(tar\.xz|txz)$/, name: 'compressed tar', command: 'xz -d "$1"' },
  { endings: /\.(tar\.zst|tzst)$/, name: 'compressed tar', command: 'zstd -q -d --rm "$1"' },
  { endings: /\.tar\.lz4$/, name: 'compressed tar', command: 'lz4 -q -d --rm "$1"' },
  { endings: /\.tar\.lz$/, name: 'compressed tar', command: 'lzip -d "$1"' },
  { endings: /\.zip$/, name: 'ZIP', command: 'unzip -q "$1" -d "${1%.*}" && rm "$1"' },
  { endings: /\.7z$/, name: '7z', command: '7z x -bd "$1" -o"${1%.*}" && rm "$1"' },
];

/** Archives that an archive holds, and how they are unpacked. */
export interface InnerArchives {
  /** `1000 tar archives in it (n01440764.tar, …)` */
  readonly got: string;
  /** What to do, with the command. */
  readonly remedy: string;
}

/**
 * Finds archives among the members of an archive without images.
 *
 * @param passedOver - what it holds
 * @param archive - its path
 * @param target - the folder to unpack into
 * @returns undefined if there are none
 */
export function innerArchives(
  passedOver: readonly PassedOver[],
  archive: string,
  target: string,
): InnerArchives | undefined {
  const found = passedOver.flatMap(({ extension = '', count, example }) => {
    const kind = kinds.find(({ endings }) => endings.test(extension));
    return kind ? [{ ...kind, extension, count, example }] : [];
  });
  const [first] = found;
  if (!first) return undefined;
  // archives in folders of the archive would not be found there
  const depth = first.example.split('/').length - 1;
  const strip = depth > 0 ? ` --strip-components=${depth}` : '';
  const folder = shellWord(target);
  const outer = `mkdir -p ${folder} && tar -xf ${shellWord(archive)} -C ${folder}${strip}`;
  const inner = found.flatMap(({ command, extension }) =>
    command ? [`find ${folder} -iname '*${extension}' -exec sh -c '${command}' _ {} \\;`] : [],
  );
  const then =
    inner.length === 0
      ? 'Unpack the outer archive, but not the inner ones, which are read as they are'
      : 'Unpack the outer archive, and then the inner ones';
  const got = found.map(({ name, count, example }) => {
    const what = `${count} ${name} ${count === 1 ? 'archive' : 'archives'} in it`;
    return `${what} (${example}${count > 1 ? ', …' : ''})`;
  });
  return { got: got.join(', '), remedy: `${then}: ${[outer, ...inner].join(' && ')}` };
}
