import { schemaOfSubject } from '@faultline/contracts';
import { DeadLetterShelf, jetStreamOf, type KeptLetter } from '@faultline/messaging';
import { CurrentEngagement } from '@faultline/runtime';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ZodResponse } from 'nestjs-zod';
import { CursorInvalid, NoLaboratory, NotInRun } from '../common/failures';
import { Turnstile } from '../common/turnstile';
import { LetterDetail, LetterList, LetterParams, LettersQuery } from './letter-schemas';

/** Messages of the running laboratory that no service could use. To replay them is for the command line, which shows what comes of it. */
@ApiTags('dead letters')
@Controller('api/dead-letters')
export class LettersController {
  /** The server sends the heads of all letters each time. */
  private readonly turnstile = new Turnstile('questions about dead letters', 1, 8);

  constructor(private readonly current: CurrentEngagement) {}

  @Get()
  @ApiOperation({ summary: 'Messages of the running laboratory that no service could use, with the reasons' })
  @ZodResponse({ status: 200, type: LetterList })
  list(@Query() { limit, cursor }: LettersQuery): Promise<LetterList> {
    if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw new CursorInvalid(cursor);
    return this.onShelf(async (shelf, lab) => {
      const rest = (await shelf.list()).filter(({ letter }) => letter > Number(cursor ?? 0));
      const shown = rest.slice(0, limit).map(shownOf);
      return { lab, letters: shown, nextCursor: rest.length > limit ? String(shown.at(-1)?.letter) : null };
    });
  }

  @Get(':letter')
  @ApiOperation({ summary: 'One of them, with what is kept of the message' })
  @ZodResponse({ status: 200, type: LetterDetail })
  one(@Param() { letter: number }: LetterParams): Promise<LetterDetail> {
    return this.onShelf(async (shelf, lab) => {
      const letter = await shelf.get(number);
      if (!letter) throw new NotInRun(`of laboratory ${lab}`, `dead letter ${number}`);
      const { records = [] } = schemaOfSubject(letter.subject)?.salvage(letter.body) ?? {};
      return {
        lab,
        ...shownOf(letter),
        body: Buffer.from(letter.body).toString('base64'),
        records: [...records],
      };
    });
  }

  private async onShelf<T>(work: (shelf: DeadLetterShelf, lab: string) => Promise<T>): Promise<T> {
    const { link, config } = this.current.now ?? {};
    if (!link || !config) throw new NoLaboratory();
    return this.turnstile.pass(async () => {
      const shelf = new DeadLetterShelf(link, await jetStreamOf(link), config.lab);
      return work(shelf, config.lab);
    });
  }
}

function shownOf({ letter, atMillis, subject, unit, reason, length, sequence, replayed }: KeptLetter) {
  return {
    letter,
    atMillis,
    subject,
    unit,
    reason,
    length,
    sequence: sequence ?? null,
    replayed: replayed ?? null,
  };
}
