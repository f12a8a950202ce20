import { setImmediate } from 'node:timers/promises';
import {
  Auditor,
  type AuditReport,
  type ChainHead,
  headOf,
  HeadUnreadable,
  totalsOf,
} from '@faultline/audit';
import { sha256 } from '@faultline/record';
import { Injectable } from '@nestjs/common';
import { RunFileDamaged } from '../common/failures';
import { Turnstile } from '../common/turnstile';
import { readText } from '../common/kept-files';
import type { OpenRun } from '../runs/open-run';

/** How long one question may audit before it says how far it is; the next one goes on from there. */
const PATIENCE_MILLIS = 1_000;
/** Audits that are kept under way: each holds what is open in its run. */
const MOST_AUDITS = 2;

interface UnderWay {
  auditor: Auditor;
  position: number;
}

/** How far an audit is, and what it found if it has reached the end. */
export interface AuditProgress {
  upTo: number;
  recordedTo: number;
  report: AuditReport | null;
}

/** Audits records, a part at a question, from where the last one stopped: a run that is being recorded is followed that way. */
@Injectable()
export class AuditDesk {
  private readonly underWay = new Map<string, UnderWay>();
  private readonly turnstile = new Turnstile('audits', 1, 8);

  /** `isLive`: the record grows, so that where it ends says nothing yet. Rejects with `Busy` and `RunFileDamaged`. */
  advance(run: OpenRun, isLive: boolean, signal: AbortSignal): Promise<AuditProgress> {
    return this.turnstile.pass(async () => {
      const { position: recordedTo } = await run.reader.head();
      const audit = await this.auditOf(run, isLive);
      await follow(run, audit, recordedTo, signal);
      const report = audit.position === recordedTo ? audit.auditor.verdict() : null;
      return { upTo: audit.position, recordedTo, report };
    });
  }

  private async auditOf(run: OpenRun, isLive: boolean): Promise<UnderWay> {
    const key = `${run.folder.path}${isLive ? ' live' : ''}`;
    const audit = this.underWay.get(key) ?? { auditor: await auditorOf(run, isLive), position: 0 };
    this.underWay.delete(key);
    this.underWay.set(key, audit);
    const [oldest] = this.underWay.keys();
    if (this.underWay.size > MOST_AUDITS && oldest !== undefined) this.underWay.delete(oldest);
    return audit;
  }
}

async function follow(run: OpenRun, audit: UnderWay, to: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + PATIENCE_MILLIS;
  for await (const page of run.reader.pages({ from: audit.position + 1, to })) {
    for (const { message, hash } of page) {
      audit.auditor.observe(message, hash);
      audit.position = message.sequence;
    }
    await setImmediate();
    if (signal.aborted || performance.now() >= deadline) return;
  }
}

async function auditorOf(run: OpenRun, isLive: boolean): Promise<Auditor> {
  const scenario = await run.scenario();
  return new Auditor({
    sha256,
    totals: scenario && totalsOf(scenario),
    end: isLive ? undefined : await run.reader.head(),
    published: await publishedHeads(run.folder.heads),
  });
}

/** Heads that were published while the record was written, as they are kept with the run. */
async function publishedHeads(path: string): Promise<ChainHead[]> {
  const text = await readText(path);
  if (text === undefined) return [];
  try {
    const kept: unknown = JSON.parse(text);
    if (Array.isArray(kept)) return kept.map((each) => headOf(each));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof HeadUnreadable)) throw error;
  }
  throw new RunFileDamaged(path, 'it holds no published heads');
}
