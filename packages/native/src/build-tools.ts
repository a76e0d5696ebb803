import { runProgram } from './run-program.js';

/** A program that native builds need. */
export interface BuildTool {
  /** Its role in the build. */
  readonly name: 'python' | 'pip' | 'npm' | 'compiler' | 'make';
  /** Whether it is installed and runs. */
  readonly works: boolean;
  /** Its command line. */
  readonly command?: readonly string[];
  /** The first line of its version output. */
  readonly version?: string;
  /** How to install it. */
  readonly remedy: string;
}

const candidates: readonly {
  readonly name: BuildTool['name'];
  readonly commands: readonly (readonly string[])[];
  readonly remedy: string;
}[] = [
  {
    name: 'python',
    commands: [['python3'], ['python']],
    remedy: 'Install Python 3.8 or later (Debian: apt-get install python3).',
  },
  {
    name: 'pip',
    commands: [
      ['python3', '-m', 'pip'],
      ['python', '-m', 'pip'],
    ],
    remedy: 'Install pip (Debian: apt-get install python3-pip; elsewhere: python3 -m ensurepip).',
  },
  { name: 'npm', commands: [['npm']], remedy: 'Install npm; it comes with Node.' },
  {
    name: 'compiler',
    commands: [['c++'], ['g++'], ['clang++']],
    remedy:
      'Install a C++17 compiler (Debian: apt-get install build-essential; macOS: xcode-select --install).',
  },
  {
    name: 'make',
    commands: [['make']],
    remedy: 'Install make (Debian: apt-get install build-essential; macOS: xcode-select --install).',
  },
];

/** Looks for every program that native builds need, by running it for its version. */
export function findBuildTools(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<BuildTool[]> {
  return Promise.all(
    candidates.map(async ({ name, commands, remedy }) => {
      const chosen = name === 'compiler' ? environment['CXX'] : undefined;
      for (const command of chosen ? [[chosen]] : commands) {
        const [program, ...args] = command as [string, ...string[]];
        const result = await runProgram(program, [...args, '--version']);
        if (result?.status !== 0) continue;
        const version = (result.output.split('\n')[0] ?? '').trim();
        return { name, works: true, command, version, remedy };
      }
      return { name, works: false, remedy };
    }),
  );
}
