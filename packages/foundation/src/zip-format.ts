/** Enough to tell archives apart, and few enough for a file from elsewhere. */
const MOST_MEMBERS = 10_000;

const CENTRAL_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const END = 0x06054b50;

/** What a ZIP archive holds. */
export interface ZipFormat {
  readonly kind: 'torch' | 'torchscript' | 'keras' | 'npz' | 'office' | 'zip';
  /** The name of its first member; undefined if it has none that can be read. */
  readonly first: string | undefined;
}

/** What a ZIP archive holds, by the names of its members: PyTorch, NumPy, Keras and office programs write such files. */
export function zipFormat(bytes: Uint8Array): ZipFormat {
  const members = zipMembers(bytes);
  return { kind: kindOfMembers(members), first: members[0] };
}

function kindOfMembers(members: readonly string[]): ZipFormat['kind'] {
  const has = (pattern: RegExp) => members.some((member) => pattern.test(member));
  // torch.jit.save writes both, torch.save the first alone; all in a folder with the name of the file
  if (has(/^([^/]+\/)?data\.pkl$/)) return has(/^([^/]+\/)?code\//) ? 'torchscript' : 'torch';
  if (has(/^model\.weights\.h5$/) || (has(/^metadata\.json$/) && has(/^config\.json$/))) return 'keras';
  if (members.length > 0 && members.every((member) => member.endsWith('.npy'))) return 'npz';
  // OOXML; OpenDocument
  if (has(/^\[Content_Types\]\.xml$/) || (members[0] === 'mimetype' && has(/^content\.xml$/)))
    return 'office';
  return 'zip';
}

/** The members' names: of the directory at the end if it is there, else of the headers at the beginning. */
function zipMembers(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const listed = listedMembers(bytes, view);
  return listed.length > 0 ? listed : membersFromStart(bytes, view);
}

function listedMembers(bytes: Uint8Array, view: DataView): string[] {
  const members: string[] = [];
  // the record at the end is 22 bytes and a comment of at most 65,535
  let end = bytes.length - 22;
  const least = Math.max(0, end - 0xffff);
  while (end >= least && view.getUint32(end, true) !== END) end--;
  if (end < least) return members;
  let at = view.getUint32(end + 16, true);
  while (members.length < MOST_MEMBERS && at + 46 <= end && view.getUint32(at, true) === CENTRAL_ENTRY) {
    const length = view.getUint16(at + 28, true);
    members.push(nameAt(bytes, at + 46, length));
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return members;
}

function membersFromStart(bytes: Uint8Array, view: DataView): string[] {
  const members: string[] = [];
  let at = 0;
  while (
    members.length < MOST_MEMBERS &&
    at + 30 <= bytes.length &&
    view.getUint32(at, true) === LOCAL_HEADER
  ) {
    const length = view.getUint16(at + 26, true);
    if (length === 0 || at + 30 + length > bytes.length) break;
    members.push(nameAt(bytes, at + 30, length));
    const sizeFollowsData = (view.getUint16(at + 6, true) & 8) !== 0;
    if (sizeFollowsData) break;
    at += 30 + length + view.getUint16(at + 28, true) + view.getUint32(at + 18, true);
  }
  return members;
}

function nameAt(bytes: Uint8Array, at: number, length: number): string {
  return new TextDecoder().decode(bytes.subarray(at, at + length));
}
