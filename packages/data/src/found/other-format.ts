import { dirname } from 'node:path';
import { shellWord } from '@dmnn/foundation/node';

interface Format {
  /** In words: `a gzip-compressed archive`. */
  readonly name: string;
  readonly start: readonly number[];
  /** Endings of names that the tool takes off. */
  readonly endings: RegExp;
  /** Replaces a file with its content, and writes the content to standard output. */
  readonly commands?: readonly [replace: string, print: string];
  /** Unpacks an archive that is not of tar, and the option before the folder. */
  readonly unpack?: readonly [command: string, into: string];
}

const formats: readonly Format[] = [
  {
    name: 'a gzip-compressed file',
    start: [0x1f, 0x8b],
    endings: /\.(gz|tgz)$/i,
    commands: ['gzip -d', 'gzip -dc'],
  },
  {
    name: 'a zstd-compressed file',
    start: [0x28, 0xb5, 0x2f, 0xfd],
    endings: /\.(zst|tzst)$/i,
    commands: ['zstd -d --rm', 'zstd -dc'],
  },
  {
    name: 'a bzip2-compressed file',
    start: [0x42, 0x5a, 0x68],
    endings: /\.(bz2|tbz2?)$/i,
    commands: ['bzip2 -d', 'bzip2 -dc'],
  },
  {
    name: 'a xz-compressed file',
    start: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0],
    endings: /\.(xz|txz)$/i,
    commands: ['xz -d', 'xz -dc'],
  },
  {
    name: 'a lz4-compressed file',
    start: [0x04, 0x22, 0x4d, 0x18],
    endings: /\.lz4$/i,
    commands: ['lz4 -d --rm', 'lz4 -dc'],
  },
  {
    name: 'a lzip-compressed file',
    start: [0x4c, 0x5a, 0x49, 0x50],
    endings: /\.lz$/i,
    commands: ['lzip -d', 'lzip -dc'],
  },
  {
    name: 'a compress-compressed file',
    start: [0x1f, 0x9d],
    endings: /\.(Z|taz)$/,
    commands: ['gzip -d', 'gzip -dc'],
  },
  { name: 'a ZIP archive', start: [0x50, 0x4b, 3, 4], endings: /\.zip$/i, unpack: ['unzip -q', '-d '] },
  { name: 'a 7z archive', start: [0x37, 0x7a, 0xbc, 0xaf], endings: /\.7z$/i, unpack: ['7z x', '-o'] },
  { name: 'a Git LFS pointer', start: [...Buffer.from('version https://git-lfs')], endings: /$^/ },
  { name: 'a web page', start: [...Buffer.from('<!')], endings: /$^/ },
  { name: 'a web page', start: [...Buffer.from('<html')], endings: /$^/ },
];

/** What a file that is no tar archive is, and what to do. */
export interface OtherFormat {
  readonly name: string;
  readonly remedy: string;
}

/** What a file is by its first bytes; undefined if it may be a tar archive. */
export function otherFormat(start: Uint8Array, path: string): OtherFormat | undefined {
  const found = formats.find((each) => each.start.every((byte, at) => start[at] === byte));
  return found && { name: found.name, remedy: remedyFor(found, path) };
}

/** What a file is by its name alone; undefined if the name is not one of a compressed archive. */
export function otherFormatByName(path: string): OtherFormat | undefined {
  const found = formats.find(({ endings }) => endings.test(path));
  return found && { name: found.name, remedy: remedyFor(found, path) };
}

function remedyFor({ endings, commands, unpack }: Format, path: string): string {
  if (unpack) {
    const [command, into] = unpack;
    return `Unpack it, and remove it then: ${command} ${shellWord(path)} ${into}${shellWord(dirname(path))}`;
  }
  if (!commands) return 'Put the tar archive in its place, or remove it.';
  const [replace, print] = commands;
  const file = shellWord(path);
  const command = endings.test(path)
    ? `${replace} ${file}`
    : `${print} ${file} > ${shellWord(`${path}.new`)} && mv ${shellWord(`${path}.new`)} ${file}`;
  return `Images are read in place, so decompress it: ${command}`;
}
