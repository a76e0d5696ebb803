import { dirname } from 'node:path';
import { type FileKind, fileFormatOf, formatName } from '@dmnn/foundation';
import { shellWord } from '@dmnn/foundation/node';

interface Compression {
  /** Endings of names that the tool takes off. */
  readonly endings: RegExp;
  /** Replaces a file with its content, and writes the content to standard output. */
  readonly commands?: readonly [replace: string, print: string];
  /** Unpacks an archive that is not of tar, and the option before the folder. */
  readonly unpack?: readonly [command: string, into: string];
}

/** What is decompressed by a command; the kinds are those of `fileFormatOf`. */
const compressions: { readonly [kind in FileKind]?: Compression } = {
  gzip: { endings: /\.(gz|tgz)$/i, commands: ['gzip -d', 'gzip -dc'] },
  zstd: { endings: /\.(zst|tzst)$/i, commands: ['zstd -d --rm', 'zstd -dc'] },
  bzip2: { endings: /\.(bz2|tbz2?)$/i, commands: ['bzip2 -d', 'bzip2 -dc'] },
  xz: { endings: /\.(xz|txz)$/i, commands: ['xz -d', 'xz -dc'] },
  lz4: { endings: /\.lz4$/i, commands: ['lz4 -d --rm', 'lz4 -dc'] },
  lzip: { endings: /\.lz$/i, commands: ['lzip -d', 'lzip -dc'] },
  compress: { endings: /\.(Z|taz)$/, commands: ['gzip -d', 'gzip -dc'] },
  zip: { endings: /\.zip$/i, unpack: ['unzip -q', '-d '] },
  '7z': { endings: /\.7z$/i, unpack: ['7z x', '-o'] },
  rar: { endings: /\.rar$/i },
};

/** What a file is that was taken for an archive or a table, and what to do. */
export interface OtherFormat {
  readonly name: string;
  readonly remedy: string;
}

/** What a file is by its first bytes; undefined if it may be what was `expected`, or nothing that is known. */
export function otherFormat(
  start: Uint8Array,
  expected: 'tar' | 'parquet',
  path: string,
): OtherFormat | undefined {
  const found = fileFormatOf(start);
  if (!found || found.kind === expected) return undefined;
  // up to 100 characters may be the name of a member in a header that is cut
  if (expected === 'tar' && found.kind === 'text' && start.length <= 100) return undefined;
  return { name: found.name, remedy: remedyFor(found.kind, expected, path) };
}

/** What a file is by its name alone; undefined if the name is not one of a compressed archive. */
export function otherFormatByName(path: string): OtherFormat | undefined {
  for (const [key, { endings }] of Object.entries(compressions)) {
    const kind = key as FileKind;
    if (endings.test(path)) return { name: formatName(kind), remedy: remedyFor(kind, 'tar', path) };
  }
  return undefined;
}

function remedyFor(kind: FileKind, expected: 'tar' | 'parquet', path: string): string {
  if (kind === 'git-lfs') return 'Fetch the file itself: git lfs pull.';
  const { endings, commands, unpack } = compressions[kind] ?? {};
  if (unpack) {
    const [command, into] = unpack;
    return `Unpack it, and remove it then: ${command} ${shellWord(path)} ${into}${shellWord(dirname(path))}`;
  }
  if (!endings || !commands) return `Put the ${formatName(expected).slice(2)} in its place, or remove it.`;
  const [replace, print] = commands;
  const file = shellWord(path);
  const command = endings.test(path)
    ? `${replace} ${file}`
    : `${print} ${file} > ${shellWord(`${path}.new`)} && mv ${shellWord(`${path}.new`)} ${file}`;
  return `Images are read in place, so decompress it: ${command}`;
}
