import { schemaOfSubject, subjectsOf } from '@faultline/contracts';
import { LaneRejected } from '@faultline/hosting';
import { DeadLetterShelf, type KeptLetter, NatsLanes } from '@faultline/messaging';
import { createControlClient } from '@faultline/runtime';
import { BadInput, Exit, RunFailed } from '../errors';
import { letterLines, letterTable } from '../print/letters';
import { ControlPlane } from '../run/control-plane';
import { labOf, onServer, type Server, type ServerFlags } from '../server/on-server';
import { replayRoute } from '../server/replay-route';
import type { Terminal } from '../terminal';

export interface DeadFlags extends ServerFlags {
  lab?: string;
  json?: boolean;
}

export interface ReplayFlags extends DeadFlags {
  again?: boolean;
}

/** Time somebody gets to answer what is replayed; handling may have a modelled cost. */
const ANSWER_MILLIS = 30_000;
/** Whoever replays looks on: nobody there to answer is told soon. */
const DESERTED_MILLIS = 2_000;
/** Workers own no units, so that it takes no scenario to know whom to ask. */
const NO_UNITS = { devices: [], iommus: [], processes: [], shards: [] };

/** Lists what could not be decoded or handled, with the reasons. */
export function deadList(
  flags: DeadFlags,
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
): Promise<Exit> {
  return onShelf(flags, environment, async ({ shelf, lab }) => {
    const letters = await shelf.list();
    if (flags.json) for (const letter of letters) terminal.out(JSON.stringify(jsonOf(letter)));
    else if (letters.length === 0) terminal.err(`no dead letters in laboratory ${lab}\n`);
    else terminal.out(letterTable(letters, lab, terminal.columns).join('\n'));
    return Exit.OK;
  });
}

/** Shows one letter: where it came from, why it is dead, its bytes, and what of them can be read. */
export function deadShow(
  number: number,
  flags: DeadFlags,
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
): Promise<Exit> {
  return onShelf(flags, environment, async ({ shelf, lab }) => {
    const letter = await letterOf(shelf, lab, number);
    const { records = [] } = schemaOfSubject(letter.subject)?.salvage(letter.body) ?? {};
    if (flags.json) terminal.out(JSON.stringify({ ...jsonOf(letter), records }, null, 2));
    else terminal.out(letterLines(letter, records).join('\n'));
    return Exit.OK;
  });
}

/** Puts a letter back where it came from, as far as that means anything, and notes it beside the letter. */
export function deadReplay(
  number: number,
  flags: ReplayFlags,
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
): Promise<Exit> {
  return onShelf(flags, environment, async ({ shelf, lab, server }) => {
    const letter = await letterOf(shelf, lab, number);
    const route = replayRoute(lab, letter);
    if (route.kind === 'none') throw new BadInput(`letter ${number} cannot be replayed: ${route.why}`);
    if (letter.replayed && !flags.again)
      throw new BadInput(
        `letter ${number} was replayed before (${letter.replayed.outcome}): say --again to do it once more`,
      );
    const { done, outcome } =
      route.kind === 'lane'
        ? await resend(server, letter)
        : await redrive(server, lab, letter.subject, route.sequence);
    await shelf.noteReplay(number, outcome);
    terminal.out(`letter ${number}: ${outcome}`);
    return done ? Exit.OK : Exit.FAILED;
  });
}

/** Sends a request to its lane again. Its reply goes to nobody else: whoever sent it first has gone on. */
async function resend(
  { link }: Server,
  { subject, body }: KeptLetter,
): Promise<{ done: boolean; outcome: string }> {
  try {
    const reply = await new NatsLanes(link).request(subject, body, ANSWER_MILLIS);
    return { done: true, outcome: `accepted by ${subject}, which answered with ${reply.length} bytes` };
  } catch (error) {
    if (error instanceof LaneRejected) return { done: false, outcome: `rejected again: ${error.reason}` };
    const { message } = error as Error;
    throw new RunFailed(`${message}: is the service running?`, { cause: error });
  }
}

async function redrive(
  { servers }: Server,
  lab: string,
  subject: string,
  sequence: number,
): Promise<{ done: boolean; outcome: string }> {
  const client = createControlClient(servers, 'faultline');
  try {
    await client.connect();
    const control = new ControlPlane(client, subjectsOf(lab), NO_UNITS, 0, DESERTED_MILLIS);
    const { worker, poisoned, reason } = await control.ask(
      'iopf-worker.redrive',
      { subject, sequence },
      ANSWER_MILLIS,
    );
    const outcome = poisoned ? `poison again: ${reason ?? 'no reason was given'}` : 'handled again';
    return { done: !poisoned, outcome: `${outcome} (${worker})` };
  } finally {
    await client.close();
  }
}

async function letterOf(shelf: DeadLetterShelf, lab: string, number: number): Promise<KeptLetter> {
  const letter = await shelf.get(number);
  if (letter) return letter;
  throw new BadInput(
    `laboratory ${lab} has no dead letter ${number}: faultline dead list --lab ${lab} shows those it has`,
  );
}

function onShelf(
  flags: DeadFlags,
  environment: NodeJS.ProcessEnv,
  act: (on: { shelf: DeadLetterShelf; lab: string; server: Server }) => Promise<Exit>,
): Promise<Exit> {
  const lab = labOf(flags.lab, environment);
  return onServer(flags, environment, async (server) => {
    const shelf = new DeadLetterShelf(server.link, server.jsm, lab);
    if (await shelf.exists()) return act({ shelf, lab, server });
    throw new BadInput(
      `no laboratory ${lab} on ${server.servers.join(', ')}: faultline labs list shows those it has, --lab names one`,
    );
  });
}

function jsonOf({ body, ...letter }: KeptLetter): object {
  return body.length === 0 ? letter : { ...letter, body: Buffer.from(body).toString('hex') };
}
