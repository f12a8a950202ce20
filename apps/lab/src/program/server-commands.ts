import type { Command } from 'commander';
import type * as deadModule from '../commands/dead';
import type * as labsModule from '../commands/labs';
import { example } from '../help';
import { lazily } from '../lazy';
import { wholeNumber } from '../number-options';
import { onLab, onServer } from './options';
import type { Surroundings } from './surroundings';

export function addDead(program: Command, { terminal, environment, done }: Surroundings): void {
  const dead = program.command('dead').description('Look after messages that no service could use.');
  const load = (): typeof deadModule => lazily<typeof deadModule>('./commands/dead');
  onLab(dead.command('list'))
    .description('List the dead letters of a laboratory: when, who found it, where it came from, why.')
    .option('--json', 'print JSON lines')
    .addHelpText('after', example('faultline dead list --nats nats://127.0.0.1:4222 --lab lab'))
    .action(async (flags: deadModule.DeadFlags) => done(await load().deadList(flags, terminal, environment)));
  onLab(dead.command('show'))
    .argument('<letter>', "a letter's number, as `dead list` prints it", wholeNumber())
    .description('Show one dead letter: its reason, its bytes, and what of them can be read.')
    .option('--json', 'print JSON')
    .addHelpText('after', example('faultline dead show 3 --lab lab'))
    .action(async (letter: number, flags: deadModule.DeadFlags) =>
      done(await load().deadShow(letter, flags, terminal, environment)),
    );
  onLab(dead.command('replay'))
    .argument('<letter>', "a letter's number, as `dead list` prints it", wholeNumber())
    .description(
      'Put a dead letter back where it came from: a request goes to its lane again, work to a worker. What was answered meanwhile stays so. Exit status 1 when it was not put back.',
    )
    .option('--again', 'also when it was replayed before')
    .addHelpText('after', example('faultline dead replay 3 --lab lab'))
    .action(async (letter: number, flags: deadModule.ReplayFlags) =>
      done(await load().deadReplay(letter, flags, terminal, environment)),
    );
}

export function addLabs(program: Command, { terminal, environment, done }: Surroundings): void {
  const labs = program.command('labs').description('Look after the laboratories on a NATS server.');
  const load = (): typeof labsModule => lazily<typeof labsModule>('./commands/labs');
  onServer(labs.command('list'))
    .description('List the laboratories on a server: streams, sizes, age, last activity, what made them.')
    .option('--json', 'print JSON lines')
    .addHelpText('after', example('faultline labs list --nats nats://127.0.0.1:4222'))
    .action(async (flags: labsModule.LabsFlags) => done(await load().labsList(flags, terminal, environment)));
  onServer(labs.command('remove'))
    .argument('<name>', 'its whole name')
    .description('Remove everything a laboratory keeps on a server, after saying what that is.')
    .option('--force', 'also when it is in use')
    .addHelpText('after', example('faultline labs remove run-20261123-013938-nac4'))
    .action(async (name: string, flags: labsModule.RemoveFlags) =>
      done(await load().labsRemove(name, flags, terminal, environment)),
    );
}
