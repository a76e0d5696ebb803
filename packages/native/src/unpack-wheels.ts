import { BuildError } from './build-error.js';
import { errorLines, runProgram } from './run-program.js';

/**
 * Python's zipfile checks the CRC of every member that is read to its end. Only regular files below the wanted folders
 * are written, and none outside the target.
 */
const script = `import json, os, re, shutil, sys, zipfile
target, wheels = sys.argv[1], sys.argv[3:]
wanted = [(re.compile(one['pattern']), one['folder']) for one in json.loads(sys.argv[2])]
count = 0
for name in wheels:
    with zipfile.ZipFile(name) as wheel:
        for member in wheel.infolist():
            for pattern, folder in wanted:
                match = pattern.match(member.filename)
                if not match or '..' in member.filename:
                    continue
                path = os.path.join(target, folder + match.group(1))
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with wheel.open(member) as source, open(path, 'wb') as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
                count += 1
print(count)
`;

/** Members of wheels that {@link unpackWheels} extracts. */
export interface WantedMembers {
  /** A regular expression of Python for the whole path in the wheel; its first group is the path in `folder`. */
  readonly pattern: string;
  /** Relative to the target, with a slash at its end, or empty. */
  readonly folder: string;
}

/**
 * Extracts what is wanted from wheels.
 *
 * @throws BuildError, step `unpack`, if a wheel is damaged or the disk is full.
 */
export async function unpackWheels(
  wheels: readonly string[],
  folder: string,
  wanted: readonly WantedMembers[],
  python: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const [program, ...args] = python as [string, ...string[]];
  const result = await runProgram(
    program,
    [...args, '-c', script, folder, JSON.stringify(wanted), ...wheels],
    {
      signal,
    },
  );
  if (result?.status === 0) return;
  throw new BuildError(
    'unpack',
    `${wheels.join(', ')}: ${errorLines(result?.output ?? 'Python is gone', 2)}`,
    'Make room on the disk; if the file is damaged, run dmnn backend remove and install again.',
    { tool: 'python' },
  );
}
