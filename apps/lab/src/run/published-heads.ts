import { existsSync, readFileSync } from 'node:fs';
import { type ChainHead, decodeHead, headOf, HeadUnreadable } from '@faultline/audit';
import { HEAD_PREFIX, headsBucket } from '@faultline/contracts';
import { KvLost, type KvPort } from '@faultline/hosting';
import { connectNats, openKv } from '@faultline/messaging';
import { BadInput } from '../errors';
import type { RunFolder } from './run-folder';

/** How long an audit looks for the server, in milliseconds. */
const CONNECT_MILLIS = 3_000;

/** The heads that were published while a record was written, in the order of their positions. Rejects with the bucket's own error. */
export async function publishedHeads(heads: KvPort): Promise<ChainHead[]> {
  const published = (await heads.entries(HEAD_PREFIX)).map(({ value }) => decodeHead(value));
  return published.sort((one, other) => one.position - other.position);
}

/** The heads that were kept with a run; none for a run that has no such file. Throws {@link BadInput} for a file that is none. */
export function keptHeads(folder: RunFolder): ChainHead[] {
  if (!existsSync(folder.heads)) return [];
  try {
    const kept: unknown = JSON.parse(readFileSync(folder.heads, 'utf8'));
    if (!Array.isArray(kept)) throw new HeadUnreadable(typeof kept);
    return kept.map((each) => headOf(each));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BadInput(`${folder.heads} holds no published heads: ${reason}`, { cause: error });
  }
}

/** The heads on a server. Throws {@link BadInput} when it has none of that laboratory, and `NatsUnreachable`. */
export async function headsOnServer(url: string, lab: string): Promise<ChainHead[]> {
  const link = await connectNats({
    url: url.split(',').map((each) => each.trim()),
    name: 'faultline audit',
    waitMillis: CONNECT_MILLIS,
  });
  try {
    const heads = await publishedHeads(await openKv(link, headsBucket(lab)));
    if (heads.length === 0) throw new BadInput(`the NATS server at ${url} has no published heads of ${lab}`);
    return heads;
  } catch (error) {
    if (!(error instanceof KvLost)) throw error;
    throw new BadInput(
      `the NATS server at ${url} knows no laboratory ${lab}: a private server ends with its run, and what was published is kept as heads.json`,
      { cause: error },
    );
  } finally {
    await link.close();
  }
}
